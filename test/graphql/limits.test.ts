import { describe, expect, test } from 'vitest';
import { createCalls } from '../support/gateway/calls.ts';
import { createTestGateway } from '../support/gateway/test-gateway.ts';

/** Repeats a text, with the index of each repetition. */
const times = (count: number, text: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => text(index)).join(' ');
const nested = (levels: number): string => (levels === 1 ? 'a1' : `a${levels} { ${nested(levels - 1)} }`);

/** Builds a document of exactly `count` tokens. */
function buildTokens(count: number): string {
  const frame = '{ experiments ( filter : { status : [ ] } ) { totalCount } }';
  return frame.replace(']', `${'RUNNING '.repeat(count - frame.split(' ').length)}]`);
}

/** For each limit: a document at the limit, one beyond it, and a pattern for the message. */
const limits: [limit: string, edge: string, beyond: string, about: RegExp][] = [
  ['2,000 tokens', buildTokens(2_000), buildTokens(2_001), /2000 tokens/],
  [
    '2,000 tokens of a list in a list',
    `{ a(b: [${'['.repeat(990)}${']'.repeat(990)}]) }`,
    `{ a(b: [${'['.repeat(1_500)}${']'.repeat(1_500)}]) }`,
    /2000 tokens/,
  ],
  ['12 levels', `{ ${nested(12)} }`, `{ ${nested(13)} }`, /12 levels/],
  ['12 levels of a mutation', `mutation { ${nested(12)} }`, `mutation { ${nested(13)} }`, /12 levels/],
  [
    '12 levels through inline fragments',
    `{ a1 { ... { a2 { ... on T { ${nested(10)} } } } } }`,
    `{ a1 { ... { a2 { ... on T { ${nested(11)} } } } } }`,
    /12 levels/,
  ],
  [
    '12 levels through nested fragments',
    `{ ...A } fragment A on Query { a { b { ...B } } } fragment B on T { c { d { ...C } } } fragment C on T { ${nested(8)} }`,
    `{ ...A } fragment A on Query { a { b { ...B } } } fragment B on T { c { d { ...C } } } fragment C on T { ${nested(9)} }`,
    /12 levels/,
  ],
  [
    '30 aliases',
    `{ viewer { ${times(15, (i) => `a${i}: organization b${i}: scopes`)} } }`,
    `{ viewer { ${times(15, (i) => `a${i}: organization b${i}: scopes`)} c: keyId } }`,
    /30 aliases/,
  ],
  [
    '30 aliases through fragments',
    `{ viewer { ...A ...B } } fragment A on Viewer { ${times(15, (i) => `a${i}: organization`)} } fragment B on Viewer { ${times(15, (i) => `b${i}: scopes`)} }`,
    `{ viewer { ...A ...B } } fragment A on Viewer { ${times(15, (i) => `a${i}: organization`)} } fragment B on Viewer { ${times(16, (i) => `b${i}: scopes`)} }`,
    /30 aliases/,
  ],
  [
    '20 root fields',
    `{ ${times(10, (i) => `a${i}: viewer { organization } b${i}: __typename`)} }`,
    `{ ${times(10, (i) => `a${i}: viewer { organization } b${i}: __typename`)} experiment(id: "a") { id } }`,
    /20 root fields/,
  ],
  [
    '20 root fields through fragments',
    `{ ...A ... { ...A } } fragment A on Query { ${times(5, (i) => `a${i}: __typename b${i}: viewer { organization }`)} }`,
    `{ __typename ...A ... { ...A } } fragment A on Query { ${times(5, (i) => `a${i}: __typename b${i}: viewer { organization }`)} }`,
    /20 root fields/,
  ],
  [
    '20 uses of one field',
    `{ viewer { ${'organization '.repeat(20)} } }`,
    `{ viewer { ${'organization '.repeat(21)} } }`,
    /same field more than 20/,
  ],
  [
    '20 uses of one field under different aliases',
    `{ viewer { ${times(20, (i) => `a${i}: organization`)} } }`,
    `{ viewer { organization ${times(20, (i) => `a${i}: organization`)} } }`,
    /same field more than 20/,
  ],
  [
    '20 uses of one field through inline fragments',
    `{ viewer { ${'... { organization } '.repeat(20)} } }`,
    `{ viewer { ${'... { organization } '.repeat(21)} } }`,
    /same field more than 20/,
  ],
  [
    '20 uses of one field through nested fragments',
    `{ viewer { ...A ...B } } fragment A on Viewer { ${'organization '.repeat(8)} ...B } fragment B on Viewer { ${'organization '.repeat(6)} }`,
    `{ viewer { ...A ...B } } fragment A on Viewer { ${'organization '.repeat(9)} ...B } fragment B on Viewer { ${'organization '.repeat(6)} }`,
    /same field more than 20/,
  ],
  [
    '20 uses of one field in fields that are merged',
    `{ viewer { ${'organization '.repeat(10)} } ...A } fragment A on Query { viewer { ${'organization '.repeat(10)} } }`,
    `{ viewer { ${'organization '.repeat(10)} } ...A } fragment A on Query { viewer { ${'organization '.repeat(11)} } }`,
    /same field more than 20/,
  ],
  [
    '20 uses of one field in a fragment that is defined again',
    `{ ...A } fragment A on Query { ${'viewer '.repeat(20)} } fragment A on Query { __typename }`,
    `{ ...A } fragment A on Query { ${'viewer '.repeat(21)} } fragment A on Query { __typename }`,
    /same field more than 20/,
  ],
  [
    '10,000 fields and fragments, with fragments written out',
    `{ viewer { ${times(99, (i) => `a${i} { ...A }`)} } } fragment A on T { ${times(99, (i) => `b${i}`)} }`,
    `{ viewer { ${times(99, (i) => `a${i} { ...A }`)} c } } fragment A on T { ${times(99, (i) => `b${i}`)} }`,
    /10000 fields/,
  ],
  [
    '10 directives on a field',
    `{ viewer { organization ${'@skip(if: false) '.repeat(10)} } }`,
    `{ viewer { organization ${'@skip(if: false) '.repeat(11)} } }`,
    /10 directives/,
  ],
  [
    '10 directives on an operation',
    `query ${'@a '.repeat(10)} { __typename }`,
    `query ${'@a '.repeat(11)} { __typename }`,
    /10 directives/,
  ],
  [
    '10 directives on a fragment',
    `{ ...A ${'@a '.repeat(10)} } fragment A on Query ${'@a '.repeat(10)} { ... ${'@a '.repeat(10)} { __typename } }`,
    `{ ...A } fragment A on Query ${'@a '.repeat(11)} { __typename }`,
    /10 directives/,
  ],
  [
    '10 directives on a variable',
    `query ($a: ID ${'@a '.repeat(10)}) { __typename }`,
    `query ($a: ID ${'@a '.repeat(11)}) { __typename }`,
    /10 directives/,
  ],
];

describe('limits of a document', () => {
  test.each(limits)('a document of %s is within the limit', async (_limit, edge, _beyond, about) => {
    const gateway = await createTestGateway();
    const { body } = await gateway.graphql(edge);
    const refusals = (body.errors ?? []).filter(
      ({ message }: any) => about.test(message) || / more than /.test(message),
    );
    expect(refusals).toEqual([]);
  });

  test.each(limits)('a document of more than %s is refused before execution', async (_limit, _edge, beyond, about) => {
    const gateway = await createTestGateway();
    const { status, body } = await gateway.graphql(beyond);
    expect(status).toBe(400);
    expect(body).toEqual({
      errors: [{ message: expect.stringMatching(about), extensions: { code: 'BAD_USER_INPUT', status: 400 } }],
    });
  });

  test('a mutation that exceeds a limit writes nothing', async () => {
    const gateway = await createTestGateway();
    const query = `mutation { ${times(21, (i) => `a${i}: createExperiment(input: {}) { __typename }`)} }`;
    const { status, body } = await gateway.graphql(query);
    expect([status, 'data' in body]).toEqual([400, false]);
    expect((await createCalls(gateway).everything()).experiments.totalCount).toBe(0);
  });

  test('20 mutations in one document are all executed', async () => {
    const gateway = await createTestGateway();
    await gateway.data(`mutation { ${times(20, (i) => `a${i}: createExperiment(input: {}) { __typename }`)} }`);
    expect((await createCalls(gateway).everything()).experiments.totalCount).toBe(20);
  });
});

describe('documents that expand without bound', () => {
  /** Each fragment is used twice by the previous one: 2^50 fields. */
  const bomb = (type: string, field: string) =>
    `${times(50, (i) => `fragment F${i} on ${type} { ...F${i + 1} ... { ...F${i + 1} } }`)} fragment F50 on ${type} { ${field} }`;

  const documents: [what: string, query: string][] = [
    ['a bomb of fragments at the root', `{ ...F0 } ${bomb('Query', '__typename')}`],
    ['a bomb of fragments below the root', `{ viewer { ...F0 } } ${bomb('Viewer', 'organization')}`],
    ['a bomb of lists', `{ ...F0 } ${bomb('Query', 'experiments(first: 100) { edges { node { id } } }')}`],
    ['a fragment that uses itself', '{ viewer { ...A } } fragment A on Viewer { organization ...A }'],
    [
      'a cycle of fragments',
      '{ ...A } fragment A on Query { ...B } fragment B on Query { ... { ...C } } fragment C on Query { ...A }',
    ],
    [
      'a cycle of fragments across levels',
      '{ ...A } fragment A on Query { a { ...B } } fragment B on T { b { ...A } }',
    ],
    ['an unused cycle of fragments', '{ __typename } fragment A on Viewer { organization ...A }'],
    [
      'many lists in inline fragments',
      `{ experiment(id: "a") { ${'... { revisions { edges { node { revision } } } } '.repeat(130)} } }`,
    ],
  ];

  test.each(documents)('%s is refused within 500 ms', async (_what, query) => {
    const gateway = await createTestGateway();
    await gateway.graphql('{ __typename }');
    const start = performance.now();
    const { status, body } = await gateway.graphql(query, undefined, {
      headers: { accept: 'application/graphql-response+json' },
    });
    expect(performance.now() - start).toBeLessThan(500);
    expect(status).toBe(400);
    expect(body.errors[0].extensions).toEqual({ code: 'BAD_USER_INPUT', status: 400 });
  });
});

describe('long documents', () => {
  const send = async (query: string) => {
    const gateway = await createTestGateway();
    const headers = { accept: 'application/graphql-response+json' };
    return gateway.graphql(query, {}, { headers });
  };

  test('a document has at most 20,000 lines, those of a block string included', async () => {
    const text = (lines: number) => `{ node(id: """${'\nxxxx'.repeat(lines - 1)}""") { id } }`;
    expect((await send(text(20_000))).body).toEqual({ data: { node: null } });
    const { status, body } = await send(text(20_001));
    expect([status, body.errors[0].extensions.code]).toEqual([400, 'BAD_USER_INPUT']);
    expect(body.errors[0].message).toContain('20000 lines');
  });

  test('errors of a long document have no locations, because finding them takes linear time', async () => {
    const short = await send('{ unknown }');
    expect(short.body.errors[0].locations).toEqual([{ line: 1, column: 3 }]);
    const { status, body } = await send(`${' '.repeat(65_536)}{ unknown }`);
    expect([status, body.errors[0].locations]).toEqual([400, undefined]);
    expect(body.errors[0].message).toContain('unknown');
  });
});

import { isObjectType } from 'graphql';
import { describe, expect, test } from 'vitest';
import { schema } from '../../src/schema/index.ts';
import { createTestGateway, type TestGateway } from '../support/gateway/test-gateway.ts';
import { countStatements } from '../support/storage/statements.ts';

/** Expects that a document is refused before execution, or executed. */
async function expectRefusedOrExecuted(
  gateway: TestGateway,
  isRefused: boolean,
  query: string,
  variables?: Record<string, unknown>,
  message = /filter/i,
) {
  const { texts } = countStatements();
  const { status, body } = await gateway.graphql(query, variables);
  const refused = [{ message: expect.stringMatching(message), extensions: { code: 'BAD_USER_INPUT', status: 400 } }];
  expect([status, body.errors]).toEqual(isRefused ? [400, refused] : [200, undefined]);
  expect(texts.some((text) => /experiment/.test(text))).toBe(!isRefused);
}

const list = (filter: string) => `experiments(filter: ${filter}) { totalCount }`;
const text = (count: number) => Array.from({ length: count }, (_, index) => ({ nameContains: `${index}` }));
const literal = (value: unknown) => JSON.stringify(value).replaceAll(/"(\w+)":/g, '$1:');

describe('text conditions of a filter', () => {
  test.each<[what: string, isRefused: boolean, filter: unknown]>([
    ['three below and', false, { and: text(3) }],
    ['four below and', true, { and: text(4) }],
    ['four below or', true, { or: text(4) }],
    ['one beside three below or', true, { nameContains: 'x', or: text(3) }],
    ['four below not', true, { not: { not: { and: text(4) } } }],
    [
      'four at different levels',
      true,
      { nameContains: 'x', and: [{ or: text(1) }], or: text(1), not: { nameContains: '' } },
    ],
    ['three and a null', false, { nameContains: null, and: text(3) }],
    [
      'many conditions of other kinds',
      false,
      { and: text(3), or: [{ status: ['RUNNING'] }, { datasetId: 'd' }, { tag: { key: 'nameContains' } }] },
    ],
  ])('a filter has at most three text conditions: %s, refused: %s', async (_what, isRefused, filter) => {
    const gateway = await createTestGateway();
    await expectRefusedOrExecuted(
      gateway,
      isRefused,
      `{ ${list(literal(filter).replaceAll('["RUNNING"]', '[RUNNING]'))} }`,
    );
    await expectRefusedOrExecuted(gateway, isRefused, `query ($f: ExperimentFilter) { ${list('$f')} }`, { f: filter });
    const byDefault = literal(filter).replaceAll('["RUNNING"]', '[RUNNING]');
    await expectRefusedOrExecuted(gateway, isRefused, `query ($f: ExperimentFilter = ${byDefault}) { ${list('$f')} }`);
    await expectRefusedOrExecuted(gateway, isRefused, `{ ...F } fragment F on Query { ... { ${list(byDefault)} } }`);
  });

  test('variables within a filter count by their values', async () => {
    const gateway = await createTestGateway();
    const query = `query ($t: String, $p: ExperimentFilter = {nameContains: "p"}, $l: [ExperimentFilter!]) {
      ${list('{ nameContains: "a", not: { nameContains: $t }, and: [$p], or: $l }')}
    }`;
    await expectRefusedOrExecuted(gateway, false, query);
    await expectRefusedOrExecuted(gateway, false, query, { t: 'x' });
    await expectRefusedOrExecuted(gateway, true, query, { t: 'x', l: text(1) });
    await expectRefusedOrExecuted(gateway, true, query, { t: 'x', l: { nameContains: 'one that is no list' } });
    await expectRefusedOrExecuted(gateway, false, query, { t: 'x', p: {}, l: text(1) });
  });
});

test('a filter with half a million entries of a wrong type is refused like one with a single one', async () => {
  const gateway = await createTestGateway();
  const query = `query ($f: ExperimentFilter) { ${list('$f')} }`;
  for (const count of [1, 500_000]) {
    const { body } = await gateway.graphql(query, { f: { and: Array.from({ length: count }, () => 0) } });
    expect(body.errors[0].extensions, `${count}`).toEqual({ code: 'BAD_USER_INPUT', status: 400 });
  }
});

describe('filtered lists of a document', () => {
  const lists = (filters: string[]) => filters.map((filter, index) => `l${index}: ${list(filter)}`).join(' ');
  const status = '{ status: [RUNNING] }';

  test.each<[what: string, isRefused: boolean, query: string, variables?: Record<string, unknown>]>([
    ['three', false, `{ ${lists([status, status, '{ datasetId: "d" }'])} }`],
    ['four', true, `{ ${lists([status, status, '{ datasetId: "d" }', '{ and: [] }'])} }`],
    [
      'three, and some with an empty filter',
      false,
      `{ ${lists([status, status, status, '{}', 'null', '{ status: null }'])} }`,
    ],
    [
      'four by variables',
      true,
      `query ($f: ExperimentFilter) { ${lists(['$f', '$f', '$f', '$f'])} }`,
      { f: { status: [] } },
    ],
    ['four variables without a value', false, `query ($f: ExperimentFilter) { ${lists(['$f', '$f', '$f', '$f'])} }`],
    [
      'four through fragments',
      true,
      `{ ...A ... { l0: ${list(status)} l1: ${list(status)} } } fragment A on Query { l2: ${list(status)} ...B } fragment B on Query { l3: ${list(status)} }`,
    ],
    [
      'one used four times',
      false,
      `{ ${list(status).repeat(2)} ...A ...B } fragment A on Query { ${list(status)} } fragment B on Query { ${list(status)} }`,
    ],
  ])('a document has at most three filtered lists: %s, refused: %s', async (_what, isRefused, query, variables) => {
    await expectRefusedOrExecuted(await createTestGateway(), isRefused, query, variables);
  });
});

test('only root fields, where filters are counted, have a filter argument', () => {
  const roots = new Set([schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()]);
  const places = Object.values(schema.getTypeMap()).flatMap((type) => {
    if (!isObjectType(type) || roots.has(type)) return [];
    return Object.values(type.getFields()).filter(({ args }) =>
      args.some(({ type: argument }) => String(argument).includes('Filter')),
    );
  });
  expect(places).toEqual([]);
});

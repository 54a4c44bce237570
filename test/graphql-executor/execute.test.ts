import { describe, expect, test } from 'vitest';
import { expectAlike, ours, seen, theirs, validDocument } from '../support/executor/execution.ts';
import { red, type Source } from '../support/executor/execution-schema.ts';
import { fail, later } from '../support/executor/execution-values.ts';

describe('mutations', () => {
  /** Executes a mutation. Returns its result and a line for each begin and end of a root field. */
  async function trace(query: string, execution: typeof ours | typeof theirs) {
    const lines: string[] = [];
    const step = (name: string, give: () => unknown) => async () => {
      lines.push(`${name} begins`);
      await later(0);
      await later(0);
      lines.push(`${name} ends`);
      return give();
    };
    const root = (): Source => ({
      value: step('value', () => 1),
      list: step('list', () => fail('list')),
      box: () => ({ kind: 'Box', name: step('name', () => 'b'), value: step('below', () => 2), must: 1 }),
      mustList: step('mustList', () => fail('mustList')),
      must: () => lines.push('must at once'),
      color: step('color', () => red),
    });
    const result = await execution(validDocument(query), { root });
    return { lines: [...lines], ...seen(result) };
  }

  test.each([
    ['starts each root field after the previous one ends', 'mutation { value color v: value }'],
    ['waits for the fields below a root field', 'mutation { box { name value } value }'],
    ['continues after an error', 'mutation { value list color }'],
    ['continues after a synchronous field', 'mutation { must value m: must }'],
    ['stops at an error in a non-null root field', 'mutation { value mustList color }'],
    ['stops at an error between other fields', 'mutation { list mustList list2: list }'],
    ['merges root fields with the same key', 'mutation { box { name } value box { value } }'],
  ])('a mutation %s, as in graphql-js', async (_what, query) => {
    expect(await trace(query, ours)).toEqual(await trace(query, theirs));
  });

  test('a mutation of synchronous fields returns what graphql-js returns', async () => {
    const root = () => ({ value: 1, must: 2, mustBox: { kind: 'Box', must: null } });
    await expectAlike('mutation { value must }', { root });
    await expectAlike('mutation { value mustBox { must } must }', { root });
  });
});

describe('repeated executions of a document', () => {
  const text = `query ($flag: Boolean = false, $int: Int) {
    value box { echo(int: $int) must @skip(if: $flag) boxes { name ...F } } being { ...G } founds { ... on Box { ...F } }
  }
  fragment F on Box { odd mustList value @include(if: $flag) } fragment G on Being { name friends { name } }`;
  const roots: (() => Source)[] = [
    () => ({ value: 1, box: { kind: 'Box', must: 1, boxes: [{ kind: 'Box', name: 'a', mustList: [1] }] } }),
    () => ({
      value: later(1),
      box: later({ kind: 'Box', must: later(1), boxes: [{ kind: 'Box', mustList: later([2]) }] }),
    }),
    () => ({ value: fail, being: { kind: 'Cat', friends: [{ kind: 'Dog', name: 'd' }] }, founds: [{ kind: 'Box' }] }),
    () => ({ being: { kind: 'Dog', friends: later([]) }, founds: [{ kind: 'Cat' }, { kind: 'Box', mustList: [3] }] }),
  ];
  const variables = [{}, { flag: true }, { flag: false, int: 4 }, { int: null }];

  test('a document returns the same result however often it is executed', async () => {
    const document = validDocument(text);
    for (let round = 0; round < 3; round++)
      for (const root of roots) for (const each of variables) await expectAlike(document, { root, variables: each });
  });

  test('a document returns the same results in concurrent executions', async () => {
    const document = validDocument(text);
    const cases = [...roots, ...roots].flatMap((root) => variables.map((each) => ({ root, variables: each })));
    const own = await Promise.all(cases.map((each) => ours(document, each)));
    const other = await Promise.all(cases.map((each) => theirs(document, each)));
    expect(own.map(seen)).toEqual(other.map(seen));
  });
});

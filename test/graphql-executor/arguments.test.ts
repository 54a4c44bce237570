import { describe, test } from 'vitest';
import { expectAlike, validDocument } from '../support/executor/execution.ts';

describe('arguments', () => {
  const cases: [args: string, definitions?: string, ...variables: Record<string, unknown>[]][] = [
    ['', ''],
    ['(int: null, list: null, color: null)', ''],
    ['(int: 1, must: 2, odd: 3, color: GREEN, list: [4], input: { b: 5 })', ''],
    ['(list: 7, input: { b: 1, c: 2, deep: { b: 3, a: null, deep: { b: 4, color: BLUE } } })', ''],
    ['(int: $int)', '($int: Int)', {}, { int: null }, { int: 5 }, { int: 'x' }, { int: 1.5 }, { other: 1 }],
    ['(int: $int)', '($int: Int = 9)', {}, { int: null }, { int: 5 }],
    ['(must: $int)', '($int: Int = 9)', {}, { int: null }, { int: 5 }],
    ['(must: $int)', '($int: Int)', {}, { int: null }, { int: 5 }],
    ['(must: $int)', '($int: Int!)', {}, { int: null }, { int: 5 }],
    ['(odd: $odd)', '($odd: Odd)', {}, { odd: null }, { odd: 5 }, { odd: 4 }],
    ['(color: $color)', '($color: Color = GREEN)', {}, { color: null }, { color: 'RED' }, { color: 'Red' }],
    ['(list: $list)', '($list: [Int!])', {}, { list: null }, { list: 3 }, { list: [1, null] }, { list: [1, 'x', 'y'] }],
    ['(list: [1, $int])', '($int: Int! = 2)', {}, { int: 5 }],
    ['(list: [1, $int])', '($int: Int = 2)', {}, { int: null }, { int: 5 }],
    ['(input: { b: $int })', '($int: Int = 2)', {}, { int: null }, { int: 5 }],
    ['(input: { a: $int, b: 1, c: [$int] })', '($int: Int = 2)', {}, { int: null }, { int: 5 }],
    ['(input: { a: $int, b: 1 })', '($int: Int)', {}, { int: null }, { int: 5 }],
    [
      '(input: { b: 1, deep: $in })',
      '($in: In)',
      {},
      { in: null },
      { in: { b: 2 } },
      { in: {} },
      { in: { b: 1, z: 1 } },
    ],
    ['(input: $in)', '($in: In = { b: 7 })', {}, { in: null }, { in: { b: 2, color: 'RED' } }, { in: [1] }, { in: 3 }],
  ];

  test.each(cases)(
    'the arguments "%s" with the variables "%s" are coerced as in graphql-js',
    async (args, definitions = '', ...variables) => {
      const document = validDocument(`query q ${definitions} { echo${args} box { echo${args} value } }`);
      for (const each of [{}, ...variables, ...variables])
        await expectAlike(document, { variables: each, root: () => ({ box: { kind: 'Box', value: 1 } }) });
    },
  );

  test('an invalid argument fails as in graphql-js, even for a field that is a plain property', async () => {
    const document = validDocument('query ($int: Int = 2) { box { ask(must: $int) value } }');
    for (const variables of [{}, { int: null }, { int: 4 }]) {
      await expectAlike(document, { variables, root: () => ({ box: { kind: 'Box', ask: 'property', value: 1 } }) });
      const ask = (args: unknown) => JSON.stringify(args);
      await expectAlike(document, { variables, root: () => ({ box: { kind: 'Box', ask, value: 1 } }) });
    }
  });

  test('missing and inherited variables are treated as in graphql-js', async () => {
    const document = validDocument('query ($int: Int) { echo(int: $int) }');
    await expectAlike(document, { variables: undefined });
    await expectAlike(document, { variables: Object.create({ int: 4 }) as Record<string, unknown> });
  });

  test('a variable with 60 errors reports as many of them as in graphql-js', async () => {
    const document = validDocument('query ($list: [Int!]) { echo(list: $list) }');
    await expectAlike(document, { variables: { list: Array.from({ length: 60 }, () => 'x') } });
  });
});

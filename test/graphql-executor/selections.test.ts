import { describe, test } from 'vitest';
import { expectAlike, validDocument } from '../support/executor/execution.ts';
import { type Source } from '../support/executor/execution-schema.ts';

describe('selections', () => {
  const box = (): Source => ({
    kind: 'Box',
    name: 'b',
    value: 1,
    must: 2,
    box: { kind: 'Box', name: 'c', value: 3, must: 4 },
  });
  const cat = (): Source => ({
    kind: 'Cat',
    name: 'Tom',
    must: 1,
    lives: 9,
    friend: { kind: 'Dog', name: 'Rex', must: 2, box: box() },
  });
  const root = () => ({
    value: 1,
    box: box(),
    being: cat(),
    found: cat(),
    beings: [cat(), { kind: 'Dog', name: 'Rex' }],
  });

  test.each([
    ['a field twice', '{ value value box { name } box { value name } }'],
    [
      'a field in several places',
      '{ box { box { name } } ...F box { must } } fragment F on Query { box { box { value } value } }',
    ],
    ['keys in the order of their first use', '{ box { must name } value being { name } box { value must } }'],
    ['aliases', '{ a: value b: value value c: box { d: name name } }'],
    [
      'aliases that JavaScript objects inherit',
      '{ __proto__: value constructor: value toString: box { __proto__: name hasOwnProperty: must } }',
    ],
    ['__proto__ alone', '{ __proto__: box { __proto__: box { name } } }'],
    ['aliases that promises have', '{ then: value box { then: name catch: must } beings { then: name } }'],
    [
      'fragments in fragments',
      '{ ...A } fragment A on Query { ...B box { ...C } } fragment B on Query { value } fragment C on Box { name ...D } fragment D on Box { box { ...E } } fragment E on Box { value }',
    ],
    [
      'one fragment used many times',
      '{ ...A ...A box { ...B ...B } c: box { ...B } } fragment A on Query { value } fragment B on Box { name }',
    ],
    [
      'fragments on interfaces and unions',
      '{ being { ...I ... on Cat { ...U } } found { ...I ...U ... on Found { __typename } } beings { ...I } } fragment I on Being { __typename name friend { ...I2 } } fragment I2 on Being { must ... on Dog { box { name } } } fragment U on Found { ... on Cat { lives } ... on Box { value } }',
    ],
    [
      'different fields with the same key for each type',
      '{ beings { ... on Cat { x: lives y: name } ... on Dog { x: must y: name } } }',
    ],
    [
      '__typename on every type',
      '{ __typename t: __typename box { __typename } being { __typename } found { t: __typename } }',
    ],
    [
      '__schema',
      '{ __schema { queryType { name } types { name kind fields(includeDeprecated: true) { name args { name defaultValue } type { name ofType { name } } } enumValues { name } possibleTypes { name } } directives { name } } value }',
    ],
    ['__type', '{ a: __type(name: "Being") { name possibleTypes { name } } b: __type(name: "Nobody") { name } }'],
    [
      'info of resolvers',
      'query q { seen s: seen box { seen box { t: seen ...F } } } fragment F on Box { t: seen u: seen }',
    ],
  ])('a selection of %s returns what graphql-js returns', async (_what, query) => {
    await expectAlike(query, { root });
  });

  test('__type with a variable returns what graphql-js returns', async () => {
    const document = validDocument('query ($name: String!) { __type(name: $name) { kind fields { name } } }');
    for (const name of ['Box', 'Color', 'Nobody']) await expectAlike(document, { variables: { name } });
  });

  test('a resolver sees the same variables as in graphql-js', async () => {
    const document = validDocument(
      'query named($int: Int = 4, $if: Boolean!) { seen @include(if: $if) echo(int: $int) box { seen } }',
    );
    for (const variables of [{ if: true }, { if: true, int: null }, { if: false }])
      await expectAlike(document, { root, variables });
  });

  test('the named one of several operations is executed', async () => {
    const document = validDocument(
      'query a { value } query b { box { name } } mutation c { list } query d { ...F } fragment F on Query { value }',
    );
    for (const operationName of ['a', 'b', 'c', 'd', 'a']) await expectAlike(document, { root, operationName });
  });
});

describe('@skip and @include', () => {
  const root = () => ({
    value: 1,
    list: [1],
    box: { kind: 'Box', value: 2, must: 3, box: { kind: 'Box', name: 'in' } },
  });

  test('@skip and @include with literals select what they select in graphql-js', async () => {
    await expectAlike(
      `{ a: value @skip(if: true) b: value @skip(if: false) c: value @include(if: false) d: value @include(if: true)
         e: value @skip(if: true) @include(if: true) f: value @include(if: true) @skip(if: false)
         ... @skip(if: true) { g: value } ... on Query @include(if: true) { h: value } ...F @skip(if: true)
         ...G @include(if: true) }
       fragment F on Query { i: value } fragment G on Query { j: value ...F }`,
      { root },
    );
  });

  test('@skip and @include follow the variables of each execution of a document', async () => {
    const document = validDocument(
      `query ($yes: Boolean!, $no: Boolean = true) {
         value @skip(if: $yes) box { ...F @include(if: $no) must @include(if: $yes) ... @skip(if: $no) { box { name } } }
         list @include(if: $yes) box { name @skip(if: $yes) }
       }
       fragment F on Box { value box { name @include(if: $yes) odd } }`,
    );
    for (const yes of [true, false, true]) {
      for (const no of [true, false, undefined])
        await expectAlike(document, { root, variables: { yes, ...(no !== undefined && { no }) } });
    }
    await expectAlike(document, { root, variables: {} });
  });

  test('@skip and @include with a null variable fail as in graphql-js', async () => {
    const variables = { if: null };
    for (const selection of ['value @skip(if: $if)', 'box { value @include(if: $if) }', '... @skip(if: $if) { value }'])
      for (const operation of ['query', 'mutation'])
        await expectAlike(`${operation} ($if: Boolean = true) { list ${selection} }`, { root, variables });
  });

  test('@skip in one operation of a document does not affect another', async () => {
    const document = validDocument('query a($if: Boolean!) { value @skip(if: $if) list } query b { value }');
    for (const flag of [true, false]) {
      await expectAlike(document, { root, operationName: 'a', variables: { if: flag } });
      await expectAlike(document, { root, operationName: 'b' });
    }
  });

  test('@skip may leave a selection or an operation empty', async () => {
    await expectAlike('{ box { value @skip(if: true) } }', { root });
    await expectAlike('{ value @skip(if: true) }', { root });
    await expectAlike('mutation { value @skip(if: true) }', { root });
  });
});

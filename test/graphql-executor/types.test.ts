import { describe, test } from 'vitest';
import { expectAlike } from '../support/executor/execution.ts';
import { type Source } from '../support/executor/execution-schema.ts';
import { fail, later, reject } from '../support/executor/execution-values.ts';

describe('abstract types', () => {
  const query = `{
    being { __typename name ... on Cat { lives } ... on Being { friend { __typename } } ... on Dog { box { name } } }
    found { __typename ... on Box { must } ... on Cat { name lives } ... on Being { must } }
    founds { __typename ... on Cat { found { __typename } } }
  }`;
  const sources: [what: string, source: () => Source][] = [
    ['a cat', () => ({ kind: 'Cat', name: 'Tom', must: 1, lives: 9, friend: { kind: 'Dog' }, found: { kind: 'Box' } })],
    ['a dog, which is not a Found', () => ({ kind: 'Dog', name: 'Rex', must: 1, box: { kind: 'Box', name: 'bed' } })],
    ['a box, which is not a Being', () => ({ kind: 'Box', must: 1 })],
    ['a type outside the schema', () => ({ kind: 'Nobody' })],
    ['no type', () => ({})],
    ['a number as its type', () => ({ kind: 7 })],
    ['an interface', () => ({ kind: 'Being' })],
    ['a scalar', () => ({ kind: 'Int' })],
    ['a __typename that contradicts its kind', () => ({ kind: 'Box', __typename: 'Cat', lives: 1, must: 2 })],
    ['a __typename outside the schema', () => ({ kind: 'Box', __typename: 'Nobody' })],
    ['a number as its __typename', () => ({ kind: 'Cat', __typename: 7, lives: 1 })],
  ];
  const typeResolutions: [how: string, tell: Source['tell']][] = [
    ['at once', undefined],
    ['later', later],
    ['by throwing', () => fail('unknown')],
    ['by rejecting', () => reject('unknown')],
    ['as undefined', () => undefined],
    ['as a promise of undefined', () => later(undefined)],
    ['as an Error', () => new Error('unknown')],
  ];

  test.each(sources)('a value of %s resolves to the type that graphql-js finds', async (_what, source) => {
    for (const [, tell] of typeResolutions) {
      const made = () => ({ ...source(), ...(tell && { tell }) });
      await expectAlike(query, {
        root: () => ({ being: made(), found: made(), founds: [made(), null, later(made())] }),
      });
      await expectAlike(`{ mustBeing { name } }`, { root: () => ({ mustBeing: made() }) });
      await expectAlike(`{ box { mustFounds { __typename } } }`, {
        root: () => ({ box: { kind: 'Box', mustFounds: [made()] } }),
      });
      await expectAlike(`{ box { name } }`, { root: () => ({ box: made() }) });
    }
  });
});

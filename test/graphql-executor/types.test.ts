import { describe, test } from 'vitest';
import { expectAlike } from '../support/executor/execution.ts';
import { type Source } from '../support/executor/execution-schema.ts';
import { fail, later, reject } from '../support/executor/execution-values.ts';

describe('types that are told at run time', () => {
  const query = `{
    being { __typename name ... on Cat { lives } ... on Being { friend { __typename } } ... on Dog { box { name } } }
    found { __typename ... on Box { must } ... on Cat { name lives } ... on Being { must } }
    founds { __typename ... on Cat { found { __typename } } }
  }`;
  const sources: [what: string, source: () => Source][] = [
    ['a cat', () => ({ kind: 'Cat', name: 'Tom', must: 1, lives: 9, friend: { kind: 'Dog' }, found: { kind: 'Box' } })],
    ['a dog, which is no Found', () => ({ kind: 'Dog', name: 'Rex', must: 1, box: { kind: 'Box', name: 'bed' } })],
    ['a box, which is no Being', () => ({ kind: 'Box', must: 1 })],
    ['nothing of the schema', () => ({ kind: 'Nobody' })],
    ['no type at all', () => ({})],
    ['something that is no name', () => ({ kind: 7 })],
    ['an interface', () => ({ kind: 'Being' })],
    ['a scalar', () => ({ kind: 'Int' })],
    ['its own __typename, for who believes it', () => ({ kind: 'Box', __typename: 'Cat', lives: 1, must: 2 })],
    ['a __typename of nothing', () => ({ kind: 'Box', __typename: 'Nobody' })],
    ['a __typename that is no text', () => ({ kind: 'Cat', __typename: 7, lives: 1 })],
  ];
  const tellings: [how: string, tell: Source['tell']][] = [
    ['at once', undefined],
    ['later', later],
    ['by throwing', () => fail('unknown')],
    ['by rejecting', () => reject('unknown')],
    ['as undefined', () => undefined],
    ['as a promise of undefined', () => later(undefined)],
    ['as an Error', () => new Error('unknown')],
  ];

  test.each(sources)('as %s', async (_what, source) => {
    for (const [, tell] of tellings) {
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

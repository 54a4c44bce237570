import { describe, test } from 'vitest';
import { expectAlike } from '../support/executor/execution.ts';
import { red, type Source } from '../support/executor/execution-schema.ts';
import { fail, later, reject } from '../support/executor/execution-values.ts';

describe('values of resolvers', () => {
  const everywhere = `
    value list grid odd color
    box { must }
    nested: box { mustBox { must } }
    boxes { must }
    mustBoxes { name }
    mustList
  `;
  const deliveries: [what: string, give: (value: unknown) => unknown][] = [
    ['synchronously', (value) => value],
    ['by a method', (value) => () => value],
    [
      'by a method with arguments, context and info',
      (value) =>
        (...given: unknown[]) =>
          given.length === 3 && value,
    ],
    ['asynchronously', (value) => () => later(value)],
    ['as a resolved promise', (value) => Promise.resolve(value)],
    // oxlint-disable-next-line unicorn/no-thenable
    ['by a thenable', (value) => ({ then: (resolve: (value: unknown) => void) => resolve(value) })],
    ['as null', () => null],
    ['as undefined', () => undefined],
    ['as a promise of null', () => Promise.resolve(null)],
    ['by throwing', () => () => fail()],
    ['by rejecting with a value that is not an error', () => () => Promise.reject('text')],
    ['as an Error', () => new RangeError('no')],
    ['as a promise of an Error', () => later(new RangeError('no'))],
    ['by rejecting', () => () => reject()],
    ['as a wrong type', () => ({ wrong: true })],
  ];
  const whole: Record<string, unknown> = {
    value: 1,
    list: [1, null, 2],
    grid: [[1], null, [2, 3]],
    odd: 3,
    color: red,
    box: { kind: 'Box', must: 1, mustBox: { kind: 'Box', must: 2 } },
    boxes: [{ kind: 'Box', must: 1 }, null, { kind: 'Box', must: 2 }],
    mustBoxes: [{ kind: 'Box', name: 'a' }],
    mustList: [1, 2],
  };

  test.each(deliveries)('a value delivered %s is completed as in graphql-js', async (_what, give) => {
    for (const field of Object.keys(whole)) {
      const root = () => ({ ...whole, [field]: give(whole[field]) });
      await expectAlike(`{ ${everywhere} }`, { root });
      const inside = () => ({ box: { ...root(), kind: 'Box', must: 1 }, boxes: [{ ...root(), kind: 'Box' }] });
      await expectAlike(`{ box { ${everywhere} } boxes { ${everywhere} } }`, { root: inside });
    }
  });

  test('a leaf of the wrong type fails as in graphql-js', async () => {
    for (const wrong of ['text', 1.5, Number.NaN, 2 ** 40, true, {}, [1], 'PURPLE', 2, Symbol('s'), 1n]) {
      await expectAlike('{ value odd mustOdd color list colors }', {
        root: () => ({ value: wrong, odd: wrong, mustOdd: 1, color: wrong, list: [1, wrong], colors: wrong }),
      });
      await expectAlike('{ box { mustOdd } list }', {
        root: () => ({ box: { kind: 'Box', mustOdd: wrong }, list: wrong }),
      });
    }
  });

  test('a primitive or a function in place of an object is treated as in graphql-js', async () => {
    for (const source of [
      'text',
      7,
      true,
      () => 'called',
      Object.defineProperty(() => 0, 'name', { value: 'function' }),
      Object('x'),
    ]) {
      await expectAlike('{ dogs: beings { name friend { name } } }', {
        root: () => ({ beings: [{ kind: 'Dog', name: 'a', friend: null }, source] }),
      });
      const dog = () => ({ being: { kind: 'Dog', box: source, name: source } });
      await expectAlike('{ being { name ... on Dog { box { name } } } }', { root: dog });
      await expectAlike('{ being { friends { name } } }', {
        root: () => ({ being: { kind: 'Dog', friends: [source] } }),
      });
    }
  });

  test('a source without the selected properties is completed as in graphql-js', async () => {
    const source = { kind: 'Dog' };
    await expectAlike('{ being { name ... on Dog { box { name } } } }', { root: () => ({ being: source }) });
  });
});

describe('errors', () => {
  test('errors below a field that is already null are suppressed, as in graphql-js', async () => {
    const box = (): Source => ({
      kind: 'Box',
      value: () => reject('slow'),
      must: () => fail('fast'),
      mustBox: () => reject(),
    });
    await expectAlike('{ box { value must } }', { root: () => ({ box: box() }) });
    await expectAlike('{ box { value mustBox { name } must } }', { root: () => ({ box: box() }) });
    await expectAlike('{ mustBox { value must } list }', {
      root: () => ({ mustBox: box(), list: () => reject('late') }),
    });
    await expectAlike('{ box { mustBox { mustBox { must } } } }', {
      root: () => ({
        box: { kind: 'Box', mustBox: { kind: 'Box', mustBox: later({ kind: 'Box', must: later(null) }) } },
      }),
    });
  });

  test('errors keep the thrown value as in graphql-js', async () => {
    class Special extends Error {
      readonly extensions = { code: 'SPECIAL' };
      override readonly name = 'Special';
    }
    for (const thrown of [new Special('s'), 'text', null, undefined, 7, { message: 'object' }])
      for (const value of [
        () => {
          throw thrown;
        },
        () => Promise.reject(thrown),
      ])
        await expectAlike('{ box { value must } }', { root: () => ({ box: { kind: 'Box', value, must: value } }) });
  });

  test('an error thrown twice is reported with the same paths as in graphql-js', async () => {
    const thrown = new Error('the same');
    const value = () => {
      throw thrown;
    };
    await expectAlike('{ a: value b: value box { value } }', { root: () => ({ value, box: { kind: 'Box', value } }) });
  });
});

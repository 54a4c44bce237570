import { describe, expect, test } from 'vitest';
import { expectAlike } from '../support/executor/execution.ts';
import { fail, later, reject } from '../support/executor/execution-values.ts';

describe('lists', () => {
  const items: [what: string, items: () => unknown][] = [
    ['promises', () => [Promise.resolve(1), later(2), 3]],
    ['a rejected item', () => [1, reject(), 3]],
    ['items that are errors', () => [1, new Error('two'), later(new Error('three'))]],
    ['null items', () => [1, null, later(null), undefined]],
    ['a set', () => new Set([1, later(2)])],
    [
      'a generator',
      () =>
        (function* items() {
          yield 1;
          yield later(2);
        })(),
    ],
    [
      'a generator that fails',
      () =>
        (function* items() {
          yield later(1);
          fail('stopped');
        })(),
    ],
    ['no items', () => []],
    ['a string', () => 'text'],
    ['an object that is not iterable', () => ({ length: 1 })],
    ['a promise of a list', () => later([later(1), 2])],
    ['null before a rejected promise', () => [null, reject(), Promise.reject(new Error('no'))]],
    ['a rejected promise before null', () => [Promise.reject(new Error('no')), later(1), null]],
  ];

  test.each(items)('a list from %s is completed as in graphql-js', async (_what, make) => {
    await expectAlike('{ list }', { root: () => ({ list: make() }) });
    await expectAlike('{ box { mustList } value }', {
      root: () => ({ box: { kind: 'Box', mustList: make() }, value: 1 }),
    });
    await expectAlike('{ mustList }', { root: () => ({ mustList: make() }) });
    await expectAlike('{ grid }', { root: () => ({ grid: [[0], make(), null, later([4])] }) });
    await expectAlike('{ box { mustGrid } }', { root: () => ({ box: { kind: 'Box', mustGrid: [[0], make()] } }) });
    await expectAlike('mutation { mustGrid value }', { root: () => ({ mustGrid: [make(), [0]], value: 1 }) });
  });

  test('each object of a list fails on its own, as in graphql-js', async () => {
    const boxes = () => [
      { kind: 'Box', must: 1 },
      { kind: 'Box', must: null },
      { kind: 'Box', must: () => fail('third') },
      later({ kind: 'Box', must: later(4) }),
      { kind: 'Box', must: () => reject('fifth') },
    ];
    for (const field of ['boxes', 'mustBoxes'])
      await expectAlike(`{ ${field} { must value } value }`, { root: () => ({ [field]: boxes(), value: 1 }) });
    await expectAlike('{ boxGrid { must } }', { root: () => ({ boxGrid: [boxes(), [{ kind: 'Box', must: 1 }]] }) });
  });

  test('a failing list leaves no unhandled rejection', async () => {
    const lost: unknown[] = [];
    const record = (reason: unknown) => lost.push(reason);
    process.on('unhandledRejection', record);
    const list = () => [null, Promise.reject(new Error('behind')), reject()];
    const boxes = () => [{ kind: 'Box', value: () => reject(), must: () => fail() }];
    await expectAlike('{ box { mustList mustBox { value } } }', {
      root: () => ({ box: { kind: 'Box', mustList: list() } }),
    });
    await expectAlike('{ mustBoxes { value must } }', { root: () => ({ mustBoxes: boxes() }) });
    await expectAlike('{ box { mustGrid } }', {
      root: () => ({ box: { kind: 'Box', mustGrid: [[1], list(), reject()] } }),
    });
    await new Promise((resolve) => setTimeout(resolve, 20));
    process.off('unhandledRejection', record);
    expect(lost).toEqual([]);
  });
});

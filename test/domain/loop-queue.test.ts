import { expect, test } from 'vitest';
import { shareLoopTurn } from '../../src/domain/loop-queue.ts';

const work = (milliseconds: number) => {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
};

/** Runs pieces of work that share turns, and returns how many ran in each turn. */
async function countPerTurn(pieces: number, milliseconds: number): Promise<number[]> {
  const counts: number[] = [];
  let turn = 0;
  let isDone = false;
  const count = () => {
    turn++;
    if (!isDone) setImmediate(count);
  };
  setImmediate(count);
  await Promise.all(
    Array.from({ length: pieces }, async () => {
      await shareLoopTurn();
      counts[turn] = (counts[turn] ?? 0) + 1;
      work(milliseconds);
    }),
  );
  isDone = true;
  return counts.filter((each) => each > 0);
}

test('small pieces of work share one turn of the event loop', async () => {
  expect(await countPerTurn(50, 0)).toEqual([50]);
});

test('pieces of work that are not small share no turn for longer than 5 ms', async () => {
  const counts = await countPerTurn(40, 2);
  expect(counts.reduce((sum, each) => sum + each, 0)).toBe(40);
  expect(Math.max(...counts)).toBeLessThanOrEqual(4);
});

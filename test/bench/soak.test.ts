import { expect, test } from 'vitest';
import { judge } from '../../bench/soak/slopes.ts';

/** Ten minutes of samples every five seconds. */
const sample = (measure: (seconds: number, index: number) => number) => {
  const points = Array.from({ length: 120 }, (_, index) => [index * 5, measure(index * 5, index)] as const);
  return { name: 'memory', unit: 'MB', bound: 30, points };
};
const noise = (index: number) => ((index * 7919) % 11) - 5;

test('a soak finds a leak in noise, and takes neither noise nor a warm-up for a leak', () => {
  const leak = judge(sample((seconds, index) => 200 + seconds / 60 + noise(index)));
  expect(leak).toMatchObject({ rises: true });
  expect(leak.perHour).toBeGreaterThan(40);
  expect(leak.perHour).toBeLessThan(80);
  expect(judge(sample((_, index) => 200 + noise(index)))).toMatchObject({ rises: false });
  expect(judge(sample((seconds) => 200 + Math.min(seconds, 200)))).toMatchObject({
    perHour: expect.closeTo(0),
    rises: false,
  });
  expect(judge(sample((seconds) => 200 - seconds / 60))).toMatchObject({ perHour: expect.closeTo(-60), rises: false });
});

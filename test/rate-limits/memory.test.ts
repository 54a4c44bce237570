import { expect, test } from 'vitest';
import type { Actor } from '../../src/domain/actor.ts';
import { createMemoryRateLimiter } from '../../src/rate-limits/memory.ts';

const createActor = (id: string): Actor => ({ organization: 'acme', scopes: [], author: { kind: 'subject', id } });

test('beyond a number of callers, new ones share one count, and the known ones keep theirs', async () => {
  const limiter = createMemoryRateLimiter({ points: 10, seconds: 60 }, 2);
  const spend = async (id: string) => (await limiter.spend(createActor(id), 4)).remaining;
  expect(await spend('a')).toBe(6);
  expect(await spend('b')).toBe(6);
  expect(await spend('c')).toBe(6);
  expect(await spend('d')).toBe(2);
  expect(await spend('a')).toBe(2);
});

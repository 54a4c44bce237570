import { expect, onTestFinished, test } from 'vitest';
import { openStorage } from '../../src/storage/open.ts';
import { anExperiment, author } from '../support/gateway/experiments.ts';
import type { NewDatabase } from './contract.ts';

/** What storage tells about its writes. */
export function commitContract(newDatabase: NewDatabase): void {
  test('a write that succeeds is in one reported commit, even if it changes nothing; one that fails is in none', async () => {
    const commits: number[] = [];
    const options = { onCommit: (writes: number) => void commits.push(writes) };
    const storage = await openStorage(await newDatabase(), undefined, options);
    onTestFinished(() => storage.close());
    const ids = Array.from({ length: 5 }, (_, index) => `exp_${index}`);
    await Promise.all(ids.map((id) => storage.experiments.insert(anExperiment({ id }), author)));
    await storage.experiments.insert(anExperiment({ id: 'exp_0' }), author);
    expect(commits.reduce((sum, writes) => sum + writes, 0)).toBe(6);
    expect(Math.min(...commits)).toBeGreaterThan(0);
    await expect(
      storage.experiments.insert(anExperiment({ id: 'exp_9', name: null as never }), author),
    ).rejects.toThrow(/null/i);
    expect(commits.reduce((sum, writes) => sum + writes, 0)).toBe(6);
    await storage.experiments.find(anExperiment().organization, 'exp_0');
    expect(commits.reduce((sum, writes) => sum + writes, 0)).toBe(6);
  });

  test('writes count as waiting until they are committed', async () => {
    const storage = await openStorage(await newDatabase());
    onTestFinished(() => storage.close());
    expect(storage.waitingWrites()).toBe(0);
    const writes = ['a', 'b', 'c'].map((id) => storage.experiments.insert(anExperiment({ id }), author));
    expect(storage.waitingWrites()).toBe(3);
    await Promise.all(writes);
    expect(storage.waitingWrites()).toBe(0);
  });
}

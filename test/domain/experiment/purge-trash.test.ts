import { expect, test, vi } from 'vitest';
import { startPurge } from '../../../src/domain/experiment/purge-trash.ts';
import { anExperiment, author } from '../../support/gateway/experiments.ts';
import { createSqliteDatabase, openStorageOn } from '../../support/storage/storage.ts';

const long = { createdAt: new Date('2020-01-01T00:00:00.000Z') };
const purged = { organization: 'acme', ifRevision: null, at: new Date(1), purgeAt: new Date(2) };

test('a purge deletes all expired trash and all expired idempotency keys, and leaves the rest', async () => {
  const { experiments } = await openStorageOn(createSqliteDatabase().url);
  for (let n = 0; n < 130; n++) {
    await experiments.insert(anExperiment({ id: `${n}`, ...long }), author, { key: `${n}`, digest: '' });
    await experiments.trash({ ...purged, id: `${n}` });
  }
  await experiments.insert(anExperiment({ createdAt: new Date() }), author, { key: 'fresh', digest: '' });
  const report = vi.fn<(error: unknown) => void>();
  const stop = startPurge(experiments, report);
  await vi.waitFor(async () => expect(await experiments.findKeyUse('acme', '129', long.createdAt)).toBeNull(), 10_000);
  await stop();
  expect(await experiments.count('acme', { deleted: true })).toBe(0);
  expect(await experiments.findKeyUse('acme', 'fresh', new Date())).toMatchObject({ experiment: { id: 'exp_1' } });
  expect(report).not.toHaveBeenCalled();
});

test('a fault while the trash is purged is reported, and idempotency keys are purged all the same', async () => {
  const { experiments } = await openStorageOn(createSqliteDatabase().url);
  await experiments.insert(anExperiment(long), author, { key: 'old', digest: '' });
  const fault = new Error('the disk is full');
  const report = vi.fn<(error: unknown) => void>();
  const stop = startPurge({ ...experiments, purge: () => Promise.reject(fault) }, report);
  await vi.waitFor(async () => expect(await experiments.findKeyUse('acme', 'old', long.createdAt)).toBeNull());
  await stop();
  expect(report.mock.calls).toEqual([[fault]]);
});

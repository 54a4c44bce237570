import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { openStorage } from '../../src/storage/open.ts';
import { createTemporaryFolder } from '../support/gateway/test-gateway.ts';
import { createSend, WriteStream } from '../support/gateway/write-streams.ts';
import { hasCompiler } from '../support/process/preloaded.ts';
import { prebuilt, repository, startGateway } from '../support/process/process.ts';
import { type DiskRecord, recordDisk } from '../support/process/recorded-disk.ts';
import { createRandom, Disk, type Fate, fates } from '../support/storage/power-cut.ts';

/** `npm run test:durability` cuts the power at every moment; `npm test` at some. */
const isLong = Number(process.env.GATEWAY_TEST_ROUNDS ?? 0) > 0;

/** Everything that a gateway did to the disk while it was started, written to by four streams, and stopped. */
interface Recording {
  readonly folder: string;
  readonly records: readonly DiskRecord[];
  readonly streams: readonly WriteStream[];
  readonly commits: number;
}

async function record(writes: number, flags: readonly string[] = []): Promise<Recording> {
  const { folder, env, read } = recordDisk();
  const gateway = await startGateway({
    env: { ...env, DATABASE_URL: `file:${join(folder, 'data', 'gateway.db')}` },
    flags: [...prebuilt, ...flags],
  });
  // Long workflows fill the log, so that it is written back to the database and begun anew in between.
  const streams = ['one', 'two', 'three', 'four'].map((name) => new WriteStream(name, 30_000));
  await Promise.all(streams.map((stream) => stream.run(createSend(gateway.url, gateway.firstKey), writes)));
  const metrics = await (await fetch(`${gateway.url}/metrics`)).text();
  gateway.signal('SIGTERM');
  expect(await gateway.ended).toMatchObject({ code: 0 });
  const [, commits] = /gateway_storage_writes_per_commit_count (\d+)/.exec(metrics) ?? [];
  return { folder, records: read(), streams, commits: Number(commits) };
}

/** What callers have been told at some moment. */
interface Told {
  /** The writes that were acknowledged, by stream. */
  readonly acknowledged: Map<string, number>;
  isKeyPrinted: boolean;
}

function listen(told: Told, data: Buffer): void {
  const text = data.toString('latin1');
  if (text.includes('sk_')) told.isKeyPrinted = true;
  for (const [, stream = '', number] of text.matchAll(/x-request-id: (\w+)-(\d+)/gi))
    told.acknowledged.set(stream, Number(number));
}

/**
 * Cuts the power after each record for which `chooseFates` returns any, starts on what is left, and expects all that
 * callers had been told. Returns how often it did so.
 */
async function cutPower(
  { folder, records, streams }: Recording,
  chooseFates: (index: number) => readonly Fate[],
): Promise<number> {
  const disk = new Disk(folder);
  const told: Told = { acknowledged: new Map(), isKeyPrinted: false };
  const copies = createTemporaryFolder();
  let cuts = 0;
  for (const [index, each] of records.entries()) {
    if (each.kind === 'send') listen(told, each.data);
    else disk.apply(each);
    for (const fate of chooseFates(index)) {
      const copy = join(copies, `${index}-${fate}`);
      disk.writeTo(copy, fate, createRandom(++cuts));
      try {
        await expectAllTold(join(copy, 'data', 'gateway.db'), told, streams);
      } catch (error) {
        throw new Error(`The power was cut after record ${index} of ${records.length} (${fate}).`, { cause: error });
      }
      rmSync(copy, { recursive: true });
    }
  }
  return cuts;
}

async function expectAllTold(path: string, told: Told, streams: readonly WriteStream[]): Promise<void> {
  const storage = await openStorage(`file:${path}`);
  try {
    for (const stream of streams)
      await stream.expectStored(storage.experiments, told.acknowledged.get(stream.name) ?? 0);
    if (told.isKeyPrinted) expect(await storage.apiKeys.list()).toHaveLength(1);
  } finally {
    await storage.close();
  }
  const database = new Database(path, { readonly: true });
  try {
    expect(database.pragma('integrity_check', { simple: true })).toBe('ok');
    for (const [what, sql] of Object.entries(contradictions))
      expect([what, database.prepare(sql).all()]).toEqual([what, []]);
  } finally {
    database.close();
  }
}

/** What must not be found in a database: rows that other rows contradict. */
const contradictions = {
  'a wrong count': `SELECT * FROM experiment_counts counted WHERE count <>
    (SELECT count(*) FROM experiments e WHERE e.organization = counted.organization AND deleted_at IS NULL)`,
  'a tag of no experiment':
    'SELECT * FROM experiment_tags t WHERE NOT EXISTS (SELECT 1 FROM experiments e WHERE e.id = t.experiment_id)',
  'an experiment that is not found by its tag': `SELECT id FROM experiments e WHERE NOT EXISTS
    (SELECT 1 FROM experiment_tags t WHERE t.experiment_id = e.id AND t.key = 'stream')`,
  'a revision of no experiment': `SELECT experiment_id FROM experiment_revisions r WHERE NOT EXISTS
    (SELECT 1 FROM experiments e WHERE e.id = r.experiment_id)`,
  'a content without its revision': `SELECT id FROM experiments e WHERE NOT EXISTS (SELECT 1 FROM experiment_revisions r
    WHERE r.experiment_id = e.id AND r.revision = e.revision AND r.workflow = e.workflow AND r.name = e.name)`,
};

/** Counts the syncs of SQLite's log, and the answers that left while something in it was not synced. */
function countSyncs({ folder, records }: Recording) {
  const disk = new Disk(folder);
  const log = join(folder, 'data', 'gateway.db-wal');
  const isAnswer = (each: DiskRecord) => each.kind === 'send' && /x-request-id/i.test(each.data.toString('latin1'));
  let [syncs, early] = [0, 0];
  for (const each of records) {
    if (each.kind === 'sync' && each.path === log) syncs++;
    if (isAnswer(each) && disk.isPending(log)) early++;
    disk.apply(each);
  }
  return { syncs, early };
}

/** Some moments of each sort: before and after a sync of each file, and in between. */
function chooseMoments(records: readonly DiskRecord[], random: () => number): ReadonlySet<number> {
  const syncs = records.flatMap((each, index) => (each.kind === 'sync' ? [{ index, path: each.path }] : []));
  const ofLog = syncs.filter(({ path }) => path.endsWith('-wal')).map(({ index }) => index);
  const ofDatabase = syncs.filter(({ path }) => path.endsWith('.db')).map(({ index }) => index);
  const writes = records.flatMap((each, index) => (each.kind === 'write' ? [index] : []));
  // The log is written back to the database before its last sync.
  expect(ofDatabase.length).toBeGreaterThan(1);
  const pick = (from: readonly number[]) => from[Math.floor(random() * from.length)] ?? 0;
  const chosen = [pick(ofLog), pick(ofLog) - 1, pick(ofLog) - 1, pick(ofDatabase), pick(ofDatabase) - 1];
  return new Set([...chosen, pick(writes), pick(writes), pick(writes), records.length - 1]);
}

describe.runIf(hasCompiler)('after a power cut on SQLite (needs cc)', () => {
  test('all that was acknowledged is there and nothing is there by half, and each answer waited for a sync', async () => {
    const recording = await record(34);
    const { records, commits } = recording;
    const { syncs, early } = countSyncs(recording);
    expect(early).toBe(0);
    expect(syncs).toBeGreaterThanOrEqual(commits);
    const moments = chooseMoments(records, createRandom(records.length));
    const cuts = await cutPower(recording, (index) => {
      if (!isLong) return moments.has(index) ? fates : [];
      // Between two changes of the disk, the last moment is the one at which callers have been told most.
      const next = records[index + 1]?.kind;
      if (next === 'send') return [];
      return next === 'write' ? [fates[index % fates.length] ?? 'lost'] : fates;
    });
    if (isLong)
      console.log(`${records.length} records, ${commits} commits, ${syncs} syncs of the log, ${cuts} power cuts`);

    // The same record without its syncs is that of a gateway that does not wait for them: writes are lost.
    const careless = { ...recording, records: records.filter(({ kind }) => kind !== 'sync') };
    await expect(cutPower(careless, (index) => (index === careless.records.length - 1 ? fates : []))).rejects.toThrow(
      /The power was cut/,
    );
  }, 3_600_000);

  test.runIf(isLong)('writes are lost with synchronous = NORMAL, so that these checks can fail', async () => {
    const tools = createTemporaryFolder();
    const module = join(tools, 'normal.mjs');
    writeFileSync(
      module,
      `import { createRequire } from 'node:module';
      const Database = createRequire(${JSON.stringify(join(repository, 'package.json'))})('better-sqlite3');
      const { pragma } = Database.prototype;
      Database.prototype.pragma = function (text, options) {
        const result = pragma.call(this, text.replace('synchronous = FULL', 'synchronous = NORMAL'), options);
        return text === 'synchronous' ? 2 : result;
      };`,
    );
    const recording = await record(34, ['--import', module]);
    expect(countSyncs(recording).early).toBeGreaterThan(50);
    const random = createRandom(1);
    await expect(cutPower(recording, () => (random() < 0.02 ? fates : []))).rejects.toThrow(/The power was cut/);
  });
});

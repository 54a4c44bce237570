import { spawnSync } from 'node:child_process';
import type Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { StorageUnavailable } from '../../src/domain/faults.ts';
import { JsonList } from '../../src/domain/json/json-list.ts';
import { anExperiment, author, toReplace } from '../support/gateway/experiments.ts';
import { createTemporaryFolder } from '../support/gateway/test-gateway.ts';
import { start } from '../support/process/process.ts';
import {
  connectionTo,
  createSqliteDatabase,
  openStorageOn,
  readEverything,
  recordExecutions,
} from '../support/storage/storage.ts';

const large = JsonList.of([{ text: 'x'.repeat(50_000) }]);

test('a full database refuses writes as a whole, still serves reads, and works again once there is space', async () => {
  const { url, path } = createSqliteDatabase();
  const executions = recordExecutions();
  const { experiments, apiKeys } = await openStorageOn(url);
  const one = anExperiment();
  await experiments.insert(one, author);
  const writer = executions.find(({ sql }) => /^insert/i.test(sql))?.connection as Database.Database;
  const pages = Number(writer.pragma('page_count', { simple: true }));
  const before = [await readEverything(experiments, 'acme'), tagsIn(path)];

  // From zero spare pages upwards, so that each statement of a write in turn is the one that runs out of space.
  let refused = 0;
  for (let spare = 0; ; spare++) {
    writer.pragma(`max_page_count = ${pages + spare}`);
    const [replaced] = await Promise.allSettled([
      experiments.replace(toReplace(one, { workflow: large }, { tags: JsonList.of([{ full: 'y'.repeat(9_000) }]) })),
    ]);
    if (replaced.status === 'fulfilled') break;
    refused++;
    expect(replaced.reason).toBeInstanceOf(StorageUnavailable);
    expect([await readEverything(experiments, 'acme'), tagsIn(path)]).toEqual(before);
    expect(await apiKeys.list()).toEqual([]);
  }
  expect(refused).toBeGreaterThan(20);
  expect(await experiments.find('acme', 'exp_1')).toMatchObject({ revision: 2, workflow: large });
  expect(await experiments.revision('acme', 'exp_1', 2)).toMatchObject({ workflow: large });

  await expect(experiments.insert(anExperiment({ id: 'exp_2', workflow: large }), author)).rejects.toThrow(
    StorageUnavailable,
  );
  expect(await experiments.find('acme', 'exp_2')).toBeNull();
  writer.pragma('max_page_count = 1000000');
  expect(await experiments.insert(anExperiment({ id: 'exp_2', workflow: large }), author)).toMatchObject({
    kind: 'inserted',
  });
  expect(connectionTo(path).pragma('integrity_check', { simple: true })).toBe('ok');
});

function tagsIn(path: string): unknown[] {
  return connectionTo(path).prepare('SELECT * FROM experiment_tags').all();
}

/** Linux lets every user mount a small private file system, unless an administrator forbids it. */
const ownFileSystem = ['unshare', '--map-root-user', '--mount', 'sh', '-c'];
const mount = 'mount -t tmpfs -o size=5m tmpfs "$0"';
const [program = '', ...args] = ownFileSystem;
const mayMount = spawnSync(program, [...args, mount, '/mnt']).status === 0;

test.runIf(mayMount)('a full disk behaves the same (needs unshare and mount)', async () => {
  const source = `
    import { existsSync, rmSync, writeFileSync } from 'node:fs';
    import { openStorage } from '{src}/storage/open.ts';
    import { JsonList } from '{src}/domain/json/json-list.ts';
    import { anExperiment, author, toReplace } from '{src}/../test/support/gateway/experiments.ts';
    const folder = process.argv[1];
    const large = JsonList.of([{ text: 'x'.repeat(50_000) }]);
    const of = (id) => anExperiment({ id, workflow: large });
    const outcome = (promise) => promise.then(() => 'done', (error) => error.name);
    writeFileSync(folder + '/ballast', Buffer.alloc(2_500_000));
    const { experiments, apiKeys, check, close } = await openStorage('file:' + folder + '/gateway.db');
    const written = [];
    let refusal;
    for (let id = 0; !refusal; id++) {
      const answer = await outcome(experiments.insert(of(String(id)), author));
      if (answer === 'done') written.push(String(id));
      else refusal = { answer, id: String(id) };
    }
    const readable = async () => {
      const found = await Promise.all(written.map((id) => experiments.find('acme', id)));
      return found.every((experiment) => experiment?.workflow.text === large.text);
    };
    const full = {
      written: written.length > 5,
      refusal: refusal.answer,
      again: await outcome(experiments.replace(toReplace(of('0'), { workflow: JsonList.of([{ text: 'y'.repeat(60_000) }]) }))),
      removal: await outcome(experiments.insert(of('another'), author)),
      check: await outcome(check()),
      readable: await readable(),
      halfWritten: [await experiments.find('acme', refusal.id), await experiments.revision('acme', refusal.id, 1)],
      keys: await apiKeys.list(),
      other: await openStorage('file:' + folder + '/other.db').then(() => 'opened', (error) => error.name + ' ' + /\\n/.test(error.message)),
    };
    for (const name of ['ballast', 'other.db', 'other.db-wal', 'other.db-shm']) rmSync(folder + '/' + name, { force: true });
    const roomy = {
      insert: await outcome(experiments.insert(of(refusal.id), author)),
      found: (await experiments.find('acme', refusal.id))?.workflow.text === large.text,
      readable: await readable(),
      count: (await experiments.count('acme', {})) - written.length,
    };
    await close();
    const reopened = await openStorage('file:' + folder + '/gateway.db');
    const kept = (await reopened.experiments.count('acme', {})) - written.length;
    console.log(JSON.stringify({ full, roomy, kept }));`;
  const running = start([
    ...ownFileSystem,
    `${mount} && exec "$1" --input-type=module -e "$2" -- "$0"`,
    createTemporaryFolder(),
    process.execPath,
    source.replaceAll('{src}', new URL('../../src', import.meta.url).href),
  ]);
  const { stdout, stderr } = await running.ended;
  expect(stderr).toBe('');
  expect(JSON.parse(stdout)).toEqual({
    full: {
      written: true,
      refusal: 'StorageUnavailable',
      again: 'StorageUnavailable',
      removal: 'StorageUnavailable',
      check: 'done',
      readable: true,
      halfWritten: [null, null],
      keys: [],
      other: 'CannotStart false',
    },
    roomy: { insert: 'done', found: true, readable: true, count: 1 },
    kept: 1,
  });
});

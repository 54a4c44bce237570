import { describe, expect, test } from 'vitest';
import { mutations } from '../support/gateway/operations.ts';
import { createTemporaryFolder } from '../support/gateway/test-gateway.ts';
import { type FailingDisk, type Fault, failingDisk, faultCodes } from '../support/process/failing-disk.ts';
import { hasCompiler } from '../support/process/preloaded.ts';
import { type RunningGateway, startGateway } from '../support/process/process.ts';
import type { Walk, walkFaults } from '../support/process/walk-faults.ts';
import { createSqliteDatabase, openStorageOn, startModuleWith } from '../support/storage/storage.ts';

const unknown = /may or may not have been written/;

/** A gateway on a disk that can fail, with an experiment `first`. */
async function startOnFailingDisk(): Promise<{ disk: FailingDisk; gateway: RunningGateway }> {
  const disk = failingDisk();
  const gateway = await startGateway({ env: disk.env });
  expect(await create(gateway, 'first')).toEqual({ id: 'first' });
  return { disk, gateway };
}

/** Creates an experiment, and returns it or the message of the error. */
async function create(gateway: RunningGateway, experimentId: string): Promise<unknown> {
  const { data, errors } = await gateway.graphql(mutations.create, { input: { experimentId } });
  if (!errors) return { id: data.result.experiment.id };
  expect(errors).toMatchObject([{ extensions: { code: 'SERVICE_UNAVAILABLE', status: 503 } }]);
  return errors[0].message;
}

async function idsIn(gateway: RunningGateway): Promise<string[]> {
  const { data } = await gateway.graphql(
    '{ experiments(first: 100, orderBy: {field: CREATED_AT, direction: ASC}) { edges { node { id } } } }',
  );
  return data.experiments.edges.map(({ node }: { node: { id: string } }) => node.id);
}

const isReady = async ({ url }: RunningGateway) => (await fetch(`${url}/ready`)).status === 200;

/** Kills a gateway and starts another one on its files, on a healthy disk. */
async function afterKill(gateway: RunningGateway): Promise<string[]> {
  gateway.signal('SIGKILL');
  await gateway.ended;
  const again = await startGateway({ env: { DATABASE_URL: `file:${gateway.databasePath}` } });
  return idsIn({ ...again, graphql: (query) => again.graphql(query, {}, gateway.firstKey) });
}

describe.runIf(hasCompiler)('a disk that fails (needs cc)', () => {
  test('once during a commit: the caller is told that the write failed, and it never reappears', async () => {
    const { disk, gateway } = await startOnFailingDisk();
    disk.fail('one sync');
    const message = await create(gateway, 'refused');
    expect(message).toMatch(/try again/);
    expect(message).not.toMatch(unknown);
    expect(await isReady(gateway)).toBe(true);
    expect(await afterKill(gateway)).toEqual(['first']);
  });

  test('at every sync: GraphQL and REST report an unknown outcome, and the gateway is not ready until a write succeeds', async () => {
    const { disk, gateway } = await startOnFailingDisk();
    disk.fail('syncs');
    expect(await create(gateway, 'doubtful')).toMatch(unknown);
    expect(await isReady(gateway)).toBe(false);
    expect(await idsIn(gateway)).toEqual(['first']);
    disk.recover();
    expect(await create(gateway, 'second')).toEqual({ id: 'second' });
    expect(await isReady(gateway)).toBe(true);

    disk.fail('syncs');
    const headers = { authorization: `Bearer ${gateway.firstKey}`, 'content-type': 'application/json' };
    const response = await fetch(`${gateway.url}/api/v2/experiments/`, {
      method: 'POST',
      headers,
      body: '{"id":"rest"}',
    });
    expect([response.status, await response.json()]).toEqual([503, { detail: expect.stringMatching(unknown) }]);
    disk.recover();
    expect(await create(gateway, 'third')).toEqual({ id: 'third' });
    expect(await afterKill(gateway)).toEqual(['first', 'second', 'third']);
  });

  test('permanently after a sync: a write that may have been written can be there after a restart', async () => {
    const { disk, gateway } = await startOnFailingDisk();
    disk.fail('disk');
    expect(await create(gateway, 'doubtful')).toMatch(unknown);
    // It does not start before the first one is settled, so its outcome is known.
    const message = await create(gateway, 'later');
    expect(message).toMatch(/try again/);
    expect(message).not.toMatch(unknown);
    expect(await idsIn(gateway)).toEqual(['first']);
    expect(await afterKill(gateway)).toEqual(['first', 'doubtful']);
  });

  test('for a while: the gateway becomes ready again without traffic, and the doubtful write never reappears', async () => {
    const { disk, gateway } = await startOnFailingDisk();
    disk.fail('disk');
    expect(await create(gateway, 'doubtful')).toMatch(unknown);
    expect(await isReady(gateway)).toBe(false);
    disk.recover();
    await expect.poll(() => isReady(gateway), { timeout: 5_000 }).toBe(true);
    expect(await afterKill(gateway)).toEqual(['first']);
  });

  test('for a while: a write that changes nothing settles the doubtful one, too', async () => {
    const { disk, gateway } = await startOnFailingDisk();
    disk.fail('disk');
    expect(await create(gateway, 'doubtful')).toMatch(unknown);
    disk.recover();
    expect(await create(gateway, 'first')).toEqual({ id: 'first' });
    expect(await isReady(gateway)).toBe(true);
    expect(await afterKill(gateway)).toEqual(['first']);
  });

  test.each<[Fault, string[], number]>([
    ['one sync', ['written'], 30],
    ['disk', ['OutcomeUnknown'], 30],
  ])('while many writes are committed together (%s): each caller is told the outcome', async (fault, told, found) => {
    const { url } = createSqliteDatabase();
    await (await openStorageOn(url)).close();
    const disk = failingDisk();
    const writer = startModuleWith(
      disk.env,
      `import { writeFileSync } from 'node:fs';
      import { openStorage } from '{src}/storage/open.ts';
      import { anExperiment, author } from '{src}/../test/support/gateway/experiments.ts';
      const { experiments } = await openStorage(process.argv[1]);
      const insert = (index) => experiments.insert(anExperiment({ id: 'exp_' + index }), author);
      const writes = Array.from({ length: 30 }, (_, index) =>
        insert(index).then(() => 'written', (error) => error.constructor.name),
      );
      writeFileSync(process.env.FAULT_FILE, process.argv[2]);
      console.log(JSON.stringify([...new Set(await Promise.all(writes))]));
      process.kill(process.pid, 'SIGKILL');`,
      url,
      faultCodes[fault],
    );
    const { stdout, stderr } = await writer.ended;
    expect([JSON.parse(stdout || 'null'), stderr]).toEqual([told, '']);
    expect(await (await openStorageOn(url)).experiments.count('acme', {})).toBe(found);
  });

  /** `npm run test:durability` fails every operation; `npm test` some. */
  const isLong = Number(process.env.GATEWAY_TEST_ROUNDS ?? 0) > 0;
  const walks: Record<string, Pick<Walk, 'error' | 'lasts' | 'step'> & { isNew?: boolean; length?: number }> = {
    'once with EIO': { error: 'EIO', lasts: false, step: 7 },
    'permanently with EIO': { error: 'EIO', lasts: true, step: 9 },
    'once with ENOSPC': { error: 'ENOSPC', lasts: false, step: 21 },
    'permanently with ENOSPC': { error: 'ENOSPC', lasts: true, step: 21 },
    'once with EIO on a new database': { error: 'EIO', lasts: false, isNew: true, step: 61 },
    ...(isLong && {
      'once with EIO while the log is written back': { error: 'EIO', lasts: false, length: 4_200_000, step: 101 },
    }),
  };

  test('at any operation: the caller is told what became of the write, and the next one succeeds', async () => {
    const { url, folder: template } = createSqliteDatabase();
    await (await openStorageOn(url)).close();
    const all = Object.entries(walks).map(([name, { isNew, step, ...walk }]): [string, Walk] => [
      name,
      {
        folder: createTemporaryFolder(),
        ...(!isNew && { template }),
        length: 100,
        ...walk,
        step: isLong && step < 100 ? 1 : step,
      },
    ]);
    const { stdout, stderr } = await startModuleWith(
      failingDisk().env,
      `import { walkFaults } from '{src}/../test/support/process/walk-faults.ts';
      const found = [];
      for (const [name, walk] of JSON.parse(process.argv[1])) found.push([name, await walkFaults(walk)]);
      console.log(JSON.stringify(found));`,
      JSON.stringify(all),
    ).ended;
    expect(stderr).toBe('');
    const found: [string, Awaited<ReturnType<typeof walkFaults>>][] = JSON.parse(stdout);
    if (isLong) console.log(found.map(([name, { operations }]) => `${name}: ${operations} operations`).join('\n'));
    expect(found.map(([name, { wrong }]) => [name, wrong])).toEqual(Object.keys(walks).map((name) => [name, []]));
    for (const [, { outcomes }] of found)
      expect(outcomes).toEqual(expect.arrayContaining(['StorageUnavailable', 'inserted', 'start: CannotStart']));
    expect(found.flatMap(([, { outcomes }]) => outcomes)).toContain('OutcomeUnknown');
  }, 3_600_000);
});

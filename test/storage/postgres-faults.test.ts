import { describe, expect, test } from 'vitest';
import { defaultOrder } from '../../src/domain/experiment/query.ts';
import { OutcomeUnknown, StorageUnavailable } from '../../src/domain/faults.ts';
import { anExperiment, author, json, toReplace } from '../support/gateway/experiments.ts';
import { createPostgresDatabase, hasServer, startProxy, withClient } from '../support/storage/postgres.ts';
import { openStorageOn, readEverything } from '../support/storage/storage.ts';

const one = anExperiment();
const page = { size: 20, fromEnd: false, after: null, before: null };

/** An open database behind a proxy, with one experiment in it, and a way to read it that bypasses the proxy. */
async function openBehindProxy() {
  const url = await createPostgresDatabase();
  const proxy = await startProxy(url);
  const { experiments, apiKeys, check } = await openStorageOn(proxy.url);
  await experiments.insert(one, author);
  const everything = async () => readEverything((await openStorageOn(url)).experiments, 'acme');
  const works = (): Promise<unknown>[] => [
    experiments.find('acme', 'exp_1'),
    experiments.list({ organization: 'acme', filter: {}, order: defaultOrder, page }),
    experiments.count('acme', {}),
    experiments.insert(anExperiment({ id: 'exp_2' }), author),
    experiments.replace(toReplace(one, { name: 'Lost' })),
    experiments.replace(toReplace(one, {}, { tags: json('[{"lost":1}]') })),
    experiments.step({ organization: 'acme', id: 'exp_1', step: { name: 'start' }, at: new Date() }),
    experiments.remove({ organization: 'acme', id: 'exp_1', ifRevision: null }),
    apiKeys.findByHash('x'),
    apiKeys.recordUse(new Map([['key_1', new Date()]])),
    check(),
  ];
  return { url, proxy, experiments, check, works, everything };
}

/** Expects every call to be refused as unavailable, and returns how long that took. */
async function expectAllUnavailable(works: Promise<unknown>[]): Promise<number> {
  const started = performance.now();
  const results = await Promise.allSettled(works);
  expect(results).toEqual(results.map(() => ({ status: 'rejected', reason: expect.any(StorageUnavailable) })));
  return performance.now() - started;
}

describe.runIf(hasServer)('on a PostgreSQL server that fails', () => {
  test('a server that is down is unavailable immediately, and works again once it is back', async () => {
    const { proxy, works, experiments, everything } = await openBehindProxy();
    const before = await everything();
    await proxy.cut();
    expect(await expectAllUnavailable(works())).toBeLessThan(2_500);
    expect(await expectAllUnavailable(works())).toBeLessThan(2_500);
    await proxy.restore();
    expect(await everything()).toEqual(before);
    expect(await experiments.find('acme', 'exp_1')).toEqual(one);
    expect(await experiments.replace(toReplace(one, { name: 'After' }, { ifRevision: 1 }))).toMatchObject({
      kind: 'replaced',
    });
  });

  test('a server that falls silent is unavailable within five seconds, and nothing is half written', async () => {
    const { proxy, works, experiments, everything } = await openBehindProxy();
    const before = await everything();
    proxy.stall();
    expect(await expectAllUnavailable(works())).toBeLessThan(5_200);
    await proxy.restore();
    expect(await everything()).toEqual(before);
    expect(await experiments.find('acme', 'exp_1')).toEqual(one);
  });

  test('connections that stay silent permanently are not used again', async () => {
    const { proxy, experiments } = await openBehindProxy();
    await Promise.all(Array.from({ length: 10 }, () => experiments.find('acme', 'exp_1')));
    proxy.stall();
    expect(await expectAllUnavailable([experiments.find('acme', 'exp_1')])).toBeLessThan(5_200);
    await proxy.restore('stay silent');
    for (let time = 0; time < 10; time++) expect(await experiments.find('acme', 'exp_1')).toEqual(one);
  });

  test('a transaction that is cut off midway leaves nothing behind', async () => {
    const { proxy, experiments, everything } = await openBehindProxy();
    const before = await everything();
    for (const statement of ['BEGIN', 'retag_experiment', 'COMMIT\0']) {
      proxy.watch((sent) => {
        if (sent.includes(statement)) void proxy.cut();
      });
      const write = experiments.replace(toReplace(one, { name: 'Lost' }, { tags: json('[{"lost":1}]') }));
      await expect(write).rejects.toBeInstanceOf(StorageUnavailable);
      proxy.watch(() => undefined);
      await proxy.restore();
      expect(await everything()).toEqual(before);
      expect(await experiments.count('acme', { tag: { key: 'lost' } })).toBe(0);
    }
  });

  test.each([
    ['a statement', 'replace_experiment', () => ({})],
    ['a COMMIT', 'COMMIT\0', (name: string) => ({ tags: json(JSON.stringify([{ name }])) })],
  ])(
    'the lost answer to %s leaves the outcome unknown: not ready until a write succeeds, which needs no call',
    async (_what, sent, changeTo) => {
      const { proxy, experiments, check, everything } = await openBehindProxy();
      const lose = async (name: string) => {
        proxy.loseAnswerTo(sent);
        await expect(experiments.replace(toReplace(one, { name }, changeTo(name)))).rejects.toBeInstanceOf(
          OutcomeUnknown,
        );
        expect((await everything()).experiments).toMatchObject([{ name }]);
        await expect(check()).rejects.toBeInstanceOf(StorageUnavailable);
        await proxy.restore();
      };
      await lose('One');
      await expect.poll(() => check(), { timeout: 5_000 }).toBeUndefined();
      await lose('Two');
      await experiments.replace(toReplace(one, { name: 'After' }));
      await expect(check()).resolves.toBeUndefined();
    },
  );

  test('a server that ends its sessions during a write leaves the outcome unknown', async () => {
    const { url, experiments } = await openBehindProxy();
    await withClient(url, async (client) => {
      await client.query('BEGIN');
      await client.query('SELECT FROM experiments FOR UPDATE');
      const outcome = experiments.replace(toReplace(one, { name: 'Ended' })).catch((error: unknown) => error);
      const end = () =>
        client.query(
          "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
        );
      await expect.poll(async () => (await end()).rowCount, { timeout: 2_000 }).toBe(1);
      expect(await outcome).toBeInstanceOf(OutcomeUnknown);
    });
  });

  test('a write that the server refused, or that was never sent, is known not to be written', async () => {
    const { url, proxy, experiments, check } = await openBehindProxy();
    await withClient(url, async (client) => {
      await client.query('BEGIN');
      await client.query('SELECT FROM experiments FOR UPDATE');
      await expect(experiments.replace(toReplace(one, { name: 'Locked' }))).rejects.not.toBeInstanceOf(OutcomeUnknown);
      await expect(check()).resolves.toBeUndefined();
    });
    await proxy.cut();
    await expect.poll(() => experiments.find('acme', 'exp_1').then(String, () => 'gone')).toBe('gone');
    const refused = await experiments.replace(toReplace(one, { name: 'Lost' })).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(StorageUnavailable);
    expect(refused).not.toBeInstanceOf(OutcomeUnknown);
    await proxy.restore();
    await expect(check()).resolves.toBeUndefined();
  });

  test('connections that an administrator ended are replaced by new ones', async () => {
    const { url, experiments } = await openBehindProxy();
    await Promise.all(Array.from({ length: 10 }, () => experiments.find('acme', 'exp_1')));
    await withClient(url, (client) =>
      client.query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'experiment-gateway'",
      ),
    );
    await expect.poll(() => experiments.find('acme', 'exp_1').catch(() => null), { timeout: 5_000 }).toEqual(one);
    const answers = await Promise.all(Array.from({ length: 20 }, () => experiments.find('acme', 'exp_1')));
    expect(answers).toEqual(answers.map(() => one));
  });

  test('a write to a locked row fails in time, and succeeds once the row is free', async () => {
    const { url, experiments } = await openBehindProxy();
    await withClient(url, async (client) => {
      await client.query('BEGIN');
      await client.query('SELECT FROM experiments FOR UPDATE');
      const writes = Array.from({ length: 30 }, (_, index) =>
        experiments.replace(toReplace(one, { name: `${index}` })),
      );
      expect(await experiments.find('acme', 'exp_1')).toEqual(one);
      expect(await expectAllUnavailable(writes)).toBeLessThan(5_200);
      await client.query('ROLLBACK');
    });
    // None of the writes that waited is applied late.
    const outcome = await experiments.replace(toReplace(one, { name: 'After' }, { ifRevision: 1 }));
    expect(outcome).toMatchObject({ kind: 'replaced', after: { name: 'After', revision: 2 } });
    expect(await experiments.find('acme', 'exp_1')).toMatchObject({ name: 'After', revision: 2 });
  });

  test('a server without free connections is unavailable in time', async () => {
    const { url, experiments } = await openBehindProxy();
    const { pathname } = new URL(url);
    const database = pathname.slice(1);
    const admin = new URL(url);
    admin.pathname = '/postgres';
    await withClient(admin.href, async (client) => {
      await client.query(`ALTER DATABASE ${database} ALLOW_CONNECTIONS false`);
      await client.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1', [database]);
      const closed = () =>
        experiments.find('acme', 'exp_1').then(
          () => 'found',
          (error: unknown) => error,
        );
      await expect.poll(closed, { timeout: 5_000 }).toBeInstanceOf(StorageUnavailable);
      await client.query(`ALTER DATABASE ${database} ALLOW_CONNECTIONS true`);
    });
    expect(await experiments.find('acme', 'exp_1')).toEqual(one);
  });

  test.each([
    ['serialization failures', '40001'],
    ['deadlocks', '40P01'],
  ])('%s are tried again three times, and no more', async (_what, state) => {
    const { url, experiments } = await openBehindProxy();
    // A sequence also counts transactions that are rolled back.
    await withClient(url, (client) =>
      client.query(`CREATE SEQUENCE tries; CREATE TABLE failing (times bigint); INSERT INTO failing VALUES (3);
        CREATE FUNCTION collide() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
          IF nextval('tries') <= (SELECT times FROM failing) THEN RAISE EXCEPTION USING ERRCODE = '${state}'; END IF;
          RETURN new;
        END $$;
        CREATE TRIGGER collide BEFORE UPDATE ON experiments FOR EACH ROW EXECUTE FUNCTION collide()`),
    );
    expect(await experiments.replace(toReplace(one, { name: 'Fourth' }))).toMatchObject({ kind: 'replaced' });
    await withClient(url, (client) => client.query("UPDATE failing SET times = 999; SELECT setval('tries', 1, false)"));
    await expectAllUnavailable([experiments.replace(toReplace(one, { name: 'Never' }))]);
    const tries = await withClient(url, (client) => client.query('SELECT last_value FROM tries'));
    expect(tries.rows).toEqual([{ last_value: '4' }]);
    expect(await experiments.find('acme', 'exp_1')).toMatchObject({ name: 'Fourth', revision: 2 });
  });

  test('no error reveals the user or the password of the connection', async () => {
    const { proxy, experiments } = await openBehindProxy();
    await proxy.cut();
    const error = await experiments.find('acme', 'exp_1').catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(StorageUnavailable);
    const { message, cause } = error as StorageUnavailable;
    expect(`${message} ${String(cause)}`).not.toMatch(/postgres@|postgres:\/\//);
  });
});

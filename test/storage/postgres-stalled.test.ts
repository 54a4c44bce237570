import { afterEach, describe, expect, test, vi } from 'vitest';
import { defaultOrder, type ExperimentFilter, type ExperimentOrder } from '../../src/domain/experiment/query.ts';
import { anExperiment, author } from '../support/gateway/experiments.ts';
import { createPostgresDatabase, hasServer, recordStatements, withClient } from '../support/storage/postgres.ts';
import { openStorageOn } from '../support/storage/storage.ts';
import { allOrders } from '../support/storage/storage-model.ts';

const page = { size: 20, fromEnd: false, after: null, before: null };
const key = { organization: 'acme', id: 'exp_1' };
const hourMs = 60 * 60 * 1000;

/** A database with 5,000 experiments, of which 5 are stalled, and 5 running with a lease. */
async function fillDatabase(): Promise<string> {
  const url = await createPostgresDatabase();
  const { experiments } = await openStorageOn(url);
  await experiments.insert(anExperiment(), author);
  await withClient(url, async (client) => {
    const { rows } = await client.query(
      `SELECT column_name FROM information_schema.columns WHERE table_name = 'experiments' ORDER BY ordinal_position`,
    );
    const values: Record<string, string> = {
      id: `'exp_' || n`,
      created_at: 'n',
      status: `CASE WHEN n % 500 < 1 THEN 'RUNNING' ELSE 'PENDING' END`,
      lease_expires_at: `CASE n % 1000 WHEN 0 THEN 7 WHEN 500 THEN 4102444800000 END`,
    };
    const columns = rows.map(({ column_name: name }) => name as string);
    const selected = columns.map((name) => values[name] ?? name);
    await client.query(
      `INSERT INTO experiments (${columns.join()}) SELECT ${selected.join()} FROM experiments, generate_series(2, 5000) AS n`,
    );
    await client.query('ANALYZE');
  });
  return url;
}

describe.runIf(hasServer)('on a PostgreSQL server, stalled runs', () => {
  test('stalled runs are found by the index of leases, in any order', async () => {
    const url = await fillDatabase();
    const { experiments } = await openStorageOn(url);
    const statements = recordStatements();
    const works: [string, () => Promise<unknown>][] = [
      ...allOrders.map((order): [string, () => Promise<unknown>] => [
        `'acme', 21`,
        () => experiments.list({ organization: 'acme', filter: { stalled: true }, order, page }),
      ]),
      [`'acme'`, () => experiments.count('acme', { stalled: true })],
    ];
    for (const [values, work] of works) {
      statements.length = 0;
      await work();
      const [statement] = statements.splice(0);
      const plan = await withClient(url, async (client) => {
        await client.query(`PREPARE sent AS ${statement?.text}`);
        const { rows } = await client.query(`EXPLAIN EXECUTE sent(${values})`);
        return rows.map((row) => row['QUERY PLAN'] as string).join('\n');
      });
      expect(plan).toMatch(/Scan .*experiments_by_lease/);
      expect(plan).toMatch(/Index Cond: .*organization = 'acme'.*lease_expires_at <= /);
      expect(plan).not.toMatch(/Seq Scan/);
    }
    expect(await experiments.count('acme', { stalled: true })).toBe(5);
    expect(await experiments.count('acme', { stalled: false })).toBe(4_995);
  });

  afterEach(() => {
    vi.useRealTimers();
  });

  test.each([-hourMs, hourMs])(
    'a gateway whose clock is wrong by %s ms neither takes over a live run nor spares a dead one',
    async (wrong) => {
      const url = await createPostgresDatabase();
      const [one, other] = [await openStorageOn(url), await openStorageOn(url)];
      await one.experiments.insert(anExperiment(), author);
      await one.experiments.insert(
        anExperiment({ id: 'dead', status: 'RUNNING', leaseSeconds: 60, leaseExpiresAt: new Date(Date.now() - 1_000) }),
        author,
      );
      const start = { name: 'start', leaseSeconds: 60 } as const;
      await one.experiments.step({ ...key, step: start, at: new Date() });

      vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + wrong });
      const at = new Date();
      const { experiments } = other;
      const list = async (filter: ExperimentFilter, order: ExperimentOrder = defaultOrder) => {
        const found = await experiments.list({ organization: 'acme', filter, order, page });
        return 'kind' in found ? [] : found.entries.map(({ node: { id, isStalled } }) => ({ id, isStalled }));
      };
      expect(await experiments.find('acme', 'exp_1')).toMatchObject({ isStalled: false });
      expect(await experiments.find('acme', 'dead')).toMatchObject({ isStalled: true });
      expect(await list({ stalled: true })).toEqual([{ id: 'dead', isStalled: true }]);
      expect(await list({ stalled: false })).toEqual([{ id: 'exp_1', isStalled: false }]);
      expect(await experiments.step({ ...key, step: start, at })).toMatchObject({ kind: 'refused' });
      const taken = await experiments.step({ ...key, id: 'dead', step: start, at });
      expect(taken).toMatchObject({ kind: 'stepped', after: { attempt: 1, isStalled: false } });
      const renewed = await experiments.step({ ...key, step: { name: 'reportProgress', progress: 5 }, at });
      expect(renewed).toMatchObject({ kind: 'stepped', after: { isStalled: false } });
      vi.useRealTimers();
      for (const outcome of [taken, renewed]) {
        const lasts = outcome.kind === 'stepped' ? Number(outcome.after.leaseExpiresAt) - Date.now() : 0;
        expect(Math.abs(lasts - 60_000)).toBeLessThan(10_000);
      }
    },
  );
});

import { afterAll, beforeAll, expect, test } from 'vitest';
import { defaultOrder, type ExperimentFilter } from '../../src/domain/experiment/query.ts';
import { anExperiment, author } from '../support/gateway/experiments.ts';
import { recordStatements, withClient } from '../support/storage/postgres.ts';
import { startInProcessServer } from '../support/storage/postgres-in-process.ts';
import { openStorageOn } from '../support/storage/storage.ts';

const server = await startInProcessServer();
afterAll(server.close);

/** Twenty thousand experiments, and a thousand evaluators. */
beforeAll(async () => {
  const ends: (() => unknown)[] = [];
  const { experiments } = await openStorageOn(server.url, undefined, (end) => ends.push(end));
  await experiments.insert(anExperiment(), author);
  for (const end of ends) await end();
  await withClient(server.url, (client) =>
    client.query(`
      SET session_replication_role = replica;
      INSERT INTO experiments SELECT many.* FROM experiments AS one, generate_series(1, 20000) AS n,
        jsonb_populate_record(one, jsonb_build_object('id', 'many ' || n, 'created_at', n)) AS many;
      INSERT INTO experiment_evaluators
        SELECT organization, 'evaluator ' || n % 1000, 'many ' || n
        FROM experiments AS one, generate_series(1, 20000) AS n WHERE one.id = 'exp_1';
      ANALYZE experiments, experiment_evaluators;
    `),
  );
});

/** PostgreSQL's plan for a list and for its count, whatever the values are. */
async function explain(filter: ExperimentFilter): Promise<{ list: string; count: string }> {
  const { experiments } = await openStorageOn(server.url);
  const statements = recordStatements();
  const page = { size: 20, fromEnd: false, after: null, before: null };
  await experiments.list({ organization: 'acme', filter, order: defaultOrder, page });
  await experiments.count('acme', filter);
  const [list = '', count = ''] = statements.map(({ text }) => text).filter((text) => text.includes('"experiments"'));
  return withClient(server.url, async (client) => {
    const plan = async (text: string) => {
      const { rows } = await client.query(`EXPLAIN (GENERIC_PLAN, COSTS OFF) ${text}`);
      return rows.map((row) => row['QUERY PLAN'].trim()).join('\n');
    };
    return { list: await plan(list), count: await plan(count) };
  });
}

test('on PostgreSQL, ids are looked up by key', async () => {
  const { list, count } = await explain({ ids: ['many 1', 'many 2'] });
  for (const plan of [list, count]) {
    expect(plan).toMatch(/Index (Only )?Scan using experiments_organization_id_pk/);
    expect(plan).toMatch(/Index Cond: \(\(organization = \(?\$\d\)?(::text\))? AND \(id = /);
    expect(plan).not.toMatch(/Seq Scan/);
  }
});

test('on PostgreSQL, an evaluator is searched in the index of evaluators', async () => {
  const { list, count } = await explain({ evaluatorId: 'evaluator 1' });
  for (const plan of [list, count]) {
    expect(plan).toMatch(/Index .*(on|using) experiment_evaluators_organization_evaluator_id/);
    expect(plan).toMatch(/Index Cond: .*\(evaluator_id = \$\d\)/);
  }
  expect(list).not.toMatch(/Seq Scan/);
});

test.each([true, false])(
  'on PostgreSQL, hasTags: %s walks the index of the order, without sorting',
  async (hasTags) => {
    const { list } = await explain({ hasTags });
    expect(list).toMatch(/^Limit\n->\s+Index Scan Backward using experiments_by_created on experiments\n/);
  },
);

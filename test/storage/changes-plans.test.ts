import type { Client } from 'pg';
import { describe, expect, test } from 'vitest';
import type { ExperimentFilter } from '../../src/domain/experiment/query.ts';
import type { ReadField } from '../../src/domain/experiment/reading.ts';
import type { ExperimentStore } from '../../src/domain/experiment/store.ts';
import { anExperiment, author } from '../support/gateway/experiments.ts';
import { createPostgresDatabase, hasServer, recordStatements, withClient } from '../support/storage/postgres.ts';
import { connectionTo, createSqliteDatabase, openStorageOn, recordExecutions } from '../support/storage/storage.ts';
import { someExperiments } from '../support/storage/storage-model.ts';

const filters: [string, ExperimentFilter][] = [
  ['everything', {}],
  ['the trash', { deleted: true }],
  ['a status', { status: ['RUNNING'] }],
  ['a text', { nameContains: 'x' }],
  ['a tag', { tag: { key: 'team' } }],
  ['a tag with its value', { tag: { key: 'team', value: 'search' } }],
  ['none with a tag', { not: { tag: { key: 'team' } } }],
];
/** Texts that fit into a page whatever they hold. */
const fields = new Set<ReadField>(['name']);
const listChanges = (experiments: ExperimentStore, filter: ExperimentFilter) =>
  experiments.listChanges({ organization: 'acme', filter, after: { number: 3, id: 'exp' }, fields });

const storedChanges = 'SEARCH experiments USING INDEX experiments_by_change (organization=? AND (changed,id)>(?,?))';
const purgedChanges = [
  'SEARCH purged_experiments USING COVERING INDEX purged_experiments_by_change (organization=? AND (changed,id)>(?,?))',
  'CORRELATED SCALAR SUBQUERY',
  'SEARCH experiments USING COVERING INDEX sqlite_autoindex_experiments_1 (organization=? AND id=?)',
];
const tagsOfRow = [
  'CORRELATED SCALAR SUBQUERY',
  'SEARCH experiment_tags USING INDEX experiment_tags_by_experiment (organization=? AND experiment_id=?)',
];

describe('on SQLite, changes are one walk along each index of changes, without sorting', () => {
  test.each(filters)('for a list of %s', async (_, filter) => {
    const executions = recordExecutions();
    const { path, url } = createSqliteDatabase();
    const { experiments } = await openStorageOn(url);
    for (const each of someExperiments('acme', { count: 8, seed: 1 })) await experiments.insert(each, author);
    await experiments.findFeedEnd('acme');
    executions.length = 0;
    await listChanges(experiments, filter);
    expect(executions).toHaveLength(1);
    const [{ sql, parameters } = { sql: '', parameters: [] }] = executions;
    const steps = connectionTo(path)
      .prepare(`EXPLAIN QUERY PLAN ${sql}`)
      .all(...parameters) as { detail: string }[];
    const plan = steps.map(({ detail }) => detail.replace(/ \d+$/, ''));
    const looksAtTags = JSON.stringify(filter).includes('"tag"');
    expect(plan).toEqual([
      'MERGE (UNION ALL)',
      'LEFT',
      storedChanges,
      ...(looksAtTags ? tagsOfRow : []),
      'RIGHT',
      ...purgedChanges,
    ]);
  });

  test('the end of the feed is the last entry of each index of changes', async () => {
    const executions = recordExecutions();
    const { path, url } = createSqliteDatabase();
    const { experiments } = await openStorageOn(url);
    await experiments.findFeedEnd('acme');
    executions.length = 0;
    await experiments.findFeedEnd('acme');
    const [{ sql, parameters } = { sql: '', parameters: [] }] = executions;
    const steps = connectionTo(path)
      .prepare(`EXPLAIN QUERY PLAN ${sql}`)
      .all(...parameters) as { detail: string }[];
    expect(steps.map(({ detail }) => detail).filter((detail) => /SEARCH|TEMP|SCAN (?!CONSTANT)/.test(detail))).toEqual([
      'SEARCH experiments USING COVERING INDEX experiments_by_change (organization=?)',
      'SEARCH purged_experiments USING COVERING INDEX purged_experiments_by_change (organization=?)',
    ]);
  });
});

describe.runIf(hasServer)('on a PostgreSQL server with 3,000 experiments,', () => {
  test('changes, and what waits for other writers, are found along the indexes of changes', async () => {
    const url = await createPostgresDatabase();
    const { experiments } = await openStorageOn(url);
    await experiments.insert(anExperiment(), author);
    await withClient(url, (client) => fillTables(client));
    const { position } = await experiments.findFeedEnd('acme');
    const statements = recordStatements();
    for (const [title, filter] of filters) {
      await experiments.listChanges({ organization: 'acme', filter, after: position, fields });
      const [statement, ...others] = statements.splice(0);
      expect([title, others]).toEqual([title, []]);
      const plan = await withClient(url, (client) => explain(client, statement?.text ?? ''));
      statements.length = 0;
      for (const table of ['experiments', 'purged_experiments'])
        expect(plan).toMatch(new RegExp(`Index (Only )?Scan using ${table}_by_change on ${table}`));
      expect(plan).not.toMatch(/Seq Scan on (?!change_feed)/);
    }
  });
});

async function fillTables(client: Client): Promise<void> {
  const { rows } = await client.query(
    "SELECT string_agg(quote_ident(attname), ', ') AS names FROM pg_attribute WHERE attrelid = 'experiments'::regclass AND attnum > 0 AND attname <> 'id'",
  );
  const { names } = rows[0];
  await client.query(
    `INSERT INTO experiments (id, ${names}) SELECT 'exp ' || number, ${names} FROM experiments, generate_series(1, 3000) AS number`,
  );
  await client.query(
    "INSERT INTO purged_experiments SELECT organization, 'gone ' || id, 1, 1, changed FROM experiments",
  );
  await client.query(
    "INSERT INTO experiment_tags SELECT organization, 'team', '\"search\"', id FROM experiments ON CONFLICT DO NOTHING",
  );
  await client.query('ANALYZE');
}

/** The plan that the server makes for any values, as it does for a prepared statement after a while. */
async function explain(client: Client, text: string): Promise<string> {
  await client.query('SET plan_cache_mode = force_generic_plan');
  await client.query(`PREPARE changes AS ${text}`);
  const count = new Set(text.match(/\$\d+/g)).size;
  const { rows } = await client.query(
    `EXPLAIN EXECUTE changes (${Array.from({ length: count }, () => 'NULL').join(', ')})`,
  );
  return rows.map((row) => row['QUERY PLAN']).join('\n');
}

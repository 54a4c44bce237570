import { getTableName, is, Table } from 'drizzle-orm';
import { afterAll, expect, test } from 'vitest';
import { AnswerBudget } from '../../src/domain/answer-budget.ts';
import type { BatchKind } from '../../src/domain/experiment/batch-write.ts';
import { textOperators, valueOperators } from '../../src/domain/experiment/comparison.ts';
import type { Experiment } from '../../src/domain/experiment/experiment.ts';
import type { ExperimentFilter, ExperimentOrder } from '../../src/domain/experiment/query.ts';
import type { ReadField, Reading } from '../../src/domain/experiment/reading.ts';
import * as postgresTables from '../../src/storage/postgres/tables.ts';
import * as sqliteTables from '../../src/storage/sqlite/tables.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { anExperiment, author, json, toReplace } from '../support/gateway/experiments.ts';
import { recordStatements } from '../support/storage/postgres.ts';
import { startInProcessServer } from '../support/storage/postgres-in-process.ts';
import { createSqliteDatabase, openStorageOn, recordExecutions } from '../support/storage/storage.ts';

/**
 * The statements that both engines send, as SQL in two files, so that changes show in review. Statements that are built
 * from the shape of a query appear once for each kind. Opening, migrating and copying are not included.
 */
const update = 'where a change is meant, write it with: npm run statements';

const at = new Date(7);
const one = anExperiment();
const step = { organization: 'acme', id: 'exp_1', at } as const;
const byCreation: ExperimentOrder = { field: 'CREATED_AT', direction: 'DESC' };

const server = await startInProcessServer();
afterAll(server.close);

/** The operations in order, each with its title. A statement is listed under the first operation that sends it. */
function listOperations({
  experiments,
  datasets,
  apiKeys,
  organizations,
}: Storage): Record<string, () => Promise<unknown>> {
  const list = (filter: ExperimentFilter, order = byCreation, reading: Reading = {}, page = {}) =>
    experiments.list({
      organization: 'acme',
      filter,
      order,
      page: { size: 2, fromEnd: false, after: null, before: null, ...page },
      reading,
    });
  const writeEach = (kind: BatchKind, toAfter: (before: Experiment) => Experiment | null) =>
    experiments.writeEach({
      organization: 'acme',
      ids: ['exp_1'],
      kind,
      author,
      decide: ([before]) => ({ writes: before ? [{ before, after: toAfter(before) }] : [], result: null }),
    });
  const cursor = async () => {
    const page = await list({});
    return 'kind' in page ? null : (page.entries[0]?.cursor ?? null);
  };
  const filters: ExperimentFilter[] = [
    { status: ['RUNNING'] },
    { status: ['RUNNING', 'FAILED'] },
    { datasetId: 'd' },
    { nameContains: 'n' },
    { tag: { key: 'team' } },
    { tag: { key: 'team', value: 'search' } },
    { evaluatorId: 'quality' },
    { hasTags: true },
    { ids: ['exp_1', 'exp_2'] },
    { createdFrom: at, createdBefore: at },
    { updatedFrom: at, updatedBefore: at },
    { stalled: true },
    { stalled: false },
    { and: [{ datasetId: 'd' }, { nameContains: 'n' }] },
    { or: [{ datasetId: 'd' }, { nameContains: 'n' }] },
    { not: { datasetId: 'd' } },
    ...[...textOperators, ...valueOperators].map((operator) => ({
      compare: { field: 'id' as const, operator, values: ['a'] },
    })),
    { compare: { field: 'name', operator: 'in', values: ['a', 'b', 'c'] } },
    { compare: { field: 'createdAt', operator: 'contains', values: ['2026', '-01-'] } },
  ];
  const revisions = (reading?: Reading) =>
    experiments.revisions('acme', [{ experimentId: 'exp_1', from: 1, to: 9 }], reading);
  const after = { number: 0, id: '' };
  const few = new Set<ReadField>(['name', 'workflowCount']);
  const key = {
    id: 'key_1',
    organization: 'acme',
    name: null,
    scopes: [],
    prefix: 'sk_',
    hash: 'hash',
    createdAt: at,
    expiresAt: null,
    lastUsedAt: null,
    revokedAt: null,
  };
  const page = { size: 2, fromEnd: false, after: null, before: null };
  const idCursor = Buffer.from('["d"]').toString('base64url');
  return {
    'insert an experiment': () => experiments.insert(one, author),
    'insert an experiment with an idempotency key': () =>
      experiments.insert(anExperiment({ id: 'exp_2' }), author, { key: 'key', digest: 'digest' }),
    'find the use of an idempotency key': () => experiments.findKeyUse('acme', 'key', at),
    'insert an experiment with a used idempotency key': () =>
      experiments.insert(one, author, { key: 'key', digest: 'digest' }),
    'insert an experiment whose id is taken, with an idempotency key': () =>
      experiments.insert(one, author, { key: 'free', digest: 'digest' }),
    'purge idempotency keys': () => experiments.purgeKeys(new Date(Date.UTC(2030, 0))),
    'find an experiment': () => experiments.find('acme', 'exp_1'),
    'replace its content, but not its name and dataset': () => experiments.replace(toReplace(one, { batchSize: 8 })),
    'replace its name': () => experiments.replace(toReplace(one, { name: 'N' })),
    'replace its dataset': () => experiments.replace(toReplace(one, { name: 'N', datasetId: 'd2' })),
    'replace its name and dataset': () => experiments.replace(toReplace(one, {})),
    'replace its tags': () => experiments.replace(toReplace(one, {}, { tags: json('[{"team":"ads"}]') })),
    'take a step of its run': () => experiments.step({ ...step, step: { name: 'start' } }),
    'report its progress': () => experiments.step({ ...step, step: { name: 'reportProgress', progress: 1 } }),
    'end its run': () => experiments.step({ ...step, step: { name: 'complete' } }),
    'start a run with a lease': async () => {
      await experiments.step({ ...step, step: { name: 'reset' } });
      await experiments.step({ ...step, step: { name: 'start', leaseSeconds: 10 } });
    },
    'read several experiments before a write': () => experiments.findEach('acme', ['exp_1']),
    'write the content of several experiments': () =>
      writeEach('content', (before) => ({ ...before, tags: json('[{"team":"a"}]'), revision: before.revision + 1 })),
    'write the runs of several experiments': () => writeEach('run', (before) => ({ ...before, status: 'CANCELLED' })),
    'a page of experiments': () => list({}),
    ...Object.fromEntries(
      (['CREATED_AT', 'UPDATED_AT', 'NAME', 'STATUS'] as const).map((field) => [
        `a page by ${field}, ascending`,
        () => list({}, { field, direction: 'ASC' }),
      ]),
    ),
    'a page after a cursor': async () => list({}, byCreation, {}, { after: await cursor() }),
    'a page after 20 entries': () => list({}, byCreation, {}, { skip: 20 }),
    'a page by dataset': () => list({}, { field: 'DATASET_ID', direction: 'ASC' }, {}, { skip: 0 }),
    'the last page before a cursor': async () => list({}, byCreation, {}, { before: await cursor(), fromEnd: true }),
    ...Object.fromEntries(filters.map((filter) => [`a page where ${JSON.stringify(filter)}`, () => list(filter)])),
    'a page of a selection': () => list({}, byCreation, { fields: few }),
    'a page within a budget': () => list({}, byCreation, { budget: createTightBudget() }),
    'count all experiments': () => experiments.count('acme', {}),
    'count some experiments': () => experiments.count('acme', { datasetId: 'd' }),
    'count all experiments by status': () => experiments.countByStatus('acme', {}),
    'count some experiments by status': () => experiments.countByStatus('acme', { datasetId: 'd' }),
    'revisions of an experiment': () => revisions(),
    'revisions of a selection': () => revisions({ fields: few }),
    'revisions within a budget': () => revisions({ budget: createTightBudget() }),
    'move several experiments to the trash': () =>
      writeEach('trash', (before) => ({ ...before, deletedAt: at, purgeAt: at })),
    'remove several experiments': () => writeEach('removal', () => null),
    'insert an experiment again': () => experiments.insert(one, author),
    'the end of the feed of changes': () => experiments.findFeedEnd('acme'),
    'a page of changes': () => experiments.listChanges({ organization: 'acme', filter: {}, after }),
    'a page of changes with fields and a filter': () =>
      experiments.listChanges({ organization: 'acme', filter: { tag: { key: 'team' } }, after, fields: few }),
    'a page of changes of the trash': () =>
      experiments.listChanges({ organization: 'acme', filter: { deleted: true }, after, fields: few }),
    'remove an experiment': () => experiments.remove({ organization: 'acme', id: 'exp_1', ifRevision: null }),
    'register a dataset': () =>
      datasets.register({ organization: 'acme', id: 'd', name: 'D', createdAt: at, updatedAt: at }),
    'find a dataset': () => datasets.find('acme', 'd'),
    'a page of datasets': () => datasets.list('acme', page),
    'the last page of datasets between two ids': () =>
      datasets.list('acme', { ...page, after: idCursor, before: idCursor, fromEnd: true }),
    'count datasets': () => datasets.count('acme'),
    'the name of a dataset': () => datasets.names('acme', ['d']),
    'the names of datasets': () => datasets.names('acme', ['d', 'e']),
    'insert the first API key': () => apiKeys.insertFirst(key),
    'insert an API key': () => apiKeys.insert({ ...key, id: 'key_2', hash: 'another' }),
    'find an API key': () => apiKeys.findByHash('hash'),
    'list API keys': () => apiKeys.list(),
    'the names of API keys': () => apiKeys.names('acme', ['key_1', 'key_2']),
    'record the use of API keys': () => apiKeys.recordUse(new Map([['key_1', at]])),
    'revoke an API key': () => apiKeys.revoke('key_1', at),
    'list organizations': () => organizations.list(2),
    'find an organization': () => organizations.exists('acme'),
  };

  function createTightBudget(): AnswerBudget {
    const budget = new AnswerBudget();
    budget.chargeRead(budget.bytesLeft - 100_000);
    return budget;
  }
}

/** The tables that none of these statements names: operations on them are missing from `listOperations`. */
function findUnnamed(text: string, tables: readonly unknown[]): string[] {
  const names = tables.filter((each) => is(each, Table)).map((table) => getTableName(table));
  return names.filter((name) => !text.includes(`"${name}"`));
}

/** Runs all operations and records the statements that each was the first to send. */
async function describeStatements(storage: Storage, takeSent: () => readonly string[]): Promise<string> {
  const known = new Set<string>();
  let text = '';
  takeSent();
  for (const [title, work] of Object.entries(listOperations(storage))) {
    await work();
    const fresh = [...new Set(takeSent())].filter((statement) => !known.has(statement));
    for (const statement of fresh) known.add(statement);
    if (fresh.length > 0) text += `-- ${title}\n${fresh.map((statement) => `${statement};\n`).join('')}\n`;
  }
  return text;
}

test('the SQLite statements match the committed file', async () => {
  const executions = recordExecutions();
  const storage = await openStorageOn(createSqliteDatabase().url);
  const text = await describeStatements(storage, () => executions.splice(0).map(({ sql }) => sql));
  await expect(text).toMatchFileSnapshot('statements.sqlite.sql', update);
  expect(findUnnamed(text, Object.values(sqliteTables))).toEqual([]);
});

test('the PostgreSQL statements match the committed file', async () => {
  const storage = await openStorageOn(server.url);
  const statements = recordStatements();
  const text = await describeStatements(storage, () =>
    statements.splice(0).map(({ text: statement, name }) => (name ? `/* ${name} */ ${statement}` : statement)),
  );
  await expect(text).toMatchFileSnapshot('statements.postgresql.sql', update);
  expect(findUnnamed(text, Object.values(postgresTables))).toEqual([]);
});

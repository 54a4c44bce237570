import { describe, expect, test } from 'vitest';
import { isTextOperator, textOperators, valueOperators } from '../../src/domain/experiment/comparison.ts';
import { defaultOrder, type ExperimentFilter, type ExperimentOrder } from '../../src/domain/experiment/query.ts';
import type { ExperimentStore } from '../../src/domain/experiment/store.ts';
import type { PageRequest } from '../../src/domain/pagination.ts';
import { anExperiment, author, json, toReplace } from '../support/gateway/experiments.ts';
import { createSqliteDatabase, type Execution, openStorageOn, recordExecutions } from '../support/storage/storage.ts';
import { allOrders, someExperiments } from '../support/storage/storage-model.ts';

/** SQLite's query plan for an executed statement, one step per line. */
function explain({ connection, sql, parameters }: Execution): string {
  const steps = connection.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...parameters) as { detail: string }[];
  return steps.map(({ detail }) => detail).join('\n');
}

/** A store with a few experiments, and a recording of the statements that it executes. */
async function openStore() {
  const executions = recordExecutions();
  const storage = await openStorageOn(createSqliteDatabase().url);
  for (const each of someExperiments('acme', { count: 8, seed: 1 })) await storage.experiments.insert(each, author);
  const executed = async (work: (store: typeof storage) => Promise<unknown>): Promise<Execution[]> => {
    const from = executions.length;
    await work(storage);
    return executions.slice(from);
  };
  /** The plan of the single statement of a list. */
  const listPlan = async (filter: ExperimentFilter, order: ExperimentOrder, page: Partial<PageRequest> = {}) => {
    const statements = await executed(({ experiments }) => list(experiments, filter, order, page));
    expect(statements).toHaveLength(1);
    return explain(statements[0] as Execution);
  };
  const countPlan = async (filter: ExperimentFilter) => {
    const statements = await executed(({ experiments }) => experiments.count('acme', filter));
    expect(statements).toHaveLength(1);
    return explain(statements[0] as Execution);
  };
  return { ...storage, executed, listPlan, countPlan };
}

function list(
  experiments: ExperimentStore,
  filter: ExperimentFilter,
  order: ExperimentOrder,
  page: Partial<PageRequest>,
) {
  const whole = { size: 3, fromEnd: false, after: null, before: null };
  return experiments.list({ organization: 'acme', filter, order, page: { ...whole, ...page } });
}

const indexes = {
  CREATED_AT: 'experiments_by_created',
  UPDATED_AT: 'experiments_by_updated',
  NAME: 'experiments_by_name',
  STATUS: 'experiments_by_status',
  ID: 'experiments_by_id',
};
const keysets = {
  CREATED_AT: '(created_at,id)',
  UPDATED_AT: '(updated_at,id)',
  NAME: '(name,id)',
  STATUS: '(status,id)',
  ID: 'id',
};
const indexedOrders = allOrders.flatMap(({ field, direction }) =>
  field === 'DATASET_ID' ? [] : [{ field, direction }],
);

/** Two indexes have the ids in order, and the planner takes either. */
function nameIdIndex(plan: string): string {
  return plan.replace('sqlite_autoindex_experiments_1', 'experiments_by_id');
}

describe('an order is one walk along one index, without sorting', () => {
  test.each(indexedOrders)('$field $direction, from either end, after and before any cursor', async (order) => {
    const { experiments, listPlan } = await openStore();
    const page = await list(experiments, {}, order, {});
    const cursor = 'kind' in page ? null : (page.entries[1]?.cursor ?? null);
    const search = `SEARCH experiments USING INDEX ${indexes[order.field]} (organization=?`;
    for (const fromEnd of [false, true]) {
      expect(nameIdIndex(await listPlan({}, order, { fromEnd }))).toBe(`${search})`);
      for (const bounds of [{ after: cursor }, { before: cursor }, { after: cursor, before: cursor }]) {
        const plan = nameIdIndex(await listPlan({}, order, { fromEnd, ...bounds }));
        expect(plan).toMatch(/^[^\n]+$/);
        expect(plan.startsWith(`${search} AND ${keysets[order.field]}`)).toBe(true);
      }
    }
  });
});

describe('a page that skips entries finds its ids along one index, and reads only its own rows', () => {
  test.each(indexedOrders)('$field $direction', async (order) => {
    const { listPlan } = await openStore();
    expect(await listPlan({}, order, { skip: 5 })).toBe(
      [
        'CO-ROUTINE found',
        `SEARCH experiments USING COVERING INDEX ${indexes[order.field]} (organization=?)`,
        'SCAN found',
        'SEARCH experiments USING INDEX sqlite_autoindex_experiments_1 (organization=? AND id=?)',
      ].join('\n'),
    );
  });

  test('by dataset, which no index orders, it sorts ids and not rows', async () => {
    const { listPlan } = await openStore();
    const steps = (await listPlan({}, { field: 'DATASET_ID', direction: 'ASC' }, { skip: 0 })).split('\n');
    expect(steps[0]).toBe('CO-ROUTINE found');
    expect(steps[1]).toMatch(/^SEARCH experiments USING INDEX \S+ \(organization=\?\)$/);
    expect(steps.slice(2)).toEqual([
      'USE TEMP B-TREE FOR ORDER BY',
      'SCAN found',
      'SEARCH experiments USING INDEX sqlite_autoindex_experiments_1 (organization=? AND id=?)',
    ]);
  });
});

const moment = new Date(Date.UTC(2026, 0, 1));
const later = new Date(Date.UTC(2026, 0, 2));

/** The filters that an index serves, each with its order and the columns by which the index is searched. */
const served: [string, ExperimentFilter, ExperimentOrder['field'], string][] = [
  ['one status, by date', { status: ['RUNNING'] }, 'CREATED_AT', 'status=?'],
  ['one status, by status', { status: ['RUNNING'] }, 'STATUS', 'status=?'],
  ['several statuses, by status', { status: ['RUNNING', 'FAILED'] }, 'STATUS', 'status=?'],
  ['a dataset', { datasetId: 'd' }, 'CREATED_AT', 'dataset_id=?'],
  ['created from', { createdFrom: moment }, 'CREATED_AT', 'created_at>?'],
  ['created before', { createdBefore: later }, 'CREATED_AT', 'created_at<?'],
  ['created between', { createdFrom: moment, createdBefore: later }, 'CREATED_AT', 'created_at>? AND created_at<?'],
  ['updated from', { updatedFrom: moment }, 'UPDATED_AT', 'updated_at>?'],
  ['updated before', { updatedBefore: later }, 'UPDATED_AT', 'updated_at<?'],
  ['updated between', { updatedFrom: moment, updatedBefore: later }, 'UPDATED_AT', 'updated_at>? AND updated_at<?'],
  ['a status, created from', { status: ['RUNNING'], createdFrom: moment }, 'CREATED_AT', 'status=? AND created_at>?'],
  ['a dataset, created from', { datasetId: 'd', createdFrom: moment }, 'CREATED_AT', 'dataset_id=? AND created_at>?'],
  ['a name from', { compare: { field: 'name', operator: 'gte', values: ['a'] } }, 'NAME', 'name>?'],
  ['one of some names', { compare: { field: 'name', operator: 'in', values: ['a', 'b'] } }, 'NAME', 'name=?'],
  [
    'created until',
    { compare: { field: 'createdAt', operator: 'lte', values: [later] } },
    'CREATED_AT',
    'created_at<?',
  ],
  ['updated after', { compare: { field: 'updatedAt', operator: 'gt', values: [later] } }, 'UPDATED_AT', 'updated_at>?'],
  ['one of some ids', { compare: { field: 'id', operator: 'in', values: ['a', 'b', 'c'] } }, 'ID', 'id=?'],
  ['an id after', { compare: { field: 'id', operator: 'gt', values: ['a'] } }, 'ID', 'id>?'],
];
const stalled: [string, ExperimentFilter][] = [
  ['stalled runs', { stalled: true }],
  ['stalled runs of a dataset', { datasetId: 'd', stalled: true }],
];
const tagged: [string, ExperimentFilter, string][] = [
  ['a tag', { tag: { key: 'team' } }, 'key=?'],
  ['a tag with its value', { tag: { key: 'team', value: { a: null } } }, 'key=? AND value=?'],
];

describe('a filter is served by an index', () => {
  test.each(served)('%s', async (_, filter, field, searched) => {
    const { listPlan, countPlan } = await openStore();
    for (const direction of ['ASC', 'DESC'] as const) {
      for (const fromEnd of [false, true]) {
        const plan = await listPlan(filter, { field, direction }, { fromEnd });
        expect(plan.replace(/ \w+ \(/, ' (').replace(' AND deleted_at=?', '')).toBe(
          `SEARCH experiments USING INDEX (organization=? AND ${searched})`,
        );
      }
    }
    const [column] = searched.split(/\W/);
    expect(await countPlan(filter)).toMatch(
      new RegExp(`^SEARCH experiments USING [A-Z ]*INDEX \\w+ \\(organization=\\? AND ${column}`),
    );
  });

  test('counts by status read only the index by status', async () => {
    const { executed } = await openStore();
    const [statement] = await executed(({ experiments }) => experiments.countByStatus('acme', {}));
    expect(explain(statement as Execution)).toMatch(
      /^SEARCH experiments USING COVERING INDEX experiments_by_status \(organization=\?\)$/,
    );
  });

  test.each(tagged)('%s', async (_, filter, searched) => {
    const { listPlan, countPlan } = await openStore();
    const search = `SEARCH experiment_tags USING COVERING INDEX (organization=? AND ${searched})`;
    for (const order of allOrders) {
      expect((await listPlan(filter, order)).replaceAll(/ \w+ \(/g, ' (')).toContain(search);
    }
    expect((await countPlan(filter)).replaceAll(/ \w+ \(/g, ' (')).toContain(search);
  });
});

describe('stalled runs are found by their leases, in any order', () => {
  test.each(stalled)('%s', async (_, filter) => {
    const { listPlan, countPlan } = await openStore();
    const search =
      /^SEARCH experiments USING [A-Z ]*INDEX experiments_by_lease \(organization=\? AND lease_expires_at<\?\)/;
    for (const order of allOrders) expect(await listPlan(filter, order)).toMatch(search);
    expect(await countPlan(filter)).toMatch(search);
  });
});

describe('the filters by id, by evaluator and by whether there are tags', () => {
  test('ids are looked up by key, whatever else the filter says, and their rows are sorted', async () => {
    const { listPlan, countPlan } = await openStore();
    const lookup = 'SEARCH experiments USING INTEGER PRIMARY KEY (rowid=?)';
    const search = 'SEARCH named USING COVERING INDEX sqlite_autoindex_experiments_1 (organization=? AND id=?)';
    const ids = ['a0', 'B1'];
    const others: ExperimentFilter[] = [
      {},
      { status: ['RUNNING'], createdFrom: moment },
      { datasetId: 'd' },
      { tag: { key: 'team' } },
      { evaluatorId: 'quality' },
      { hasTags: true },
      { deleted: true },
      { or: [{ nameContains: 'x' }, { ids }] },
    ];
    for (const other of others) {
      for (const order of allOrders) {
        const steps = (await listPlan({ ...other, ids }, order)).split('\n');
        expect(steps[0]).toBe(lookup);
        expect(steps).toContain(search);
        expect(steps.at(-1)).toMatch(/^USE TEMP B-TREE FOR (LAST TERM OF )?ORDER BY$/);
      }
      expect(await countPlan({ ...other, ids })).toContain(search);
    }
  });

  test('an evaluator is searched in the index of evaluators', async () => {
    const { listPlan, countPlan } = await openStore();
    const search = 'SEARCH experiment_evaluators USING COVERING INDEX (organization=? AND evaluator_id=?)';
    for (const order of allOrders) {
      expect((await listPlan({ evaluatorId: 'quality' }, order)).replaceAll(/ \w+ \(/g, ' (')).toContain(search);
    }
    expect((await countPlan({ evaluatorId: 'quality' })).replaceAll(/ \w+ \(/g, ' (')).toContain(search);
  });

  test.each([true, false])(
    'hasTags: %s walks the index of the order, like a list without a filter',
    async (hasTags) => {
      const { listPlan, countPlan } = await openStore();
      for (const order of allOrders) expect(await listPlan({ hasTags }, order)).toBe(await listPlan({}, order));
      expect(await countPlan({ hasTags })).toMatch(/^SEARCH experiments USING INDEX \w+ \(organization=\?\)$/);
    },
  );
});

describe('no list reads beyond its own organization', () => {
  const filters: ExperimentFilter[] = [
    {},
    { nameContains: 'x' },
    { not: { datasetId: 'd' } },
    { not: { tag: { key: 'team' } } },
    { or: [{ datasetId: 'd' }, { status: ['FAILED'] }, { tag: { key: 'team', value: null } }] },
    { and: [{ nameContains: 'x' }, { createdFrom: moment }], not: { updatedBefore: later } },
    { status: [] },
    ...(['id', 'name', 'datasetId', 'createdAt', 'updatedAt'] as const).flatMap((field) =>
      [...textOperators, ...valueOperators].map((operator): ExperimentFilter => {
        const isTime = field === 'createdAt' || field === 'updatedAt';
        const values = isTime && !isTextOperator(operator) ? [moment, later] : ['a', 'b'];
        return { compare: { field, operator, values } };
      }),
    ),
    { evaluatorId: 'quality' },
    { hasTags: true },
    { or: [{ ids: ['a0'] }, { evaluatorId: 'quality' }, { hasTags: false }] },
    ...[...served, ...tagged].map(([, filter]) => filter),
  ];
  test.each(allOrders)('ordered by $field $direction, whatever the filter', async (order) => {
    const { listPlan, countPlan } = await openStore();
    for (const filter of filters) {
      for (const plan of [await listPlan(filter, order), await countPlan(filter)]) {
        expect(plan).not.toMatch(/\bSCAN (?!CONSTANT ROW|json_each VIRTUAL TABLE)/);
        for (const step of plan.split('\n').filter((line) => /\b(SEARCH|SCAN (?!json_each))\b/.test(line))) {
          expect(step).toMatch(
            /^SEARCH (experiments|named|experiment_tags|experiment_evaluators|experiment_counts) USING [A-Z ]*INDEX \S+ \(organization=\?/,
          );
        }
      }
    }
  });
});

test('a page needs one statement, however many entries it has', async () => {
  const { executed } = await openStore();
  const statements = await executed(({ experiments }) => list(experiments, {}, defaultOrder, { size: 100 }));
  expect(statements).toHaveLength(1);
  const ranges = someExperiments('acme', { count: 8, seed: 1 }).map(({ id }) => ({ experimentId: id, from: 1, to: 9 }));
  expect(await executed(({ experiments }) => experiments.revisions('acme', ranges))).toHaveLength(1);
});

test('no statement of the other methods reads a whole table', async () => {
  const { executed } = await openStore();
  const one = anExperiment();
  const statements = await executed(async ({ experiments, apiKeys }) => {
    await experiments.insert(one, author);
    await experiments.find('acme', 'exp_1');
    await experiments.replace(toReplace(one, { name: 'New' }, { tags: json('[{"a":1}]') }));
    await experiments.revision('acme', 'exp_1', 1);
    await experiments.revisions('acme', [{ experimentId: 'exp_1', from: 1, to: 2 }]);
    await experiments.remove({ organization: 'acme', id: 'exp_1', ifRevision: 2 });
    await apiKeys.findByHash('hash');
    await apiKeys.revoke('key_1', moment);
    await apiKeys.recordUse(new Map([['key_1', moment]]));
  });
  expect(statements.length).toBeGreaterThan(12);
  for (const statement of statements) {
    // The list of ranges is an argument, not a table.
    expect(explain(statement).replace(/SCAN range VIRTUAL TABLE.*/, '')).not.toMatch(/\bSCAN\b/);
  }
});

import { sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  customType,
  doublePrecision,
  index,
  integer,
  pgTable,
  primaryKey,
  smallint,
  uniqueIndex,
} from 'drizzle-orm/pg-core';
import type { Scope } from '../../domain/actor.ts';
import type { ExperimentStatus } from '../../domain/experiment/experiment.ts';

/** Text that is compared and ordered by its bytes, as in SQLite, whatever the database's collation is. */
const text = customType<{ data: string }>({ dataType: () => 'text COLLATE "C"' });

const scopeList = customType<{ data: readonly Scope[]; driverData: string }>({
  dataType: () => 'text',
  toDriver: (scopes) => JSON.stringify(scopes),
  fromDriver: (words) => JSON.parse(words) as Scope[],
});

const milliseconds = (name: string) => bigint(name, { mode: 'number' });

/** Times are integer milliseconds since 1970. JSON is stored as text, exactly as sent. */
const editable = {
  name: text().notNull(),
  description: text(),
  datasetId: text('dataset_id'),
  workflow: text().notNull(),
  evaluatorIds: text('evaluator_ids').notNull(),
  evaluatorWorkflowIds: text('evaluator_workflow_ids').notNull(),
  spanWorkflowName: text('span_workflow_name').notNull(),
  enableTracing: boolean('enable_tracing').notNull(),
  batchSize: integer('batch_size').notNull(),
  concurrency: integer().notNull(),
  generationMethod: text('generation_method'),
  tags: text().notNull(),
};

export const experiments = pgTable(
  'experiments',
  {
    organization: text().notNull(),
    id: text().notNull(),
    ...editable,
    /** The name in the form that searches compare. */
    foldedName: text('folded_name').notNull(),
    /** Ids in the same form; null if they are ASCII. */
    foldedId: text('folded_id'),
    foldedDatasetId: text('folded_dataset_id'),
    workflowCount: integer('workflow_count').notNull(),
    status: text().$type<ExperimentStatus>().notNull(),
    progress: doublePrecision().notNull(),
    createdAt: milliseconds('created_at').notNull(),
    updatedAt: milliseconds('updated_at').notNull(),
    startedAt: milliseconds('started_at'),
    completedAt: milliseconds('completed_at'),
    errorMessage: text('error_message'),
    revision: integer().notNull(),
    /** The first revision of this experiment; above 1 when its id was used before. */
    firstRevision: integer('first_revision').notNull().default(1),
    version: integer().notNull().default(1),
    /** How often it was started. */
    attempt: integer().notNull().default(0),
    runRevision: integer('run_revision'),
    /** How long a report of progress renews the lease, in seconds; null without a lease. */
    leaseSeconds: integer('lease_seconds'),
    leaseExpiresAt: milliseconds('lease_expires_at'),
    clonedFromId: text('cloned_from_id'),
    clonedFromRevision: integer('cloned_from_revision'),
    /** When it was moved to the trash; null outside it. Every index of lists leaves the trash out. */
    deletedAt: milliseconds('deleted_at'),
    purgeAt: milliseconds('purge_at'),
    /** The number of the transaction of its latest change. */
    changed: bigint({ mode: 'number' }).notNull().default(0),
  },
  (table) => [
    primaryKey({ columns: [table.organization, table.id] }),
    index('experiments_by_created').on(table.organization, table.createdAt, table.id).where(sql`deleted_at IS NULL`),
    index('experiments_by_updated').on(table.organization, table.updatedAt, table.id).where(sql`deleted_at IS NULL`),
    index('experiments_by_name').on(table.organization, table.name, table.id).where(sql`deleted_at IS NULL`),
    index('experiments_by_status').on(table.organization, table.status, table.id).where(sql`deleted_at IS NULL`),
    index('experiments_by_status_created')
      .on(table.organization, table.status, table.createdAt, table.id)
      .where(sql`deleted_at IS NULL`),
    index('experiments_by_dataset_created')
      .on(table.organization, table.datasetId, table.createdAt, table.id)
      .where(sql`dataset_id IS NOT NULL AND deleted_at IS NULL`),
    index('experiments_by_lease')
      .on(table.organization, table.leaseExpiresAt, table.id)
      .where(sql`lease_expires_at IS NOT NULL`),
    index('experiments_in_trash').on(table.organization, table.createdAt, table.id).where(sql`deleted_at IS NOT NULL`),
    index('experiments_by_purge').on(table.purgeAt).where(sql`purge_at IS NOT NULL`),
    index('experiments_by_change').on(table.organization, table.changed, table.id),
  ],
);

/**
 * How many experiments each organization has: the sum of its slots. Triggers maintain it, because counting would read
 * every row. An experiment's id decides its slot, so that writers rarely wait for each other.
 */
export const experimentCounts = pgTable(
  'experiment_counts',
  {
    organization: text().notNull(),
    slot: smallint().notNull(),
    count: bigint({ mode: 'number' }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.organization, table.slot] })],
);

export const experimentRevisions = pgTable(
  'experiment_revisions',
  {
    organization: text().notNull(),
    experimentId: text('experiment_id').notNull(),
    revision: integer().notNull(),
    createdAt: milliseconds('created_at').notNull(),
    authorKind: text('author_kind').$type<'apiKey' | 'subject'>().notNull(),
    authorId: text('author_id').notNull(),
    ...editable,
  },
  (table) => [primaryKey({ columns: [table.organization, table.experimentId, table.revision] })],
);

/** The last revision and version of each deleted experiment: a new one with the same id continues from there. */
export const purgedExperiments = pgTable(
  'purged_experiments',
  {
    organization: text().notNull(),
    id: text().notNull(),
    revision: integer().notNull(),
    version: integer().notNull(),
    /** The number of the transaction that deleted it. */
    changed: bigint({ mode: 'number' }).notNull().default(0),
  },
  (table) => [
    primaryKey({ columns: [table.organization, table.id] }),
    index('purged_experiments_by_change').on(table.organization, table.changed, table.id),
  ],
);

/**
 * The name of this database's numbering of changes, in one row. A copy or a restored database gets another name, so that
 * it accepts no cursor of the original.
 */
export const changeFeed = pgTable('change_feed', { name: text().primaryKey() });

/** Each evaluator of each experiment, so that an index serves filters by evaluator. Triggers maintain it. */
export const experimentEvaluators = pgTable(
  'experiment_evaluators',
  {
    organization: text().notNull(),
    evaluatorId: text('evaluator_id').notNull(),
    experimentId: text('experiment_id').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.organization, table.evaluatorId, table.experimentId] }),
    index('experiment_evaluators_by_experiment').on(table.organization, table.experimentId),
  ],
);

/** The creates and clones that may be repeated safely, for 24 hours. */
export const idempotencyKeys = pgTable(
  'idempotency_keys',
  {
    organization: text().notNull(),
    key: text().notNull(),
    /** The digest of the operation and its input. */
    digest: text().notNull(),
    experimentId: text('experiment_id').notNull(),
    /** The first revision of the experiment: differs for each use of an id. */
    firstRevision: integer('first_revision').notNull(),
    createdAt: milliseconds('created_at').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.organization, table.key] }),
    index('idempotency_keys_by_created').on(table.createdAt),
  ],
);

/** Each key and value of each tag, so that an index serves filters by tag. */
export const experimentTags = pgTable(
  'experiment_tags',
  {
    organization: text().notNull(),
    /** Key and value go through `toIndexKey`, because index entries are limited in size. */
    key: text().notNull(),
    /** The canonical text of a JSON value. */
    value: text().notNull(),
    experimentId: text('experiment_id').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.organization, table.key, table.value, table.experimentId] }),
    index('experiment_tags_by_experiment').on(table.organization, table.experimentId),
  ],
);

export const datasets = pgTable(
  'datasets',
  {
    organization: text().notNull(),
    id: text().notNull(),
    name: text().notNull(),
    createdAt: milliseconds('created_at').notNull(),
    updatedAt: milliseconds('updated_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.organization, table.id] })],
);

export const apiKeys = pgTable(
  'api_keys',
  {
    id: text().primaryKey(),
    organization: text().notNull(),
    name: text(),
    scopes: scopeList().notNull(),
    prefix: text().notNull(),
    hash: text().notNull(),
    createdAt: milliseconds('created_at').notNull(),
    expiresAt: milliseconds('expires_at'),
    lastUsedAt: milliseconds('last_used_at'),
    revokedAt: milliseconds('revoked_at'),
  },
  (table) => [uniqueIndex('api_keys_by_hash').on(table.hash)],
);

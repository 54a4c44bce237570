import { and, eq, getTableColumns, type SQL, sql } from 'drizzle-orm';
import type { SQLiteColumn } from 'drizzle-orm/sqlite-core';
import type { Author } from '../../domain/actor.ts';
import { applyDelete } from '../../domain/experiment/apply-delete.ts';
import { applyReplace, type ExperimentReplace, type ReplaceOutcome } from '../../domain/experiment/apply-replace.ts';
import type { BatchRow } from '../../domain/experiment/batch-write.ts';
import { type ExperimentEvents, toEvent } from '../../domain/experiment/events.ts';
import type { Experiment } from '../../domain/experiment/experiment.ts';
import type { IdempotencyKey } from '../../domain/experiment/idempotency.ts';
import { applyStep, type StepOutcome } from '../../domain/experiment/lifecycle.ts';
import { continueRevisions, type LastRevision } from '../../domain/experiment/revisions.ts';
import type {
  Decide,
  ExperimentKey,
  ExperimentRemoval,
  ExperimentRestoring,
  ExperimentStep,
  ExperimentStore,
  ExperimentTrashing,
  InsertOutcome,
  RemoveOutcome,
  ReviseOutcome,
  TrashOutcome,
} from '../../domain/experiment/store.ts';
import { contentColumns, type ExperimentRow, parseRow, runColumns, toRow } from '../rows/experiment-row.ts';
import { prepareChanges } from './change-numbers.ts';
import type { Connection } from './connect.ts';
import { createBatches } from './experiment-batches.ts';
import { createFeedReads } from './experiment-changes.ts';
import { experimentColumns, preparePages } from './experiment-pages.ts';
import { prepareRevisions } from './experiment-revisions.ts';
import { prepareTags } from './experiment-tags.ts';
import { preparePurge, preparePurged } from './experiment-trash.ts';
import { prepareIdempotencyKeys } from './idempotency-keys.ts';
import type { SqliteFile } from './open.ts';
import { prepareQuery } from './statement.ts';
import { experimentRevisions, experiments } from './tables.ts';

/** Publishes the change that each write made, in the same turn of the event loop as its commit. */
export function createExperimentStore(file: SqliteFile, publish: ExperimentEvents['publish']): ExperimentStore {
  const statements = file.prepareOnce((connection) => prepare(connection, file.countTransactions));

  /** Called once the write is on disk. */
  function publishChange(outcome: ReplaceOutcome | ReviseOutcome<unknown> | StepOutcome): void {
    if ('after' in outcome && outcome.after !== outcome.before) publish({ kind: 'changed', experiment: outcome.after });
  }

  return {
    find: (organization, id) => file.read(() => statements().find(organization, id)),
    list: (query) => file.read(() => statements().list(query)),
    count: (organization, filter) => file.read(() => statements().count(organization, filter)),
    findKeyUse: (organization, key, at) => file.read(() => statements().keys.findUse(organization, key, at)),
    insert: (experiment, author, key) =>
      file.write(
        () => statements().insert(experiment, author, key),
        (outcome) => {
          if (outcome.kind === 'inserted') publish({ kind: 'changed', experiment: outcome.experiment });
        },
      ),
    purgeKeys: (at) => file.write(() => statements().keys.purge(at)),
    replace: (write) => file.write(() => statements().replace(write), publishChange),
    revise: (target, decide) => file.write(() => statements().revise(target, decide), publishChange),
    step: (step) => file.write(() => statements().step(step), publishChange),
    trash: (trashing) =>
      file.write(
        () => statements().trash(trashing),
        (outcome) => {
          if (outcome.kind === 'trashed') publish({ ...trashing, version: outcome.after.version, kind: 'deleted' });
        },
      ),
    remove: (removal) =>
      file.write(
        () => statements().remove(removal),
        (outcome) => {
          if (outcome.kind === 'removed') publish({ ...removal, ...outcome, kind: 'deleted' });
        },
      ),
    restore: (restoring) =>
      file.write(
        () => statements().restore(restoring),
        (restored) => {
          if (restored) publish({ kind: 'changed', experiment: restored });
        },
      ),
    purge: async (at) => {
      const { hasMore } = await file.write(
        () => statements().purge(at),
        ({ deleted }) => {
          for (const experiment of deleted) publish({ kind: 'deleted', ...experiment });
        },
      );
      return hasMore;
    },
    findEach: (organization, ids) => file.read(() => statements().findEach(organization, ids)),
    writeEach: async (batch) => {
      const { result } = await file.write(
        () => statements().writeEach(batch),
        ({ writes }) => {
          for (const row of writes) publish(toEvent(row));
        },
        batch.ids.length,
      );
      return result;
    },
    ...createFeedReads(file),
    revision: (organization, id, revision) =>
      file.read(
        () => statements().revisions(organization, [{ experimentId: id, from: revision, to: revision }])[0] ?? null,
      ),
    revisions: (organization, ranges, reading) =>
      file.read(() => statements().revisions(organization, ranges, reading)),
  };
}

/** Every statement of the hot paths, prepared once. The writes run in a transaction that `SqliteFile.write` begins. */
function prepare({ client, db }: Connection, countTransactions: SqliteFile['countTransactions']) {
  const key = and(
    eq(experiments.organization, sql.placeholder('organization')),
    eq(experiments.id, sql.placeholder('id')),
  );
  const findRow = prepareQuery<ExperimentRow>(
    client,
    db.select(experimentColumns).from(experiments).where(key),
    experimentColumns,
  );
  const nextChange = prepareChanges({ client, db }, countTransactions);
  const insertRow = prepareQuery(client, db.insert(experiments).values(placeholders(allColumns) as never));
  /** Updates a row. SQLite rewrites the indexes of every column that is set, so unchanged ones are left out. */
  const prepareUpdate = (columns: readonly StoredColumn[]) => {
    const indexed = indexedColumns.filter((name) => columns.includes(name));
    const variants = new Map<string, ReturnType<typeof prepareQuery>>();
    return (before: Experiment, after: Experiment): void => {
      const unchanged: readonly string[] = indexed.filter((name) => before[name] === after[name]);
      const variant = unchanged.join(' ');
      let update = variants.get(variant);
      if (!update) {
        const set = placeholders(columns.filter((name) => !unchanged.includes(name)));
        update = prepareQuery(client, db.update(experiments).set(set).where(key));
        variants.set(variant, update);
      }
      update.run({ ...toRow(after), changed: nextChange(after.organization) });
    };
  };
  const updateContent = prepareUpdate([...contentColumns, 'updatedAt', 'revision', 'version', 'changed']);
  const updateRun = prepareUpdate([...runColumns, 'changed']);
  const updatePlace = prepareUpdate(['updatedAt', 'version', 'deletedAt', 'purgeAt', 'changed']);
  const deleteRow = prepareQuery(client, db.delete(experiments).where(key));
  const recordRevision = prepareQuery(client, recordRevisionQuery(db, key));
  const ofExperiment = and(
    eq(experimentRevisions.organization, sql.placeholder('organization')),
    eq(experimentRevisions.experimentId, sql.placeholder('id')),
  );
  const deleteRevisions = prepareQuery(client, db.delete(experimentRevisions).where(ofExperiment));
  const tags = prepareTags({ client, db });
  const purged = preparePurged({ client, db });

  /** The experiment, even in the trash. */
  function findAnywhere(organization: string, id: string): Experiment | null {
    const row = findRow.get({ organization, id });
    return row ? parseRow(row) : null;
  }

  function find(organization: string, id: string): Experiment | null {
    const found = findAnywhere(organization, id);
    return found?.deletedAt === null ? found : null;
  }

  const keys = prepareIdempotencyKeys({ client, db }, find);

  /** Deletes an experiment for good; `changed` is the number of the change that deleted it. */
  function erase(experiment: Experiment, changed: number): void {
    const { organization, id } = experiment;
    deleteRow.run({ organization, id });
    deleteRevisions.run({ organization, id });
    tags.clear(organization, id);
    purged.remember(experiment, changed);
  }

  function recordContent({ before, after }: BatchRow, { kind: authorKind, id: authorId }: Author): void {
    if (!after) return;
    const { organization, id } = after;
    updateContent(before, after);
    if (after.tags.text !== before.tags.text) {
      tags.clear(organization, id);
      tags.add(organization, id, after.tags);
    }
    recordRevision.run({ organization, id, authorKind, authorId });
  }

  function replace(write: ExperimentReplace, current = find(write.organization, write.id)): ReplaceOutcome {
    const outcome = applyReplace(current, write);
    if (outcome.kind === 'replaced' && outcome.after !== outcome.before) recordContent(outcome, write.author);
    return outcome;
  }

  return {
    find,

    ...createBatches({
      find,
      findAnywhere,
      write: {
        content: recordContent,
        run: ({ before, after }) => after && updateRun(before, after),
        trash: ({ before, after }) => after && updatePlace(before, after),
        removal: ({ before }) => erase(before, nextChange(before.organization)),
      },
    }),

    ...preparePages({ client, db }),

    ...prepareRevisions({ client, db }),

    keys,

    insert(given: Experiment, { kind: authorKind, id: authorId }: Author, key?: IdempotencyKey): InsertOutcome {
      const { organization, id } = given;
      const use = key && keys.findUse(organization, key.key, given.createdAt);
      if (use) return { kind: 'keyUsed', use };
      const current = findAnywhere(organization, id);
      if (current?.deletedAt === null) return { kind: 'taken', current };
      const experiment = continueRevisions(given, current ?? purged.find.get({ organization, id }) ?? neverUsed);
      if (current) erase(current, nextChange(organization));
      insertRow.run({ ...toRow(experiment), changed: nextChange(organization) });
      tags.add(organization, id, experiment.tags);
      recordRevision.run({ organization, id, authorKind, authorId });
      if (key) keys.use(key, experiment);
      return { kind: 'inserted', experiment };
    },

    replace,

    revise<Refusal>({ organization, id }: ExperimentKey, decide: Decide<Refusal>): ReviseOutcome<Refusal> {
      const current = find(organization, id);
      if (!current) return { kind: 'missing' };
      const decision = decide(current);
      return 'refusal' in decision ? { kind: 'refused', ...decision } : replace(decision.write, current);
    },

    step({ organization, id, step, at }: ExperimentStep): StepOutcome {
      const outcome = applyStep(find(organization, id), step, at, new Date());
      if (outcome.kind === 'stepped' && outcome.after !== outcome.before) updateRun(outcome.before, outcome.after);
      return outcome;
    },

    trash(trashing: ExperimentTrashing): TrashOutcome {
      const outcome = applyDelete(find(trashing.organization, trashing.id), trashing);
      if (outcome.kind !== 'deleted') return outcome;
      updatePlace(outcome.before, outcome.after);
      return { kind: 'trashed', after: outcome.after };
    },

    remove({ organization, id, ifRevision }: ExperimentRemoval): RemoveOutcome {
      const current = findAnywhere(organization, id);
      if (!current) return { kind: 'missing' };
      if (ifRevision !== null && ifRevision !== current.revision) return { kind: 'stale', current };
      erase(current, nextChange(organization));
      return { kind: 'removed', version: current.version };
    },

    restore({ organization, id, at }: ExperimentRestoring): Experiment | null {
      const before = findAnywhere(organization, id);
      if (!before?.purgeAt || before.purgeAt <= at) return null;
      const after = { ...before, deletedAt: null, purgeAt: null, updatedAt: at, version: before.version + 1 };
      updatePlace(before, after);
      return after;
    },

    purge: preparePurge({ client, db }, findAnywhere, (experiment) =>
      erase(experiment, nextChange(experiment.organization)),
    ),
  };
}

type Db = Connection['db'];

/** The last revision of an id that was never used. */
const neverUsed: LastRevision = { revision: 0, version: 0 };

const tableColumns = getTableColumns(experiments);
const revisionColumns = getTableColumns(experimentRevisions);
type StoredColumn = keyof typeof tableColumns;
const allColumns = Object.keys(tableColumns) as StoredColumn[];

/** The indexed columns that a write may leave unchanged. */
const indexedColumns = ['name', 'datasetId', 'status', 'leaseExpiresAt'] as const satisfies readonly StoredColumn[];

/** A placeholder for each of these columns, named by the column's key and encoded by the column. */
function placeholders(names: readonly StoredColumn[]): Record<string, SQL> {
  return Object.fromEntries(names.map((name) => [name, sql`${sql.param(sql.placeholder(name), tableColumns[name])}`]));
}

/** Copies the revision from the row just written, so that nothing is encoded or bound twice. */
function recordRevisionQuery(db: Db, key: SQL | undefined) {
  const { experimentId: _, createdAt: __, authorKind: ___, authorId: ____, ...copied } = revisionColumns;
  const source = {
    experimentId: experiments.id,
    createdAt: experiments.updatedAt,
    authorKind: sql`${sql.placeholder('authorKind')}`.as('author_kind'),
    authorId: sql`${sql.placeholder('authorId')}`.as('author_id'),
    ...Object.fromEntries(Object.keys(copied).map((name) => [name, experiments[name as keyof typeof copied]])),
  } as Record<string, SQLiteColumn | SQL.Aliased>;
  // INSERT … SELECT needs the columns in the table's order.
  const inOrder = Object.fromEntries(Object.keys(revisionColumns).map((name) => [name, source[name]]));
  const row = db
    .select(inOrder as never)
    .from(experiments)
    .where(key);
  return db.insert(experimentRevisions).select(row as never);
}

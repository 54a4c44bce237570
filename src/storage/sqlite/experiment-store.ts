import { and, eq, getTableColumns, type SQL, sql } from 'drizzle-orm';
import type { SQLiteColumn } from 'drizzle-orm/sqlite-core';
import type { Author } from '../../domain/actor.ts';
import { applyReplace, type ExperimentReplace, type ReplaceOutcome } from '../../domain/experiment/apply-replace.ts';
import type { ExperimentEvents } from '../../domain/experiment/events.ts';
import type { Experiment } from '../../domain/experiment/experiment.ts';
import { applyStep, type StepOutcome } from '../../domain/experiment/lifecycle.ts';
import { continueRevisions, type LastRevision } from '../../domain/experiment/revisions.ts';
import type {
  ExperimentRemoval,
  ExperimentStep,
  ExperimentStore,
  InsertOutcome,
  RemoveOutcome,
} from '../../domain/experiment/store.ts';
import type { JsonObject } from '../../domain/json/exact-json.ts';
import type { JsonList } from '../../domain/json/json-list.ts';
import { contentColumns, type ExperimentRow, parseRow, toRow } from '../rows/experiment-row.ts';
import { toTagEntries } from '../rows/tag-index.ts';
import type { Connection } from './connect.ts';
import { experimentColumns, preparePages } from './experiment-pages.ts';
import { prepareRevisions } from './experiment-revisions.ts';
import type { SqliteFile } from './open.ts';
import { prepareQuery } from './statement.ts';
import { experimentRevisions, experiments, experimentTags, purgedExperiments } from './tables.ts';

/** Publishes the change that each write made, in the same turn of the event loop as its commit. */
export function createExperimentStore(file: SqliteFile, publish: ExperimentEvents['publish']): ExperimentStore {
  const statements = file.prepareOnce(prepare);

  /** Called once the write is on disk. */
  function publishChange(outcome: ReplaceOutcome | StepOutcome): void {
    if ('after' in outcome && outcome.after !== outcome.before) publish({ kind: 'changed', experiment: outcome.after });
  }

  return {
    find: (organization, id) => file.read(() => statements().find(organization, id)),
    list: (query) => file.read(() => statements().list(query)),
    count: (organization, filter) => file.read(() => statements().count(organization, filter)),
    insert: (experiment, author) => file.write(() => statements().insert(experiment, author)),
    findLastRevision: (organization, id) => file.read(() => statements().findLastRevision(organization, id)),
    replace: (write) => file.write(() => statements().replace(write), publishChange),
    step: (step) => file.write(() => statements().step(step), publishChange),
    remove: (removal) =>
      file.write(
        () => statements().remove(removal),
        (outcome) => {
          if (outcome.kind === 'removed') publish({ ...removal, ...outcome, kind: 'deleted' });
        },
      ),
    revision: (organization, id, revision) =>
      file.read(
        () => statements().revisions(organization, [{ experimentId: id, from: revision, to: revision }])[0] ?? null,
      ),
    revisions: (organization, ranges, reading) =>
      file.read(() => statements().revisions(organization, ranges, reading)),
  };
}

/** Every statement of the hot paths, prepared once. The writes run in a transaction that `SqliteFile.write` begins. */
function prepare({ client, db }: Connection) {
  const key = and(
    eq(experiments.organization, sql.placeholder('organization')),
    eq(experiments.id, sql.placeholder('id')),
  );
  const findRow = prepareQuery<ExperimentRow>(
    client,
    db.select(experimentColumns).from(experiments).where(key),
    experimentColumns,
  );
  const insertRow = prepareQuery(client, db.insert(experiments).values(placeholders(allColumns) as never));
  /** Updates a row. SQLite rewrites the indexes of every column that is set, so unchanged ones are left out. */
  const prepareUpdate = (columns: readonly (keyof ExperimentRow)[]) => {
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
      update.run(toRow(after));
    };
  };
  const updateContent = prepareUpdate([...contentColumns, 'updatedAt', 'revision', 'version']);
  const updateRun = prepareUpdate(runColumns);
  const deleteRow = prepareQuery(client, db.delete(experiments).where(key));
  const recordRevision = prepareQuery(client, recordRevisionQuery(db, key));
  const ofExperiment = and(
    eq(experimentRevisions.organization, sql.placeholder('organization')),
    eq(experimentRevisions.experimentId, sql.placeholder('id')),
  );
  const deleteRevisions = prepareQuery(client, db.delete(experimentRevisions).where(ofExperiment));
  const tags = prepareTags(client, db);
  const purged = preparePurged(client, db);
  const findLastRevision = (organization: string, id: string): LastRevision =>
    purged.find.get({ organization, id }) ?? { revision: 0, version: 0 };

  function find(organization: string, id: string): Experiment | null {
    const row = findRow.get({ organization, id });
    return row ? parseRow(row) : null;
  }

  return {
    find,

    ...preparePages({ client, db }),

    ...prepareRevisions({ client, db }),
    findLastRevision,

    insert(given: Experiment, { kind: authorKind, id: authorId }: Author): InsertOutcome {
      const { organization, id } = given;
      const current = find(organization, id);
      if (current) return { kind: 'taken', current };
      const experiment = continueRevisions(given, findLastRevision(organization, id));
      insertRow.run(toRow(experiment));
      tags.add(organization, id, experiment.tags);
      recordRevision.run({ organization, id, authorKind, authorId });
      return { kind: 'inserted', experiment };
    },

    replace(write: ExperimentReplace): ReplaceOutcome {
      const { organization, id, author } = write;
      const outcome = applyReplace(find(organization, id), write);
      if (outcome.kind !== 'replaced' || outcome.after === outcome.before) return outcome;
      updateContent(outcome.before, outcome.after);
      if (write.tags) {
        tags.clear(organization, id);
        tags.add(organization, id, write.tags);
      }
      recordRevision.run({ organization, id, authorKind: author.kind, authorId: author.id });
      return outcome;
    },

    step({ organization, id, step, at }: ExperimentStep): StepOutcome {
      const outcome = applyStep(find(organization, id), step, at);
      if (outcome.kind === 'stepped' && outcome.after !== outcome.before) updateRun(outcome.before, outcome.after);
      return outcome;
    },

    remove({ organization, id, ifRevision }: ExperimentRemoval): RemoveOutcome {
      const current = find(organization, id);
      if (!current) return { kind: 'missing' };
      if (ifRevision !== null && ifRevision !== current.revision) return { kind: 'stale', current };
      deleteRow.run({ organization, id });
      deleteRevisions.run({ organization, id });
      tags.clear(organization, id);
      purged.remember(current);
      return { kind: 'removed', version: current.version };
    },
  };
}

type Db = Connection['db'];

const tableColumns = getTableColumns(experiments);
const revisionColumns = getTableColumns(experimentRevisions);
const allColumns = Object.keys(tableColumns) as (keyof ExperimentRow)[];
/**
 * The columns that a step writes (contract, section 4). Content writes never touch them (R9), and so leave their
 * indexes alone.
 */
const runColumns = [
  'status',
  'progress',
  'startedAt',
  'completedAt',
  'errorMessage',
  'updatedAt',
  'version',
] as const satisfies readonly (keyof ExperimentRow)[];

/** The indexed columns that a write may leave unchanged. */
const indexedColumns = ['name', 'datasetId', 'status'] as const satisfies readonly (keyof ExperimentRow)[];

/** A placeholder for each of these columns, named by the column's key and encoded by the column. */
function placeholders(names: readonly (keyof ExperimentRow)[]): Record<string, SQL> {
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

function prepareTags(client: Connection['client'], db: Db) {
  const ofExperiment = and(
    eq(experimentTags.organization, sql.placeholder('organization')),
    eq(experimentTags.experimentId, sql.placeholder('id')),
  );
  const clear = prepareQuery(client, db.delete(experimentTags).where(ofExperiment));
  const row = {
    organization: sql.placeholder('organization'),
    key: sql.placeholder('key'),
    value: sql.placeholder('value'),
    experimentId: sql.placeholder('id'),
  };
  const add = prepareQuery(client, db.insert(experimentTags).values(row).onConflictDoNothing());
  return {
    clear: (organization: string, id: string) => clear.run({ organization, id }),
    add(organization: string, id: string, tags: JsonList<JsonObject>) {
      for (const [key, value] of toTagEntries(tags)) add.run({ organization, id, key, value });
    },
  };
}

/** The last revisions of deleted experiments. */
function preparePurged(client: Connection['client'], db: Db) {
  const { organization, id, ...numbers } = getTableColumns(purgedExperiments);
  const ofId = and(eq(organization, sql.placeholder('organization')), eq(id, sql.placeholder('id')));
  const row = {
    organization: sql.placeholder('organization'),
    id: sql.placeholder('id'),
    revision: sql.placeholder('revision'),
    version: sql.placeholder('version'),
  };
  const set = { revision: sql`excluded.revision`, version: sql`excluded.version` };
  const remember = prepareQuery(
    client,
    db
      .insert(purgedExperiments)
      .values(row)
      .onConflictDoUpdate({ target: [organization, id], set }),
  );
  return {
    find: prepareQuery<LastRevision>(client, db.select(numbers).from(purgedExperiments).where(ofId), numbers),
    remember: (experiment: Experiment) => remember.run({ ...experiment }),
  };
}

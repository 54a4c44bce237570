import { and, desc, eq, getTableColumns, type SQL, sql } from 'drizzle-orm';
import type { SQLiteColumn } from 'drizzle-orm/sqlite-core';
import type { Author } from '../../domain/actor.ts';
import type { ExperimentEvents } from '../../domain/experiment/changes.ts';
import type { Experiment } from '../../domain/experiment/experiment.ts';
import { judgeStep, type StepOutcome } from '../../domain/experiment/lifecycle.ts';
import {
  type ExperimentRemoval,
  type ExperimentReplace,
  type ExperimentStep,
  type ExperimentStore,
  judgeReplace,
  type RemoveOutcome,
  type ReplaceOutcome,
} from '../../domain/experiment/store.ts';
import type { JsonList, JsonObject } from '../../domain/json.ts';
import { type ExperimentRow, fromRevisionRow, fromRow, tagText, toRow } from '../experiment-row.ts';
import { preparePages } from './experiment-pages.ts';
import type { Connection, SqliteFile } from './open.ts';
import { experimentRevisions, experiments, experimentTags } from './tables.ts';

/** Publishes what each write changed, in the same turn in which it was committed. */
export function experimentStore(file: SqliteFile, publish: ExperimentEvents['publish']): ExperimentStore {
  const statements = file.prepared(prepare);

  /** The outcome of a write, once what it changed is on disk and published. */
  function published<Outcome extends ReplaceOutcome | StepOutcome>(outcome: Outcome): Outcome {
    if ('after' in outcome && outcome.after !== outcome.before) publish({ kind: 'changed', experiment: outcome.after });
    return outcome;
  }

  return {
    find: (organization, id) => file.run(() => statements().find(organization, id)),
    list: (query) => file.run(() => statements().list(query)),
    count: (organization, filter) => file.run(() => statements().count(organization, filter)),
    insert: (experiment, author) => file.run(() => statements().insert.immediate(experiment, author)),
    replace: (write) => file.run(() => published(statements().replace.immediate(write))),
    step: (step) => file.run(() => published(statements().step.immediate(step))),
    remove: (removal) =>
      file.run(() => {
        const outcome = statements().remove.immediate(removal);
        if (outcome.kind === 'removed') publish({ ...removal, kind: 'deleted' });
        return outcome;
      }),
    revision: (organization, id, revision) =>
      file.run(
        () => statements().revisions(organization, [{ experimentId: id, from: revision, to: revision }])[0] ?? null,
      ),
    revisions: (organization, ranges) => file.run(() => statements().revisions(organization, ranges)),
  };
}

/** Every statement of the hot paths, prepared once. The writes are transactions, to be started `immediate`. */
function prepare({ client, db }: Connection) {
  const key = and(
    eq(experiments.organization, sql.placeholder('organization')),
    eq(experiments.id, sql.placeholder('id')),
  );
  const findRow = db.select().from(experiments).where(key).prepare();
  const insertRow = db
    .insert(experiments)
    .values(placeholders(experiments) as never)
    .prepare();
  const { organization: _, id: __, createdAt: ___, ...written } = placeholders(experiments);
  const updateRow = db.update(experiments).set(written).where(key).prepare();
  const deleteRow = db.delete(experiments).where(key).prepare();
  const recordRevision = prepareRecordRevision(db, key);
  const deleteRevisions = db
    .delete(experimentRevisions)
    .where(
      and(
        eq(experimentRevisions.organization, sql.placeholder('organization')),
        eq(experimentRevisions.experimentId, sql.placeholder('id')),
      ),
    )
    .prepare();
  const rangedRevisions = prepareRevisions(db);
  const tags = prepareTags(db);

  function find(organization: string, id: string): Experiment | null {
    const row = findRow.get({ organization, id });
    return row ? fromRow(row) : null;
  }

  return {
    find,

    ...preparePages(db),

    insert: client.transaction((experiment: Experiment, author: Author): Experiment | null => {
      const existing = find(experiment.organization, experiment.id);
      if (existing) return existing;
      insertRow.run(toRow(experiment));
      tags.index(experiment.organization, experiment.id, experiment.tags);
      recordRevision.run({
        organization: experiment.organization,
        id: experiment.id,
        authorKind: author.kind,
        authorId: author.id,
      });
      return null;
    }),

    replace: client.transaction((write: ExperimentReplace): ReplaceOutcome => {
      const { organization, id, author } = write;
      const outcome = judgeReplace(find(organization, id), write);
      if (outcome.kind !== 'replaced' || outcome.after === outcome.before) return outcome;
      updateRow.run(toRow(outcome.after));
      if (write.tags) tags.index(organization, id, write.tags);
      recordRevision.run({ organization, id, authorKind: author.kind, authorId: author.id });
      return outcome;
    }),

    step: client.transaction(({ organization, id, step, at }: ExperimentStep): StepOutcome => {
      const outcome = judgeStep(find(organization, id), step, at);
      if (outcome.kind === 'stepped' && outcome.after !== outcome.before) updateRow.run(toRow(outcome.after));
      return outcome;
    }),

    remove: client.transaction(({ organization, id, ifRevision }: ExperimentRemoval): RemoveOutcome => {
      const current = find(organization, id);
      if (!current) return { kind: 'missing' };
      if (ifRevision !== null && ifRevision !== current.revision) return { kind: 'stale', current };
      deleteRow.run({ organization, id });
      deleteRevisions.run({ organization, id });
      tags.clear(organization, id);
      return { kind: 'removed' };
    }),

    revisions(organization: string, ranges: Parameters<ExperimentStore['revisions']>[1]) {
      return rangedRevisions.all({ organization, ranges: JSON.stringify(ranges) }).map((row) => fromRevisionRow(row));
    },
  };
}

type Db = Connection['db'];

/** A placeholder for each column, named as the column's key, encoded as the column encodes. */
function placeholders(table: typeof experiments): Record<keyof ExperimentRow, SQL> {
  const entries = Object.entries(getTableColumns(table)).map(([name, column]) => [
    name,
    sql`${sql.param(sql.placeholder(name), column)}`,
  ]);
  return Object.fromEntries(entries);
}

/** The revision is copied from the row that was just written: nothing is encoded or bound twice. */
function prepareRecordRevision(db: Db, key: SQL | undefined) {
  const {
    experimentId: _,
    createdAt: __,
    authorKind: ___,
    authorId: ____,
    ...copied
  } = getTableColumns(experimentRevisions);
  const source = {
    experimentId: experiments.id,
    createdAt: experiments.updatedAt,
    authorKind: sql`${sql.placeholder('authorKind')}`.as('author_kind'),
    authorId: sql`${sql.placeholder('authorId')}`.as('author_id'),
    ...Object.fromEntries(Object.keys(copied).map((name) => [name, experiments[name as keyof typeof copied]])),
  } as Record<string, SQLiteColumn | SQL.Aliased>;
  // Insert ... select wants the columns in the table's order.
  const inOrder = Object.fromEntries(
    Object.keys(getTableColumns(experimentRevisions)).map((name) => [name, source[name]]),
  );
  return db
    .insert(experimentRevisions)
    .select(
      db
        .select(inOrder as never)
        .from(experiments)
        .where(key) as never,
    )
    .prepare();
}

function prepareRevisions(db: Db) {
  const range = (name: string) => sql`range.value ->> ${sql.raw(`'$.${name}'`)}`;
  return db
    .select(getTableColumns(experimentRevisions))
    .from(experimentRevisions)
    .innerJoin(sql`json_each(${sql.placeholder('ranges')}) as range`, sql`true`)
    .where(
      and(
        eq(experimentRevisions.organization, sql.placeholder('organization')),
        eq(experimentRevisions.experimentId, range('experimentId')),
        sql`${experimentRevisions.revision} between ${range('from')} and ${range('to')}`,
      ),
    )
    .orderBy(experimentRevisions.experimentId, desc(experimentRevisions.revision))
    .prepare();
}

function prepareTags(db: Db) {
  const clear = db
    .delete(experimentTags)
    .where(
      and(
        eq(experimentTags.organization, sql.placeholder('organization')),
        eq(experimentTags.experimentId, sql.placeholder('id')),
      ),
    )
    .prepare();
  const add = db
    .insert(experimentTags)
    .values({
      organization: sql.placeholder('organization'),
      key: sql.placeholder('key'),
      value: sql.placeholder('value'),
      experimentId: sql.placeholder('id'),
    })
    .onConflictDoNothing()
    .prepare();
  return {
    clear: (organization: string, id: string) => clear.run({ organization, id }),
    index(organization: string, id: string, tags: JsonList<JsonObject>) {
      clear.run({ organization, id });
      for (const tag of tags.values) {
        for (const [key, value] of Object.entries(tag)) add.run({ organization, id, key, value: tagText(value) });
      }
    },
  };
}

import { getTableColumns, type SQL, sql } from 'drizzle-orm';
import { editableFields } from '../../domain/experiment/experiment.ts';
import { contentColumns, type ExperimentRow } from '../rows/experiment-row.ts';
import { buildIsStalled } from '../rows/lease.ts';
import { changeNumber, preparePurge, remember } from './experiment-purge.ts';
import { clock, isStalled } from './leases.ts';
import type { Db, Named } from './open.ts';
import { listColumns, prepareSql, toCastType, toColumnList, toTableIdentifier, typedPlaceholder } from './statement.ts';
import { experimentRevisions, experiments, experimentTags, purgedExperiments } from './tables.ts';

/** The row that a write found. `isWritten` says whether it was then written. */
export type FoundRow = ExperimentRow & { readonly isWritten: boolean };
/** The row that a step found, and the clock of the server at that moment. */
type SteppedRow = FoundRow & { readonly clock: number };

const rowColumns = listColumns(experiments);
const { revision, firstRevision, version } = getTableColumns(experiments);
/** The columns that an insert numbers. */
const numbers = { revision, firstRevision, version };
type Numbers = Pick<ExperimentRow, keyof typeof numbers>;
/** A row as it is read, and its columns in SQL. */
const row = { ...getTableColumns(experiments), isStalled };
const listRow = (qualifier: 'e' | 'locked') =>
  sql`${toColumnList(rowColumns, qualifier)}, ${buildIsStalled(sql.raw(`${qualifier}.lease_expires_at`), clock)} as is_stalled`;
const found = { ...row, isWritten: sql`is_written`.mapWith(Boolean).as('is_written') };
const isKey = sql`organization = ${sql.placeholder('organization')} and id = ${sql.placeholder('id')}`;

/**
 * Locks the row and reads its latest version: a writer that waited here sees what was committed meanwhile. The part
 * that writes must join it, so that it starts after the wait and also sees the latest version. Everything else in the
 * statement reads the snapshot of its start, which is why the tag index needs a separate statement.
 */
const locked = sql`locked as (select ${toColumnList(rowColumns)} from ${experiments}
  where ${isKey} and deleted_at is null for update)`;
const isLocked = sql`e.organization = locked.organization and e.id = locked.id`;
const answer = sql`select ${listRow('locked')}, exists (select from written) as is_written from locked`;

/** The columns that a replace writes. Null in a column of `optional` leaves it unchanged. */
const replaced = [...contentColumns, 'updatedAt'] as const;
type Replaced = (typeof replaced)[number];
const optional: ReadonlySet<Replaced> = new Set(['name', 'foldedName', 'tags']);

/** The writes. Each is one statement, which locks, checks, writes and records the row in one round trip. */
export function prepareWrites(db: Db, named: Named) {
  return {
    insert: prepareSql<Numbers>(db, named('insert_experiment'), buildInsert(), numbers),
    replace: prepareSql<FoundRow>(db, named('replace_experiment'), buildReplace(), found),
    step: prepareSql<SteppedRow>(db, named('step_experiment'), buildStep(), {
      ...found,
      clock: sql`clock`.mapWith(Number).as('clock'),
    }),
    retag: prepareSql<never>(db, named('retag_experiment'), buildRetag(), {}),
    lock: prepareSql<ExperimentRow>(
      db,
      named('lock_experiment'),
      // Like an insert, a remove takes the id before it touches the row, so that neither waits for the other's row.
      sql`with locked as (select ${toColumnList(rowColumns)} from ${experiments} where ${isKey} for update)
        select ${listRow('locked')}
        from locked, take_experiment_id(locked.organization, locked.id)`,
      row,
    ),
    remove: prepareSql<never>(db, named('remove_experiment'), buildRemove(), {}),
    trash: prepareSql<FoundRow>(db, named('trash_experiment'), buildTrash(), found),
    restore: prepareSql<ExperimentRow>(db, named('restore_experiment'), buildRestore(), row),
    ...preparePurge(db, named),
  };
}

/**
 * Numbers revisions as `continueRevisions` does. `take_experiment_id` waits until any other insert or remove of the id
 * has committed, and then reads its last revision afresh: the statement itself reads the snapshot of its start.
 */
function buildInsert(): SQL {
  const values = Object.entries(getTableColumns(experiments)).map(([name, column]) => {
    const value = sql`${sql.param(sql.placeholder(name), column)}`;
    if (name === 'changed') return changeNumber;
    const last = { revision: 'revision', firstRevision: 'revision', version: 'version' }[name];
    return last ? sql`${value}::int + last.${sql.identifier(last)}` : value;
  });
  return sql`with inserted as (
      insert into ${experiments} (${toColumnList(rowColumns)}) select ${sql.join(values, sql`, `)}
      from take_experiment_id(${typedPlaceholder('organization', 'text')}, ${typedPlaceholder('id', 'text')}) as last
      on conflict do nothing returning ${toColumnList(rowColumns)}
    ), recorded as (${buildRecord('inserted')}), tagged as (
      insert into ${experimentTags} (organization, key, value, experiment_id)
      select inserted.organization, tag.key, tag.value, inserted.id
      from inserted, unnest(${typedPlaceholder('tagKeys', 'text[]')}, ${typedPlaceholder('tagValues', 'text[]')}) as tag (key, value)
      on conflict do nothing
    ) select revision, first_revision, version from inserted`;
}

/** Decides as `applyReplace` does. Does not write other tags unless `mayRetag` is set. */
function buildReplace(): SQL {
  const columns = getTableColumns(experiments);
  const toName = (field: Replaced) => sql.identifier(columns[field].name);
  const toValue = (field: Replaced) =>
    optional.has(field) ? sql`coalesce(given.${toName(field)}, e.${toName(field)})` : sql`given.${toName(field)}`;
  const inputs = replaced.map(
    (field) => sql`${typedPlaceholder(field, toCastType(columns[field]))} as ${toName(field)}`,
  );
  const assignments = replaced.map((field) => sql`${toName(field)} = ${toValue(field)}`);
  const differences = editableFields.map((field) => sql`${toValue(field)} is distinct from e.${toName(field)}`);
  return sql`with given as (
      select ${sql.join(inputs, sql`, `)}, ${typedPlaceholder('ifRevision', 'bigint')} as if_revision,
        ${typedPlaceholder('mayRetag', 'boolean')} as may_retag
    ), ${locked}, written as (
      update ${experiments} as e
      set ${sql.join(assignments, sql`, `)}, revision = e.revision + 1, version = e.version + 1, changed = ${changeNumber}
      from given, locked
      where ${isLocked} and coalesce(given.if_revision, e.revision) = e.revision
        and (given.may_retag or coalesce(given.tags, e.tags) = e.tags)
        and (${sql.join(differences, sql` or `)})
      returning ${toColumnList(rowColumns, 'e')}
    ), recorded as (${buildRecord('written')}) ${answer}`;
}

/** The parameters of a step, and their types. */
const stepParameters = {
  name: 'text',
  from: 'text[]',
  to: 'text',
  ifRevision: 'bigint',
  attempt: 'bigint',
  leaseSeconds: 'bigint',
  progress: 'float8',
  errorMessage: 'text',
  at: 'bigint',
};

/** Decides as `applyStep` does, by the clock of the server, and returns what it showed. */
function buildStep(): SQL {
  const parameters = Object.entries(stepParameters).map(
    ([name, type]) => sql`${typedPlaceholder(name, type)} as ${sql.identifier(name)}`,
  );
  return sql`with given as (select ${sql.join(parameters, sql`, `)}, ${clock} as clock), ${locked}, leased as (
      select case given.name when 'start' then given."leaseSeconds" when 'reportProgress' then locked.lease_seconds end as seconds
      from given, locked
    ), written as (
      update ${experiments} as e
      set status = given."to",
        progress = case given.name when 'reportProgress' then given.progress when 'complete' then 100
          when 'start' then 0 when 'reset' then 0 else e.progress end,
        started_at = case given.name when 'start' then given.at when 'reset' then null else e.started_at end,
        completed_at = case given.name when 'complete' then given.at when 'fail' then given.at when 'reset' then null
          else e.completed_at end,
        error_message = case given.name when 'fail' then given."errorMessage" when 'reset' then null
          else e.error_message end,
        attempt = case given.name when 'start' then e.attempt + 1 else e.attempt end,
        run_revision = case given.name when 'start' then e.revision else e.run_revision end,
        lease_seconds = leased.seconds, lease_expires_at = given.clock + leased.seconds * 1000,
        updated_at = given.at, version = e.version + 1, changed = ${changeNumber}
      from given, locked, leased
      where ${isLocked} and coalesce(given."ifRevision", e.revision) = e.revision
        and coalesce(given.attempt, e.attempt) = e.attempt
        and (e.status = any(given."from") or (given.name = 'start' and e.lease_expires_at <= given.clock))
        and (given.name <> 'reportProgress' or given.progress > e.progress
          or (given.progress = e.progress and leased.seconds is not null))
      returning e.id
    ) select ${listRow('locked')}, exists (select from written) as is_written, given.clock from locked, given`;
}

/** Copies the revision from the row just written, so that nothing is sent twice. */
export function buildRecord(source: 'inserted' | 'written'): SQL {
  const renamed: Record<string, SQL> = {
    experiment_id: sql.raw('id'),
    created_at: sql.raw('updated_at'),
    author_kind: typedPlaceholder('authorKind', 'text'),
    author_id: typedPlaceholder('authorId', 'text'),
  };
  const revisionColumns = listColumns(experimentRevisions);
  const values = revisionColumns.map(({ name }) => renamed[name] ?? sql.identifier(name));
  return sql`insert into ${experimentRevisions} (${toColumnList(revisionColumns)})
    select ${sql.join(values, sql`, `)} from ${sql.raw(source)}`;
}

/** Updates the tag index of one experiment: deletes old entries, adds new ones and leaves the rest alone. */
function buildRetag(): SQL {
  return sql`with tag as (
      select distinct key, value
      from unnest(${typedPlaceholder('tagKeys', 'text[]')}, ${typedPlaceholder('tagValues', 'text[]')}) as tag (key, value)
    ), cleared as (
      delete from ${experimentTags} where organization = ${sql.placeholder('organization')}
        and experiment_id = ${sql.placeholder('id')} and (key, value) not in (select key, value from tag)
    )
    insert into ${experimentTags} (organization, key, value, experiment_id)
    select ${typedPlaceholder('organization', 'text')}, key, value, ${typedPlaceholder('id', 'text')} from tag
    on conflict do nothing`;
}

function buildTrash(): SQL {
  return sql`with ${locked}, written as (
      update ${experiments} as e
      set deleted_at = ${typedPlaceholder('at', 'bigint')}, purge_at = ${typedPlaceholder('purgeAt', 'bigint')},
        version = e.version + 1, changed = ${changeNumber}
      from locked
      where ${isLocked} and coalesce(${typedPlaceholder('ifRevision', 'bigint')}, e.revision) = e.revision
      returning e.id
    ) ${answer}`;
}

/** Returns no row when the experiment is not in the trash, or its time there is over. */
function buildRestore(): SQL {
  return sql`update ${experiments} as e
    set deleted_at = null, purge_at = null, updated_at = ${typedPlaceholder('at', 'bigint')},
      version = e.version + 1, changed = ${changeNumber}
    where ${isKey} and purge_at > ${typedPlaceholder('at', 'bigint')}
    returning ${listRow('e')}`;
}

function buildRemove(): SQL {
  const ofExperiment = sql`organization = ${sql.placeholder('organization')} and experiment_id = ${sql.placeholder('id')}`;
  return sql`with revisions as (delete from ${experimentRevisions} where ${ofExperiment}),
      tags as (delete from ${experimentTags} where ${ofExperiment}),
      removed as (delete from ${toTableIdentifier(experiments)} where ${isKey} returning organization, id, revision, version)
    insert into ${purgedExperiments} (organization, id, revision, version, changed)
    select organization, id, revision, version, ${changeNumber} from removed ${remember}`;
}

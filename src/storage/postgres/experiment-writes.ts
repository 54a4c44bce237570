import { getTableColumns, type SQL, sql } from 'drizzle-orm';
import { editableFields } from '../../domain/experiment/experiment.ts';
import { contentColumns, type ExperimentRow } from '../rows/experiment-row.ts';
import type { Db, Named } from './open.ts';
import { bare, columnList, columnsOf, given, prepareSql, toCastType } from './statement.ts';
import { experimentRevisions, experiments, experimentTags, purgedExperiments } from './tables.ts';

/** The row as a write found it, with `isWritten` saying whether it wrote. */
export type FoundRow = ExperimentRow & { readonly isWritten: boolean };

const rowColumns = columnsOf(experiments);
const { revision, firstRevision, version } = getTableColumns(experiments);
/** What an insert numbers. */
const numbers = { revision, firstRevision, version };
type Numbers = Pick<ExperimentRow, keyof typeof numbers>;
const found = { ...getTableColumns(experiments), isWritten: sql`is_written`.mapWith(Boolean).as('is_written') };
const isKey = sql`organization = ${sql.placeholder('organization')} and id = ${sql.placeholder('id')}`;

/**
 * The latest version of the row, locked: a writer that waited here sees what was committed meanwhile. What writes has to
 * join it, so that it starts after the wait, and then follows the row to its latest version too. Everything else in the
 * statement reads as of its start, which is why the index of tags is another statement.
 */
const locked = sql`locked as (select ${columnList(rowColumns)} from ${experiments} where ${isKey} for update)`;
const isLocked = sql`e.organization = locked.organization and e.id = locked.id`;
const answer = sql`select ${columnList(rowColumns)}, exists (select from written) as is_written from locked`;

/** What a replace gives. Null in a column of `optional` leaves it as it is. */
const replaced = [...contentColumns, 'updatedAt'] as const;
type Replaced = (typeof replaced)[number];
const optional: ReadonlySet<Replaced> = new Set(['name', 'foldedName', 'tags']);

/** The writes, each one statement: the row is locked, judged, written and recorded in one round trip. */
export function prepareWrites(db: Db, named: Named) {
  return {
    insert: prepareSql<Numbers>(db, named('insert_experiment'), insert(), numbers),
    replace: prepareSql<FoundRow>(db, named('replace_experiment'), replace(), found),
    step: prepareSql<FoundRow>(db, named('step_experiment'), step(), found),
    retag: prepareSql<never>(db, named('retag_experiment'), retag(), {}),
    lock: prepareSql<ExperimentRow>(
      db,
      named('lock_experiment'),
      // A remove takes the id before it deletes the row, as an insert does before it writes one: neither waits for the
      // other's row.
      sql`with ${locked} select ${columnList(rowColumns, 'locked')}
        from locked, take_experiment_id(locked.organization, locked.id)`,
      getTableColumns(experiments),
    ),
    remove: prepareSql<never>(db, named('remove_experiment'), remove(), {}),
  };
}

/**
 * Numbers as `continueRevisions` does. `take_experiment_id` waits for any other insert or remove of the id to commit, and
 * then reads its last revision afresh: the statement itself reads as of its start.
 */
function insert(): SQL {
  const values = Object.entries(getTableColumns(experiments)).map(([name, column]) => {
    const value = sql`${sql.param(sql.placeholder(name), column)}`;
    const last = { revision: 'revision', firstRevision: 'revision', version: 'version' }[name];
    return last ? sql`${value}::int + last.${sql.identifier(last)}` : value;
  });
  return sql`with inserted as (
      insert into ${experiments} (${columnList(rowColumns)}) select ${sql.join(values, sql`, `)}
      from take_experiment_id(${given('organization', 'text')}, ${given('id', 'text')}) as last
      on conflict do nothing returning ${columnList(rowColumns)}
    ), recorded as (${record('inserted')}), tagged as (
      insert into ${experimentTags} (organization, key, value, experiment_id)
      select inserted.organization, tag.key, tag.value, inserted.id
      from inserted, unnest(${given('tagKeys', 'text[]')}, ${given('tagValues', 'text[]')}) as tag (key, value)
      on conflict do nothing
    ) select revision, first_revision, version from inserted`;
}

/** Judges as `judgeReplace` does. Tags are written only with `mayRetag`. */
function replace(): SQL {
  const columns = getTableColumns(experiments);
  const nameOf = (field: Replaced) => sql.identifier(columns[field].name);
  const valueOf = (field: Replaced) =>
    optional.has(field) ? sql`coalesce(given.${nameOf(field)}, e.${nameOf(field)})` : sql`given.${nameOf(field)}`;
  const inputs = replaced.map((field) => sql`${given(field, toCastType(columns[field]))} as ${nameOf(field)}`);
  const assignments = replaced.map((field) => sql`${nameOf(field)} = ${valueOf(field)}`);
  const differences = editableFields.map((field) => sql`${valueOf(field)} is distinct from e.${nameOf(field)}`);
  return sql`with given as (
      select ${sql.join(inputs, sql`, `)}, ${given('ifRevision', 'bigint')} as if_revision,
        ${given('mayRetag', 'boolean')} as may_retag
    ), ${locked}, written as (
      update ${experiments} as e
      set ${sql.join(assignments, sql`, `)}, revision = e.revision + 1, version = e.version + 1
      from given, locked
      where ${isLocked} and coalesce(given.if_revision, e.revision) = e.revision
        and (given.may_retag or coalesce(given.tags, e.tags) = e.tags)
        and (${sql.join(differences, sql` or `)})
      returning ${columnList(rowColumns, 'e')}
    ), recorded as (${record('written')}) ${answer}`;
}

/** Judges as `judgeStep` does. */
function step(): SQL {
  const kept = (name: string, type: string) =>
    sql`${sql.identifier(name)} = coalesce(${given(name, type)}, e.${sql.identifier(name)})`;
  return sql`with ${locked}, written as (
      update ${experiments} as e
      set status = ${given('status', 'text')}, ${kept('progress', 'float8')}, ${kept('started_at', 'bigint')},
        ${kept('completed_at', 'bigint')}, ${kept('error_message', 'text')},
        updated_at = ${given('updated_at', 'bigint')}, version = e.version + 1
      from locked
      where ${isLocked} and e.status = any(${given('from', 'text[]')})
        and e.progress < coalesce(${given('below', 'float8')}, 'infinity')
      returning e.id
    ) ${answer}`;
}

/** The revision is copied from the row that was just written: nothing is sent twice. */
function record(source: 'inserted' | 'written'): SQL {
  const renamed: Record<string, SQL> = {
    experiment_id: sql.raw('id'),
    created_at: sql.raw('updated_at'),
    author_kind: given('authorKind', 'text'),
    author_id: given('authorId', 'text'),
  };
  const revisionColumns = columnsOf(experimentRevisions);
  const values = revisionColumns.map(({ name }) => renamed[name] ?? sql.identifier(name));
  return sql`insert into ${experimentRevisions} (${columnList(revisionColumns)})
    select ${sql.join(values, sql`, `)} from ${sql.raw(source)}`;
}

/** The index of the tags of one experiment: what is not in it any more goes, what is new comes, and the rest stays. */
function retag(): SQL {
  return sql`with tag as (
      select distinct key, value
      from unnest(${given('tagKeys', 'text[]')}, ${given('tagValues', 'text[]')}) as tag (key, value)
    ), cleared as (
      delete from ${experimentTags} where organization = ${sql.placeholder('organization')}
        and experiment_id = ${sql.placeholder('id')} and (key, value) not in (select key, value from tag)
    )
    insert into ${experimentTags} (organization, key, value, experiment_id)
    select ${given('organization', 'text')}, key, value, ${given('id', 'text')} from tag
    on conflict do nothing`;
}

function remove(): SQL {
  const ofExperiment = sql`organization = ${sql.placeholder('organization')} and experiment_id = ${sql.placeholder('id')}`;
  return sql`with revisions as (delete from ${experimentRevisions} where ${ofExperiment}),
      tags as (delete from ${experimentTags} where ${ofExperiment}),
      removed as (delete from ${bare(experiments)} where ${isKey} returning organization, id, revision, version)
    insert into ${purgedExperiments} (organization, id, revision, version) select * from removed
    on conflict (organization, id) do update set revision = excluded.revision, version = excluded.version`;
}

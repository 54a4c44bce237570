import { getTableColumns, type SQL, sql } from 'drizzle-orm';
import { measuredFields } from '../../domain/experiment/batch-write.ts';
import { contentColumns, type ExperimentRow, runColumns } from '../rows/experiment-row.ts';
import { buildIsStalled } from '../rows/lease.ts';
import { changeNumber, remember } from './experiment-purge.ts';
import { buildRecord } from './experiment-writes.ts';
import { clock, isStalled } from './leases.ts';
import type { Db, Named } from './open.ts';
import { listColumns, prepareSql, toCastType, toColumnList, toTableIdentifier, typedPlaceholder } from './statement.ts';
import { experimentCounts, experimentRevisions, experiments, experimentTags, purgedExperiments } from './tables.ts';

type ColumnName = keyof ReturnType<typeof getTableColumns<typeof experiments>>;

const columns = getTableColumns(experiments);
const ofOrganization = sql`organization = ${typedPlaceholder('organization', 'text')}`;
const ids = typedPlaceholder('ids', 'text[]');

/** The columns that a batch writes, by its kind. Null in one of `optionalColumns` leaves it unchanged. */
export const batchColumns = {
  content: [...contentColumns, 'updatedAt', 'revision', 'version'],
  run: runColumns,
  trash: ['deletedAt', 'purgeAt', 'version'],
} as const satisfies Record<string, readonly ColumnName[]>;

/** Large columns, which are sent only when they change. */
export const optionalColumns = ['workflow', 'evaluatorIds', 'evaluatorWorkflowIds', 'tags'] as const;

/** A row that was found; all columns are null when there is none. */
export type BatchRowFound = ExperimentRow & { readonly bytes: number };

/**
 * The statements of a batch: one locks and reads all rows, one writes all of them. Rows are locked in the order of ids,
 * ids are taken in the same order, and counts in the order of slots, so that batches never wait for each other in a circle.
 */
export function prepareBatchWrites(db: Db, named: Named) {
  const found = { ...columns, isStalled, bytes: sql`bytes`.mapWith(Number).as('bytes') };
  const count = { rows: sql`rows`.mapWith(Number).as('rows') };
  const prepareFind = (name: string, lock: SQL) => prepareSql<BatchRowFound>(db, named(name), buildFind(lock), found);
  const prepareWrite = (name: string, statement: SQL) =>
    prepareSql<{ rows: number }>(db, named(name), statement, count);
  return {
    findEach: prepareFind('find_experiments', sql``),
    lockEach: prepareFind('lock_experiments', sql`for update`),
    takeSlots: prepareWrite('take_count_slots', buildTakeSlots(false)),
    takeIds: prepareWrite('take_experiment_ids', buildTakeSlots(true)),
    content: prepareWrite('write_contents', buildContentWrite()),
    run: prepareWrite('write_runs', sql`with ${buildUpdate('run')} select count(*) as rows from written`),
    trash: prepareWrite('trash_experiments', sql`with ${buildUpdate('trash')} select count(*) as rows from written`),
    removal: prepareWrite('remove_experiments', buildRemoval()),
  };
}

/** Reads no rows when they are too large together; the server knows the sizes of texts without reading them. */
function buildFind(lock: SQL): SQL {
  const sizes = measuredFields.map((field) => sql`coalesce(octet_length(${sql.identifier(columns[field].name)}), 0)`);
  return sql`with found as (
      select ${toColumnList(listColumns(experiments))} from ${experiments}
      where ${ofOrganization} and id = any(${ids}) and (deleted_at is null or ${typedPlaceholder('withTrash', 'boolean')})
      order by id ${lock}
    ), size as (select coalesce(sum(${sql.join(sizes, sql` + `)}), 0) as bytes from found)
    select ${toColumnList(listColumns(experiments))}, ${buildIsStalled(sql.raw('lease_expires_at'), clock)} as is_stalled, bytes
    from size left join found on bytes <= ${typedPlaceholder('maxBytes', 'bigint')}`;
}

/**
 * Takes the slots of the counts that the triggers of the batch will change and, before them, the ids. Other writers take one
 * id and one slot, in the same order; the purge takes only ids whose rows it has locked.
 */
function buildTakeSlots(takesIds: boolean): SQL {
  const taken = takesIds
    ? sql`(select count(*) from (select id from unnest(${ids}) as given (id) order by id) as given,
        take_experiment_id(${typedPlaceholder('organization', 'text')}, given.id))`
    : sql`0`;
  return sql`with slots as (
      select slot from ${experimentCounts}
      where ${ofOrganization} and slot in (select hashtext(id) & 15 from unnest(${ids}) as given (id))
        and ${taken} >= 0
      order by slot for update
    ) select count(*) as rows from slots`;
}

function buildUpdate(kind: keyof typeof batchColumns): SQL {
  const optional: readonly string[] = optionalColumns;
  const given = ['id', ...batchColumns[kind]] as const;
  const names = given.map((name) => sql.identifier(columns[name].name));
  const values = given.map((name) => typedPlaceholder(name === 'id' ? 'ids' : name, `${toCastType(columns[name])}[]`));
  const assignments = batchColumns[kind].map((name) => {
    const column = sql.identifier(columns[name].name);
    return optional.includes(name)
      ? sql`${column} = coalesce(given.${column}, e.${column})`
      : sql`${column} = given.${column}`;
  });
  return sql`given as (select * from unnest(${sql.join(values, sql`, `)}) as given (${sql.join(names, sql`, `)})), written as (
      update ${experiments} as e set ${sql.join(assignments, sql`, `)}, changed = ${changeNumber}
      from given where e.organization = ${typedPlaceholder('organization', 'text')} and e.id = given.id
      returning ${kind === 'content' ? toColumnList(listColumns(experiments), 'e') : sql`e.id`}
    )`;
}

/** Also records the revisions and updates the tag index: the locks were taken before, so that nothing has changed since. */
function buildContentWrite(): SQL {
  return sql`with ${buildUpdate('content')}, recorded as (${buildRecord('written')}), tag as (
      select distinct experiment_id, key, value
      from unnest(${typedPlaceholder('tagIds', 'text[]')}, ${typedPlaceholder('tagKeys', 'text[]')}, ${typedPlaceholder('tagValues', 'text[]')})
        as tag (experiment_id, key, value)
    ), cleared as (
      delete from ${experimentTags} where ${ofOrganization} and experiment_id = any(${typedPlaceholder('retagged', 'text[]')})
        and (experiment_id, key, value) not in (select experiment_id, key, value from tag)
    ), tagged as (
      insert into ${experimentTags} (organization, key, value, experiment_id)
      select ${typedPlaceholder('organization', 'text')}, key, value, experiment_id from tag
      on conflict do nothing
    ) select count(*) as rows from written`;
}

function buildRemoval(): SQL {
  const ofExperiments = sql`${ofOrganization} and experiment_id = any(${ids})`;
  return sql`with revisions as (delete from ${experimentRevisions} where ${ofExperiments}),
      tags as (delete from ${experimentTags} where ${ofExperiments}),
      removed as (
        delete from ${toTableIdentifier(experiments)} where ${ofOrganization} and id = any(${ids})
        returning organization, id, revision, version
      ), kept as (
        insert into ${purgedExperiments} (organization, id, revision, version, changed)
        select organization, id, revision, version, ${changeNumber} from removed ${remember}
      ) select count(*) as rows from removed`;
}

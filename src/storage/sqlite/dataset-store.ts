import { and, asc, count, desc, eq, getTableColumns, gt, lt, type SQL, sql } from 'drizzle-orm';
import type { Dataset, DatasetStore } from '../../domain/dataset/dataset.ts';
import type { BadCursor, Page, PageRequest } from '../../domain/pagination.ts';
import { type DatasetRow, decodeIds, parseDatasetRow, toDatasetPage, toDatasetRow } from '../rows/dataset-row.ts';
import type { Connection } from './connect.ts';
import type { SqliteFile } from './open.ts';
import { prepareQuery } from './statement.ts';
import { datasets } from './tables.ts';

export function createDatasetStore(file: SqliteFile): DatasetStore {
  const statements = file.prepareOnce(prepare);
  return {
    register: (dataset) => file.write(() => parseDatasetRow(statements().register.get(toDatasetRow(dataset)))),
    find: (organization, id) =>
      file.read(() => {
        const row = statements().find.get({ organization, id });
        return row ? parseDatasetRow(row) : null;
      }),
    list: (organization, page) => file.read(() => list(statements().db, organization, page)),
    count: (organization) => file.read(() => statements().count.get({ organization })?.count ?? 0),
    names: (organization, ids) =>
      file.read(() => {
        // Unpacking a list in SQLite costs several times a single lookup, and one experiment has only one dataset.
        if (ids.length === 1) {
          const one = statements().findName.get({ organization, id: ids[0] });
          return new Map(one && [[one.id, one.name]]);
        }
        const rows = statements().names.all({ organization, ids: JSON.stringify(ids) });
        return new Map(rows.map(({ id, name }) => [id, name]));
      }),
  };
}

type NamedRow = Pick<DatasetRow, 'id' | 'name'>;
const namedColumns = { id: datasets.id, name: datasets.name };

function prepare({ client, db }: Connection) {
  const ofOrganization = eq(datasets.organization, sql.placeholder('organization'));
  const hasId = eq(datasets.id, sql.placeholder('id'));
  const namesWhere = (isMeant: SQL) => db.select(namedColumns).from(datasets).where(and(ofOrganization, isMeant));
  const value = (name: keyof DatasetRow) => sql`${sql.placeholder(name)}`;
  return {
    db,
    register: db
      .insert(datasets)
      .values({
        organization: value('organization'),
        id: value('id'),
        name: value('name'),
        createdAt: value('createdAt'),
        updatedAt: value('updatedAt'),
      })
      .onConflictDoUpdate({
        target: [datasets.organization, datasets.id],
        // Registering the same name again changes nothing.
        set: {
          name: sql`excluded.name`,
          updatedAt: sql`iif(${datasets.name} = excluded.name, ${datasets.updatedAt}, excluded.updated_at)`,
        },
      })
      .returning()
      .prepare(),
    count: db.select({ count: count() }).from(datasets).where(ofOrganization).prepare(),
    find: prepareQuery<DatasetRow>(
      client,
      db.select().from(datasets).where(and(ofOrganization, hasId)),
      getTableColumns(datasets),
    ),
    findName: prepareQuery<NamedRow>(client, namesWhere(hasId), namedColumns),
    names: prepareQuery<NamedRow>(
      client,
      namesWhere(sql`${datasets.id} in (select value from json_each(${sql.placeholder('ids')}))`),
      namedColumns,
    ),
  };
}

function list(db: Connection['db'], organization: string, page: PageRequest): Page<Dataset> | BadCursor {
  const ids = decodeIds(page);
  if ('kind' in ids) return ids;
  const rows = db
    .select()
    .from(datasets)
    .where(
      and(
        eq(datasets.organization, organization),
        ids.after === null ? undefined : gt(datasets.id, ids.after),
        ids.before === null ? undefined : lt(datasets.id, ids.before),
      ),
    )
    .orderBy(page.fromEnd ? desc(datasets.id) : asc(datasets.id))
    .limit(page.size + 1)
    .all();
  return toDatasetPage(rows, page);
}

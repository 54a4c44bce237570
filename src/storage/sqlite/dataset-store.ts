import { and, asc, count, desc, eq, gt, lt, type SQL, sql } from 'drizzle-orm';
import type { Dataset, DatasetStore } from '../../domain/dataset/dataset.ts';
import type { BadCursor, Page, PageOf } from '../../domain/page.ts';
import { decodeIdCursor, encodeIdCursor } from '../cursor.ts';
import { pageOfRows } from '../page.ts';
import type { Connection, SqliteFile } from './open.ts';
import { prepareQuery } from './statement.ts';
import { datasets } from './tables.ts';

type Row = typeof datasets.$inferSelect;

export function datasetStore(file: SqliteFile): DatasetStore {
  const statements = file.prepared(prepare);
  return {
    register: (dataset) => file.write(() => fromRow(statements().register.get(toRow(dataset)))),
    list: (organization, page) => file.read(() => list(statements().db, organization, page)),
    count: (organization) => file.read(() => statements().count.get({ organization })?.count ?? 0),
    names: (organization, ids) =>
      file.read(() => {
        const { nameOf, names } = statements();
        const [id] = ids;
        // Reading a list inside SQLite costs several times what one name does, and one experiment has one dataset.
        const one = ids.length === 1 ? nameOf.all({ organization, id }) : undefined;
        const rows = one ?? names.all({ organization, ids: JSON.stringify(ids) });
        return new Map(rows.map(({ id, name }) => [id, name]));
      }),
  };
}

type NamedRow = Pick<Row, 'id' | 'name'>;
const named = { id: datasets.id, name: datasets.name };

function prepare({ client, db }: Connection) {
  const ofOrganization = eq(datasets.organization, sql.placeholder('organization'));
  const namesWhere = (isMeant: SQL) => db.select(named).from(datasets).where(and(ofOrganization, isMeant));
  const value = (name: keyof Row) => sql`${sql.placeholder(name)}`;
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
        // The same name again changes nothing.
        set: {
          name: sql`excluded.name`,
          updatedAt: sql`iif(${datasets.name} = excluded.name, ${datasets.updatedAt}, excluded.updated_at)`,
        },
      })
      .returning()
      .prepare(),
    count: db.select({ count: count() }).from(datasets).where(ofOrganization).prepare(),
    nameOf: prepareQuery<NamedRow>(client, namesWhere(eq(datasets.id, sql.placeholder('id'))), named),
    names: prepareQuery<NamedRow>(
      client,
      namesWhere(sql`${datasets.id} in (select value from json_each(${sql.placeholder('ids')}))`),
      named,
    ),
  };
}

function list(db: Connection['db'], organization: string, page: Page): PageOf<Dataset> | BadCursor {
  const after = page.after === null ? null : decodeIdCursor(page.after);
  if (page.after !== null && after === null) return { kind: 'badCursor', argument: 'after' };
  const before = page.before === null ? null : decodeIdCursor(page.before);
  if (page.before !== null && before === null) return { kind: 'badCursor', argument: 'before' };
  const rows = db
    .select()
    .from(datasets)
    .where(
      and(
        eq(datasets.organization, organization),
        after === null ? undefined : gt(datasets.id, after),
        before === null ? undefined : lt(datasets.id, before),
      ),
    )
    .orderBy(page.fromEnd ? desc(datasets.id) : asc(datasets.id))
    .limit(page.size + 1)
    .all();
  return pageOfRows(rows, page, (row) => ({ node: fromRow(row), cursor: encodeIdCursor(row.id) }));
}

function toRow({ createdAt, updatedAt, ...dataset }: Dataset): Row {
  return { ...dataset, createdAt: createdAt.getTime(), updatedAt: updatedAt.getTime() };
}

function fromRow({ createdAt, updatedAt, ...row }: Row): Dataset {
  return { ...row, createdAt: new Date(createdAt), updatedAt: new Date(updatedAt) };
}

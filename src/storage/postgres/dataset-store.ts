import { and, asc, count, desc, eq, gt, lt, sql } from 'drizzle-orm';
import type { Dataset, DatasetReads, DatasetStore } from '../../domain/dataset/dataset.ts';
import type { BadCursor, Page, PageOf } from '../../domain/page.ts';
import { decodeIdCursor, encodeIdCursor } from '../cursor.ts';
import { pageOfRows } from '../page.ts';
import type { Db, Named, PostgresDatabase } from './open.ts';
import { datasets } from './tables.ts';

type Row = typeof datasets.$inferSelect;

/** What may be asked of a copy of the database too. */
export function datasetReads(database: PostgresDatabase): DatasetReads {
  const statements = database.prepared(prepareReads);
  return {
    list: (organization, page) => database.run(() => list(statements().db, organization, page)),
    count: (organization) =>
      database.run(async () => {
        const [row] = await statements().count.execute({ organization });
        return row?.count ?? 0;
      }),
    names: (organization, ids) =>
      database.run(async () => {
        const rows = await statements().names.execute({ organization, ids });
        return new Map(rows.map(({ id, name }) => [id, name]));
      }),
  };
}

export function datasetStore(database: PostgresDatabase): DatasetStore {
  const registration = database.prepared(prepareRegistration);
  return {
    ...datasetReads(database),
    register: (dataset) =>
      database.write(async ({ statement }) => {
        const [row] = await statement((db) => registration(db).execute(toRow(dataset)));
        return fromRow(row as Row);
      }),
  };
}

function prepareRegistration(db: Db, named: Named) {
  const value = (name: keyof Row) => sql`${sql.placeholder(name)}`;
  return db
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
        updatedAt: sql`case when ${datasets.name} = excluded.name then ${datasets.updatedAt} else excluded.updated_at end`,
      },
    })
    .returning()
    .prepare(named('register_dataset'));
}

function prepareReads(db: Db, named: Named) {
  const ofOrganization = eq(datasets.organization, sql.placeholder('organization'));
  return {
    db,
    count: db.select({ count: count() }).from(datasets).where(ofOrganization).prepare(named('count_datasets')),
    names: db
      .select({ id: datasets.id, name: datasets.name })
      .from(datasets)
      .where(and(ofOrganization, sql`${datasets.id} = any(${sql.placeholder('ids')}::text[])`))
      .prepare(named('dataset_names')),
  };
}

async function list(db: Db, organization: string, page: Page): Promise<PageOf<Dataset> | BadCursor> {
  const after = page.after === null ? null : decodeIdCursor(page.after);
  if (page.after !== null && after === null) return { kind: 'badCursor', argument: 'after' };
  const before = page.before === null ? null : decodeIdCursor(page.before);
  if (page.before !== null && before === null) return { kind: 'badCursor', argument: 'before' };
  const rows = await db
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
    .limit(page.size + 1);
  return pageOfRows(rows, page, (row) => ({ node: fromRow(row), cursor: encodeIdCursor(row.id) }));
}

function toRow({ createdAt, updatedAt, ...dataset }: Dataset): Row {
  return { ...dataset, createdAt: createdAt.getTime(), updatedAt: updatedAt.getTime() };
}

function fromRow({ createdAt, updatedAt, ...row }: Row): Dataset {
  return { ...row, createdAt: new Date(createdAt), updatedAt: new Date(updatedAt) };
}

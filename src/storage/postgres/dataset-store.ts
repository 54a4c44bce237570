import { and, asc, count, desc, eq, gt, lt, sql } from 'drizzle-orm';
import type { Dataset, DatasetReads, DatasetStore } from '../../domain/dataset/dataset.ts';
import type { BadCursor, Page, PageRequest } from '../../domain/pagination.ts';
import { type DatasetRow, decodeIds, parseDatasetRow, toDatasetPage, toDatasetRow } from '../rows/dataset-row.ts';
import type { Db, Named, PostgresDatabase } from './open.ts';
import { datasets } from './tables.ts';

/** The operations that a replica can serve too. */
export function createDatasetReads(database: PostgresDatabase): DatasetReads {
  const statements = database.prepareOnce(prepareReads);
  return {
    find: (organization, id) =>
      database.run(async () => {
        const [row] = await statements().find.execute({ organization, id });
        return row ? parseDatasetRow(row) : null;
      }),
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

export function createDatasetStore(database: PostgresDatabase): DatasetStore {
  const registration = database.prepareOnce(prepareRegistration);
  return {
    ...createDatasetReads(database),
    register: (dataset) =>
      database.write(async ({ statement }) => {
        const [row] = await statement((db) => registration(db).execute(toDatasetRow(dataset)));
        return parseDatasetRow(row as DatasetRow);
      }),
  };
}

function prepareRegistration(db: Db, named: Named) {
  const value = (name: keyof DatasetRow) => sql`${sql.placeholder(name)}`;
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
      // Registering the same name again changes nothing.
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
    find: db
      .select()
      .from(datasets)
      .where(and(ofOrganization, eq(datasets.id, sql.placeholder('id'))))
      .prepare(named('find_dataset')),
    names: db
      .select({ id: datasets.id, name: datasets.name })
      .from(datasets)
      .where(and(ofOrganization, sql`${datasets.id} = any(${sql.placeholder('ids')}::text[])`))
      .prepare(named('dataset_names')),
  };
}

async function list(db: Db, organization: string, page: PageRequest): Promise<Page<Dataset> | BadCursor> {
  const ids = decodeIds(page);
  if ('kind' in ids) return ids;
  const rows = await db
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
    .limit(page.size + 1);
  return toDatasetPage(rows, page);
}

import { getTableName } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { checkedTables, copiedTables, listRowColumns } from '../../src/storage/copy/port.ts';
import * as postgres from '../../src/storage/postgres/tables.ts';
import * as sqlite from '../../src/storage/sqlite/tables.ts';
import { connectionTo, createSqliteDatabase, openStorageOn } from '../support/storage/storage.ts';

const describeColumns = (tables: Parameters<typeof listRowColumns>[0][]) =>
  Object.fromEntries(
    tables
      .filter((table) => getTableName(table) in checkedTables)
      .map((table) => {
        const name = getTableName(table) as keyof typeof checkedTables;
        return [
          name,
          listRowColumns(table, checkedTables[name]).map(({ name: column, notNull, default: preset }) => ({
            column,
            notNull,
            preset,
          })),
        ];
      }),
  );

test('both engines have the same columns in the same order, the key first, with the same nulls and defaults', () => {
  const columns = describeColumns(Object.values(sqlite));
  expect(describeColumns(Object.values(postgres))).toEqual(columns);
  expect(Object.keys(columns).toSorted()).toEqual(Object.keys(checkedTables).toSorted());
  for (const [table, key] of Object.entries(checkedTables))
    expect(columns[table]?.slice(0, key.length).map(({ column }) => column)).toEqual(key);
});

test('every table of an installation is copied, or is known to be derived from copied ones', async () => {
  const { path, url } = createSqliteDatabase();
  await openStorageOn(url);
  const tables = connectionTo(path).prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").pluck().all();
  const known = new Set([
    ...Object.keys(copiedTables),
    ...Object.keys(checkedTables),
    'experiment_counts',
    'change_feed',
    '__drizzle_migrations',
  ]);
  expect(tables.filter((name) => !known.has(String(name)))).toEqual([]);
});

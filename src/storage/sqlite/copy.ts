import { randomUUID } from 'node:crypto';
import { existsSync, realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import Database from 'better-sqlite3';
import { CannotStart } from '../../domain/faults.ts';
import {
  assertTarget,
  type Batch,
  type CheckedTable,
  type CopyEnd,
  type CopyTarget,
  checkedTables,
  howToCreate,
  incompleteTable,
  listRowColumns,
  maxBatchCharacters,
  maxBatchRows,
  measureRow,
  notMigrated,
  otherRun,
  type Row,
  RowRefused,
  type TargetState,
} from '../copy/port.ts';
import { toIndexKey } from '../rows/tag-index.ts';
import { startTimeout } from './connect.ts';
import { readCode, toCannotStart } from './faults.ts';
import { measureFile } from './file.ts';
import { assertMigratable, isIncomplete, isMigrated } from './migrate.ts';
import { openSqliteFile } from './open.ts';
import {
  apiKeys,
  datasets,
  experimentEvaluators,
  experimentRevisions,
  experiments,
  experimentTags,
  idempotencyKeys,
  purgedExperiments,
} from './tables.ts';

const definitions = {
  api_keys: apiKeys,
  datasets,
  experiments,
  experiment_revisions: experimentRevisions,
  purged_experiments: purgedExperiments,
  experiment_tags: experimentTags,
  experiment_evaluators: experimentEvaluators,
  idempotency_keys: idempotencyKeys,
} as const;

/** Opens the file to copy from, read-only. Throws `CannotStart`. */
export function openSource(path: string, migrations: string): CopyEnd {
  const client = openReadOnly(path);
  try {
    assertMigratable(client, migrations);
    if (!isMigrated(client, migrations)) throw new CannotStart(notMigrated);
  } catch (error) {
    client.close();
    throw toCannotStart(error);
  }
  const statements = prepareStatements(client);
  const runAttempt: Attempt = async (work) => {
    try {
      return work(statements);
    } catch (error) {
      throw toCannotStart(error);
    }
  };
  return createEnd(path, runAttempt, () => client.close());
}

/**
 * Opens the file to copy into, and creates it when it is new. Rejects with `CannotStart` and leaves the file untouched
 * when it holds anything that this copy did not write.
 */
export async function openTarget(path: string, migrations: string, source: string): Promise<CopyTarget> {
  if (measureFile(path)) inspectTarget(path, migrations, source);
  const file = openSqliteFile(path, migrations, { isCopyTarget: true });
  const statements = file.prepareOnce(({ client }) => prepareStatements(client));
  const createAttempt =
    (way: 'read' | 'write'): Attempt =>
    (work) =>
      file[way](() => work(statements())).catch((error: unknown) => {
        throw toCannotStart(error);
      });
  const inTransaction = createAttempt('write');
  const run = randomUUID();
  try {
    await inTransaction(({ begin }) => begin(readIdentity(path), source, run));
  } catch (error) {
    file.close();
    throw error;
  }
  return {
    ...createEnd(path, createAttempt('read'), file.close),
    write: (batch) => inTransaction(({ write }) => write(run, batch)),
    finish: () => inTransaction(({ finish }) => finish(run)),
  };
}

type Attempt = <Result>(work: (statements: ReturnType<typeof prepareStatements>) => Result) => Promise<Result>;

function createEnd(path: string, attempt: Attempt, close: () => void): CopyEnd {
  return {
    identity: readIdentity(path),
    columns: listColumns,
    count: (table) => attempt(({ count }) => count(table)),
    page: (table, after) => attempt(({ page }) => page(table, after)),
    tagPart: toIndexKey,
    close: async () => close(),
  };
}

function listColumns(table: CheckedTable): string[] {
  return listRowColumns(definitions[table], checkedTables[table]).map(({ name }) => name);
}

function readIdentity(path: string): string {
  return `file:${existsSync(path) ? realpathSync(path) : resolve(path)}`;
}

function openReadOnly(path: string): Database.Database {
  if (measureFile(path) === undefined)
    throw new CannotStart(`There is no such file. Accepted: the database of a gateway; ${howToCreate}.`);
  try {
    return new Database(path, { readonly: true, timeout: startTimeout });
  } catch (error) {
    throw toCannotStart(error);
  }
}

/** Checks a target over a read-only connection. */
function inspectTarget(path: string, migrations: string, source: string): void {
  const client = openReadOnly(path);
  try {
    assertMigratable(client, migrations, { isCopyTarget: true });
    assertTarget(readIdentity(path), readState(client), source);
  } catch (error) {
    // The first connection that writes rolls back what a killed process left unfinished; the target is checked then.
    if (!readCode(error).startsWith('SQLITE_READONLY')) throw toCannotStart(error);
  } finally {
    client.close();
  }
}

function readState(client: Database.Database): TargetState {
  if (isIncomplete(client)) {
    const source = client.prepare(`SELECT source FROM ${incompleteTable}`).pluck().get();
    return { source: String(source) };
  }
  // A database from an older gateway may lack some of the tables.
  const exists = client.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?");
  const held = Object.keys(checkedTables).filter(
    (table) => exists.get(table) && client.prepare(`SELECT 1 FROM ${table} LIMIT 1`).get(),
  );
  return held.length > 0 ? 'an installation' : 'nothing';
}

/** Every statement that a copy runs, each prepared once. The writes run in a transaction of the caller. */
function prepareStatements(client: Database.Database) {
  const known = new Map<string, Database.Statement>();
  function prepare(sql: string): Database.Statement {
    const statement = known.get(sql) ?? client.prepare(sql);
    known.set(sql, statement);
    return statement;
  }

  function assertMyRun(run: string): void {
    // The table is gone when another run has completed the copy.
    if (!isIncomplete(client) || !client.prepare(`SELECT 1 FROM ${incompleteTable} WHERE run = ?`).get(run))
      throw new CannotStart(otherRun);
  }

  return {
    count: (table: CheckedTable) => prepare(`SELECT count(*) FROM ${table}`).pluck().get() as number,

    page(table: CheckedTable, after: Row | undefined): Row[] {
      const key = checkedTables[table].join(', ');
      const beyond = after ? `WHERE (${key}) > (${toMarks(checkedTables[table])})` : '';
      const statement = prepare(`SELECT ${listColumns(table).join(', ')} FROM ${table} ${beyond} ORDER BY ${key}`);
      const page: Row[] = [];
      let size = 0;
      for (const row of statement.raw().iterate(...(after ?? []).slice(0, checkedTables[table].length))) {
        page.push(row as Row);
        size += measureRow(row as Row);
        if (page.length >= maxBatchRows || size >= maxBatchCharacters) break;
      }
      return page;
    },

    begin(identity: string, source: string, run: string): void {
      assertTarget(identity, readState(client), source);
      client.exec(`CREATE TABLE IF NOT EXISTS ${incompleteTable} (source text NOT NULL, run text NOT NULL)`);
      client.exec(`DELETE FROM ${incompleteTable}`);
      client.prepare(`INSERT INTO ${incompleteTable} (source, run) VALUES (?, ?)`).run(source, run);
    },

    write(run: string, { table, remove, insert, tags }: Batch): void {
      assertMyRun(run);
      const key = checkedTables[table];
      const removal = prepare(`DELETE FROM ${table} WHERE (${key.join(', ')}) = (${toMarks(key)})`);
      const untag = prepare('DELETE FROM experiment_tags WHERE (organization, experiment_id) = (?, ?)');
      for (const row of remove) {
        removal.run(...row.slice(0, key.length));
        if (table === 'experiments') untag.run(...row.slice(0, key.length));
      }
      const names = listColumns(table);
      const insertion = prepare(
        `INSERT INTO ${table} (${names.join(', ')}) VALUES (${toMarks(names)}) ON CONFLICT DO NOTHING`,
      );
      const tagging = prepare(
        'INSERT INTO experiment_tags (organization, key, value, experiment_id) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING',
      );
      try {
        for (const row of insert) insertion.run(...row);
        for (const entry of tags) tagging.run(...entry);
      } catch (error) {
        throw readCode(error).startsWith('SQLITE_CONSTRAINT') ? new RowRefused(String(error)) : error;
      }
    },

    finish(run: string): void {
      assertMyRun(run);
      client.exec(`DROP TABLE ${incompleteTable}`);
    },
  };
}

function toMarks(values: readonly unknown[]): string {
  return values.map(() => '?').join(', ');
}

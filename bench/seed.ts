import Database from 'better-sqlite3';

/**
 * Fills an organization up to `total` experiments by copying the existing one, each with its first revision. Times are
 * one second apart, so that pages have a definite order.
 */
export function seed(path: string, organization: string, total: number): void {
  const database = new Database(path);
  const columns = (table: string) =>
    (database.pragma(`table_info(${table})`) as { name: string }[]).map(({ name }) => name);
  const copy = (table: string, changed: Record<string, string>) => {
    const names = columns(table);
    database
      .prepare(
        `INSERT INTO ${table} (${names.join()})
         WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < @count)
         SELECT ${names.map((name) => changed[name] ?? `one.${name}`).join()}
         FROM (SELECT * FROM ${table} WHERE organization = @organization LIMIT 1) AS one, numbers`,
      )
      .run({ organization, count: total - 1 });
  };
  database.transaction(() => {
    const time = (column: string) => `one.${column} - n * 1000`;
    copy('experiments', {
      id: `printf('exp_%07d', n)`,
      name: `printf('Experiment %07d', n)`,
      folded_name: `printf('experiment %07d', n)`,
      created_at: time('created_at'),
      updated_at: time('updated_at'),
    });
    copy('experiment_revisions', { experiment_id: `printf('exp_%07d', n)`, created_at: time('created_at') });
  })();
  database.pragma('wal_checkpoint(TRUNCATE)');
  database.close();
}

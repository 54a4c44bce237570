import { describe, expect, test, vi } from 'vitest';
import { anExperiment, author, json } from '../support/gateway/experiments.ts';
import { inStorage } from '../support/process/installations.ts';
import { start } from '../support/process/process.ts';
import { createPostgresDatabase, hasServer } from '../support/storage/postgres.ts';
import { connectionTo, createSqliteDatabase } from '../support/storage/storage.ts';

vi.setConfig({ testTimeout: 90_000 });

describe('memory does not grow with the size of the copy:', () => {
  /** 100 workflows of the maximum size, each with its revision: more than the process may hold. */
  async function createHeavyInstallation(): Promise<string> {
    const { url, path } = createSqliteDatabase();
    const workflow = json(JSON.stringify([{ text: 'x'.repeat(1024 * 1024 - 20) }]));
    await inStorage(url, ({ experiments }) => experiments.insert(anExperiment({ workflow, tags: json('[]') }), author));
    const database = connectionTo(path);
    for (const [table, id] of [
      ['experiments', 'id'],
      ['experiment_revisions', 'experiment_id'],
    ] as const) {
      const names = (database.pragma(`table_info(${table})`) as { name: string }[]).map(({ name }) => name);
      const values = names.map((name) => (name === id ? "'exp_' || value" : name));
      database.exec(
        `WITH RECURSIVE numbers(value) AS (SELECT 2 UNION ALL SELECT value + 1 FROM numbers WHERE value < 100)
        INSERT INTO ${table} (${names.join()}) SELECT ${values.join()} FROM (SELECT * FROM ${table} LIMIT 1), numbers`,
      );
    }
    return url;
  }
  const copyInLittle = (from: string, to: string) =>
    start([process.execPath, '--max-old-space-size=72', 'src/gateway.mjs', 'copy', '--from', from, '--to', to]).ended;

  test('SQLite', async () => {
    const { code, stderr } = await copyInLittle(await createHeavyInstallation(), createSqliteDatabase().url);
    expect({ code, stderr }).toMatchObject({ code: 0 });
  });

  test.runIf(hasServer)(
    'PostgreSQL',
    async () => {
      const there = await createPostgresDatabase();
      for (const [from, to] of [
        [await createHeavyInstallation(), there],
        [there, await createPostgresDatabase()],
      ] as const) {
        const { code, stderr } = await copyInLittle(from, to);
        expect({ code, stderr }).toMatchObject({ code: 0 });
      }
    },
    90_000,
  );
});

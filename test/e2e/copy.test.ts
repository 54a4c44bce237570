import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { anInstallation, copying, inStorage, readAnswers } from '../support/process/installations.ts';
import { createEnglishDatabase, createPostgresDatabase, hasServer } from '../support/storage/postgres.ts';
import { startInProcessServer } from '../support/storage/postgres-in-process.ts';
import { createSqliteDatabase } from '../support/storage/storage.ts';

vi.setConfig({ testTimeout: 90_000 });

const sqlite = async () => createSqliteDatabase().url;
async function inProcess(): Promise<string> {
  const server = await startInProcessServer();
  onTestFinished(() => server.close());
  return server.url;
}

const done =
  /^Copied and verified: api_keys 3, datasets 3, experiments 45, experiment_revisions 57, purged_experiments 2, idempotency_keys 2, experiment_tags \d+, experiment_evaluators \d+\. Set DATABASE_URL to [^@]+, with its credentials\.\n$/;

/** Copies an installation, and returns the differences between the copy and its source. */
async function findDifferences(from: string, to: string): Promise<unknown> {
  const { acme, neighbour, revoked } = await anInstallation(from);
  const before = await inStorage(from, ({ apiKeys }) => apiKeys.list());
  const { code, stdout, stderr } = await copying(from, to);
  const after = await inStorage(to, ({ apiKeys }) => apiKeys.list());
  const alike = [];
  for (const key of [acme, neighbour, revoked]) alike.push([await readAnswers(from, key), await readAnswers(to, key)]);
  return {
    // Shows the error, if there was one.
    stderr: stderr.replaceAll(/^\w+ (copied|checked): \d+$/gm, 'line'),
    code,
    said: done.test(stdout) || stdout,
    keys: JSON.stringify(after) === JSON.stringify(before) || after,
    states: before
      .map(({ revokedAt, lastUsedAt, expiresAt }) => [revokedAt, lastUsedAt, expiresAt].map((time) => time !== null))
      .map((times) => times.join(' '))
      .toSorted()
      .join(),
    answers: alike.map(([theirs, ours]) =>
      JSON.stringify(theirs) === JSON.stringify(ours) ? 'alike' : [theirs, ours],
    ),
    exact: alike.map(([, ours]) =>
      ours?.[0]?.includes('{"b":1.0,"10":12345678901234567890,"1":-0,"a":"é/"}},{"n":1e400}'),
    ),
    unauthenticated: alike.map(([, ours]) => ours?.every((answer) => answer.includes('UNAUTHENTICATED'))),
  };
}

const none = {
  stderr: 'line\n'.repeat(14),
  code: 0,
  said: true,
  keys: true,
  states: 'false false true,false true false,true false false',
  answers: ['alike', 'alike', 'alike'],
  exact: [true, true, false],
  unauthenticated: [false, false, true],
};

describe('a copied installation responds exactly like its source:', () => {
  test('SQLite to SQLite', async () => {
    expect(await findDifferences(await sqlite(), await sqlite())).toEqual(none);
  });
  test('SQLite to PostgreSQL in process, as behind a pooler', async () => {
    expect(await findDifferences(await sqlite(), await inProcess())).toEqual(none);
  });
  test('PostgreSQL in process to SQLite', async () => {
    expect(await findDifferences(await inProcess(), await sqlite())).toEqual(none);
  });
  test.runIf(hasServer)('SQLite to a PostgreSQL server', async () => {
    expect(await findDifferences(await sqlite(), await createPostgresDatabase())).toEqual(none);
  });
  test.runIf(hasServer)('a PostgreSQL server to SQLite', async () => {
    expect(await findDifferences(await createEnglishDatabase(), await sqlite())).toEqual(none);
  });
  test.runIf(hasServer)('a PostgreSQL server to another database of it, with another collation', async () => {
    expect(await findDifferences(await createPostgresDatabase(), await createEnglishDatabase())).toEqual(none);
  });
});

import { readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { createTestGateway, type TestGateway } from '../support/gateway/test-gateway.ts';
import { startGateway } from '../support/process/process.ts';
import { connectionTo } from '../support/storage/storage.ts';

/** More than SQLite keeps of a file in memory, in bytes. */
const beyondCache = 40 * 1024 * 1024;
const pageSize = 4096;

/** A database with an experiment, of which a gateway that starts on it keeps nothing in memory. */
async function createLargeDatabase(): Promise<TestGateway> {
  const gateway = await createTestGateway();
  await gateway.data('mutation { createExperiment(input: { experimentId: "a" }) { __typename } }');
  await gateway.app.close();
  const client = connectionTo(gateway.databasePath);
  client.exec(`CREATE TABLE padding (bytes BLOB); INSERT INTO padding VALUES (zeroblob(${beyondCache}))`);
  client.pragma('wal_checkpoint(TRUNCATE)');
  client.close();
  return gateway;
}

test('a file that is damaged under a running gateway makes storage unavailable: nothing is shown, and it keeps running', async () => {
  const { databasePath, key } = await createLargeDatabase();
  const gateway = await startGateway({ env: { DATABASE_URL: `file:${databasePath}`, BOOTSTRAP_API_KEY: key } });
  const file = readFileSync(databasePath);
  writeFileSync(databasePath, file.fill(0xa5, pageSize), { flag: 'r+' });
  const ask = async (query: string) => (await gateway.graphql(query, {}, key)).errors;
  const unavailable = [
    expect.objectContaining({
      message: 'Storage is not available: try again in a moment.',
      extensions: { code: 'SERVICE_UNAVAILABLE', status: 503 },
    }),
  ];
  expect(await ask('{ experiments(first: 1) { totalCount edges { node { id } } } }')).toEqual(unavailable);
  expect(await ask('{ experiment(id: "a") { __typename } }')).toEqual(unavailable);
  expect(await ask('mutation { createExperiment(input: { experimentId: "b" }) { __typename } }')).toEqual(unavailable);
  const rest = await fetch(`${gateway.url}/api/v2/experiments/a/`, { headers: { authorization: `Bearer ${key}` } });
  expect([rest.status, await rest.json()]).toEqual([
    503,
    { detail: 'Storage is not available: try again in a moment.' },
  ]);
  expect((await fetch(`${gateway.url}/health`)).status).toBe(200);
  await gateway.until(/database disk image is malformed|file is not a database/);
});

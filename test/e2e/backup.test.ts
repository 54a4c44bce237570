import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { createApp } from '../../src/app.ts';
import { readConfig } from '../../src/config.ts';
import { mutations } from '../support/gateway/operations.ts';
import { createTemporaryFolder, createTestGateway } from '../support/gateway/test-gateway.ts';
import { runGateway } from '../support/process/process.ts';
import { connectionTo, startModule } from '../support/storage/storage.ts';

test('a backup taken while a gateway writes holds a consistent state, and is a complete database', async () => {
  const { data, databasePath, key } = await createTestGateway();
  const folder = createTemporaryFolder();
  const file = join(folder, 'copy.db');
  const backup = { isDone: false };
  let written = 0;
  await data(mutations.create, { input: { experimentId: 'exp_1' } });
  const writing = (async () => {
    while (!backup.isDone) {
      await data(mutations.replace, {
        id: 'exp_1',
        input: { batchSize: (written % 9_999) + 1, workflow: [{ n: written }] },
      });
      written++;
      await setImmediate();
    }
  })();
  const { code, stdout } = await runGateway(['backup', file], { env: { DATABASE_URL: `file:${databasePath}` } });
  backup.isDone = true;
  await writing;
  expect([code, stdout.includes(file), readdirSync(folder)]).toEqual([0, true, ['copy.db']]);

  const copy = await createApp(readConfig({ DATABASE_URL: `file:${file}`, LOG_LEVEL: 'silent' }));
  const query =
    '{ experiment(id: "exp_1") { batchSize revision revisions(first: 1) { totalCount edges { node { batchSize } } } } }';
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${key}` };
  const request = new Request('http://copy.test/graphql', { method: 'POST', headers, body: JSON.stringify({ query }) });
  const response = await copy.fetch(request);
  const { experiment } = (await response.json()).data;
  await copy.close();
  expect(experiment.revisions).toEqual({
    totalCount: experiment.revision,
    edges: [{ node: { batchSize: experiment.batchSize } }],
  });
  expect(experiment.revision).toBeLessThanOrEqual(written + 1);
});

test('a backup does not overwrite, and one that cannot be written leaves nothing behind', async () => {
  const { databasePath } = await createTestGateway();
  const DATABASE_URL = `file:${databasePath}`;
  const again = await runGateway(['backup', databasePath], { env: { DATABASE_URL } });
  expect([again.code, again.stderr]).toEqual([1, expect.stringMatching(/^The file .* already exists\..*\n$/)]);
  const folder = createTemporaryFolder();
  const onFolder = await runGateway(['backup', folder], { env: { DATABASE_URL } });
  expect([onFolder.code, onFolder.stderr]).toEqual([1, expect.stringMatching(/^The folder .* already exists\..*\n$/)]);
  expect(readdirSync(folder)).toEqual([]);
  const nowhere = join(createTemporaryFolder(), 'none', 'copy.db');
  const failed = await runGateway(['backup', nowhere], { env: { DATABASE_URL } });
  expect([failed.code, failed.stderr, existsSync(nowhere)]).toEqual([
    1,
    expect.stringMatching(/^The backup failed: .*\n$/),
    false,
  ]);
});

test('a backup of a large database finishes while another process keeps writing', async () => {
  const { databasePath } = await createTestGateway();
  const filler = connectionTo(databasePath);
  filler.exec(`WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 20000)
    INSERT INTO datasets SELECT 'filler', n, hex(zeroblob(2000)), 1, 1 FROM numbers`);
  const writer = startModule(
    `import { setTimeout as sleep } from 'node:timers/promises';
    import Database from 'better-sqlite3';
    const client = new Database(process.argv[1], { timeout: 5_000 });
    client.pragma('synchronous = OFF');
    const write = client.prepare("UPDATE datasets SET updated_at = updated_at + 1 WHERE organization = 'filler' AND id = '1'");
    for (let n = 0; ; n++) {
      write.run();
      if (n === 20) console.log('writing');
      await sleep(1);
    }`,
    databasePath,
  );
  await writer.until(/writing/);
  const file = join(createTemporaryFolder(), 'copy.db');
  const backup = await runGateway(['backup', file], { env: { DATABASE_URL: `file:${databasePath}` } });
  expect([backup.stderr, backup.code, writer.child.exitCode]).toEqual(['', 0, null]);
  expect(connectionTo(file).prepare("SELECT count(*) FROM datasets WHERE organization = 'filler'").pluck().get()).toBe(
    20_000,
  );
}, 60_000);

import { Client } from 'pg';
import { describe, expect, onTestFinished, test } from 'vitest';
import { runGateway, startGateway } from '../support/process/process.ts';
import { canReplicate, startServer } from '../support/storage/replication.ts';

const key = 'a-key-of-the-container-0123456789';
const create = (id: string) => `mutation { createExperiment(input: { experimentId: "${id}" }) { __typename } }`;

/** Takes every connection that the server still has, as other programs may. Returns a function that gives them back. */
async function takeConnections(url: string): Promise<() => Promise<void>> {
  const taken: Client[] = [];
  const release = async () => void (await Promise.all(taken.splice(0).map((client) => client.end())));
  onTestFinished(release);
  for (;;) {
    const client = new Client({ connectionString: url });
    try {
      await client.connect();
    } catch {
      return release;
    }
    taken.push(client.on('error', () => undefined));
  }
}

describe.runIf(canReplicate)('a PostgreSQL server without connections left', () => {
  test('makes storage unavailable, and the gateway works again as soon as it has some', async () => {
    const server = await startServer(['max_connections=12', 'superuser_reserved_connections=0'], onTestFinished);
    const gateway = await startGateway({ env: { DATABASE_URL: server.url, BOOTSTRAP_API_KEY: key } });
    const ask = (query: string) => gateway.graphql(query, {}, key);
    expect((await ask(create('a'))).errors).toBeUndefined();
    const release = await takeConnections(server.url);
    // The gateway keeps the connections that it has; of many calls, some need another one.
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, n) => ask(n % 2 ? create(`b${n}`) : '{ experiment(id: "a") { id } }')),
    );
    const errors = answers.flatMap((answer) => answer.errors ?? []);
    for (const { message, extensions } of errors)
      expect([message, extensions]).toEqual([
        'Storage is not available: try again in a moment.',
        { code: 'SERVICE_UNAVAILABLE', status: 503 },
      ]);
    const written = answers.filter((answer) => answer.data?.createExperiment).length;
    await release();
    await expect.poll(async () => (await fetch(`${gateway.url}/ready`)).status, { timeout: 30_000 }).toBe(200);
    const { data } = await ask('{ experiments(first: 1) { totalCount } }');
    expect([data.experiments.totalCount, errors.length > 0]).toEqual([1 + written, true]);
  });

  test('refuses a start with one line that says so', async () => {
    const server = await startServer(['max_connections=5', 'superuser_reserved_connections=0'], onTestFinished);
    await takeConnections(server.url);
    const { code, stderr } = await runGateway(['migrate'], { env: { DATABASE_URL: server.url } });
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/^DATABASE_URL \S+ is not usable\. The server has no free connections\. .+\n$/),
    ]);
  });
});

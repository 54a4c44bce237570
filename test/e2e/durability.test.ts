import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openStorage } from '../../src/storage/open.ts';
import { createSend, WriteStream } from '../support/gateway/write-streams.ts';
import { type RunningGateway, startGateway } from '../support/process/process.ts';
import { createPostgresDatabase, hasServer } from '../support/storage/postgres.ts';
import { canReplicate, startServer } from '../support/storage/replication.ts';
import { createSqliteDatabase } from '../support/storage/storage.ts';

/** How often to kill; `npm run test:durability` does so 50 times. */
const rounds = Number(process.env.GATEWAY_TEST_ROUNDS ?? 1);
/** How many writes are acknowledged before each kill, at least. */
const writesPerRound = 60;

const key = 'a-key-of-the-container-0123456789';
const startOn = (url: string) => startGateway({ env: { DATABASE_URL: url, BOOTSTRAP_API_KEY: key } });

const createStreams = () => ['one', 'two', 'three', 'four'].map((name) => new WriteStream(name));
const countWrites = (streams: readonly WriteStream[]) =>
  streams.reduce((sum, { acknowledged }) => sum + acknowledged, 0);

/** Writes in all streams until `kill`, which is called in the middle of writes, however long they take. */
async function writeUntilKilled(streams: readonly WriteStream[], { url }: RunningGateway, kill: () => unknown) {
  const enough = countWrites(streams) + writesPerRound;
  const writing = Promise.all(streams.map((stream) => stream.run(createSend(url, key))));
  // On a machine that is too slow for the gateway's timeouts, a stream may end by itself.
  const progress = { isOver: false };
  void writing.finally(() => Object.assign(progress, { isOver: true }));
  while (!progress.isOver && countWrites(streams) < enough) await sleep(5);
  await kill();
  await writing;
}

/** Expects everything that was acknowledged to be stored, and nothing by half. */
async function resumeAll(streams: readonly WriteStream[], url: string): Promise<void> {
  const { experiments, close } = await openStorage(url);
  try {
    for (const stream of streams) await stream.resume(experiments);
  } finally {
    await close();
  }
}

function report(what: string, streams: readonly WriteStream[]): void {
  if (rounds > 1) console.log(`${what}: ${rounds} kills, ${countWrites(streams)} acknowledged writes`);
}

async function expectAllAfterKills(url: string): Promise<void> {
  const streams = createStreams();
  for (let round = 0; round < rounds; round++) {
    const gateway = await startOn(url);
    await writeUntilKilled(streams, gateway, () => gateway.signal('SIGKILL'));
    expect(await gateway.ended).toMatchObject({ signal: 'SIGKILL' });
    await resumeAll(streams, url);
  }
  report(new URL(url).protocol, streams);
}

describe('every acknowledged write is there after a kill -9, and nothing is there by half,', () => {
  const time = 60_000 * (rounds + 1);

  test('of a gateway on SQLite', () => expectAllAfterKills(createSqliteDatabase().url), time);

  test.runIf(hasServer)(
    'of a gateway on PostgreSQL',
    async () => expectAllAfterKills(await createPostgresDatabase()),
    time,
  );

  test.runIf(canReplicate)(
    'of a PostgreSQL server, whose gateway then continues',
    async () => {
      const server = await startServer(['fsync=on'], onTestFinished);
      const gateway = await startOn(server.url);
      const streams = createStreams();
      for (let round = 0; round < rounds; round++) {
        await writeUntilKilled(streams, gateway, server.kill);
        expect((await fetch(`${gateway.url}/ready`)).status).toBe(503);
        await server.start();
        await expect.poll(async () => (await fetch(`${gateway.url}/ready`)).status, { timeout: 60_000 }).toBe(200);
        await resumeAll(streams, server.url);
      }
      report('PostgreSQL server', streams);
    },
    time,
  );
});

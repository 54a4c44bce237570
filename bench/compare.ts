import { setTimeout as sleep } from 'node:timers/promises';
import { assertAlike } from './check.ts';
import { type Contender, contenders } from './contenders.ts';
import { createDatabases, revisionsIn } from './databases.ts';
import { type Entry, median, type Results, smallSize } from './measurements.ts';
import type { Options } from './options.ts';
import { measure, readMemory, type Server, startServer } from './servers.ts';
import { graphql, type Work, works } from './works.ts';

interface Running extends Entry {
  readonly server: Server;
  readonly path: string;
  readonly key: string;
  deepCursor: string;
}

const connections = 32;
/**
 * How many rounds' worth of requests the first round of a full run has, which only warms up. V8 is still compiling hot
 * functions after 20,000 requests for one experiment: until then the gateway takes up to 1.7 times the CPU it takes later.
 */
const warmUpRounds = 6;

/** Starts every contender on a copy of one database, checks that all respond alike, and measures rounds in turn. */
export async function compare(options: Options): Promise<Results> {
  const files = createDatabases();
  const chosen = contenders.filter(({ name }) => options.only.includes(name));
  const small = await files.template(smallSize);

  const running: Running[] = [];
  for (const contender of chosen) {
    running.push(await start(contender, smallSize, small, files.copy(small.path, contender.name), options));
  }
  const [gateway, ...peers] = running;
  if (!gateway) throw new Error('Nothing to measure.');
  await settle(running);
  await assertAlike(small.key, gateway.server, peers);
  if (peers.length > 0) console.log(`${running.map(({ contender }) => contender.title).join(', ')}: all answer alike.`);
  if (!options.isShort) {
    const large = await files.template(options.largeSize);
    const entry = await start(gateway.contender, options.largeSize, large, large.path, options);
    await settle([entry]);
    running.push(entry);
  }

  for (let round = 0; round <= options.rounds; round++) {
    for (const work of works.filter(({ name }) => options.works.includes(name))) {
      // Rotate, so that no contender is always first.
      for (let turn = 0; turn < running.length; turn++) {
        const entry = running[(turn + round) % running.length];
        if (entry && takesPart(entry, work)) await measureRound(entry, work, round, options);
      }
    }
    console.log(round === 0 ? 'Warm-up done.' : `Round ${round} of ${options.rounds} done.`);
  }

  for (const entry of running) {
    entry.peakMemory = readMemory(entry.server.pid).peak;
    await entry.server.stop();
  }
  return { options, entries: running.map(({ server: _, path: __, key: ___, deepCursor: ____, ...entry }) => entry) };
}

async function start(
  contender: Contender,
  size: number,
  { key }: { readonly key: string },
  path: string,
  { isShort }: Options,
): Promise<Running> {
  const times: number[] = [];
  for (let attempt = isShort ? 3 : 1; attempt < 3; attempt++) {
    const server = await startServer(contender, path);
    times.push(server.readyAfter);
    await server.stop();
  }
  const server = await startServer(contender, path);
  times.push(server.readyAfter);
  const readyAfter = median(times);
  return { contender, size, server, path, key, deepCursor: '', readyAfter, idleMemory: 0, peakMemory: 0, rounds: {} };
}

/** Reads the memory of started servers before their first request, then finds a deep cursor of each gateway. */
async function settle(entries: readonly Running[]): Promise<void> {
  // A gateway gives the memory of its start back after a second.
  await sleep(2_500);
  for (const entry of entries) entry.idleMemory = readMemory(entry.server.pid).resident;
  for (const entry of entries.filter(({ contender }) => contender.name === 'gateway'))
    entry.deepCursor = await findCursorAt90Percent(entry.server.port, entry.key, entry.size);
}

function takesPart({ contender, size }: Entry, { isGrowth, name }: Work): boolean {
  if (contender.name !== 'gateway') return !isGrowth;
  return size === smallSize || name !== 'one';
}

async function measureRound(entry: Running, work: Work, round: number, { isShort }: Options): Promise<void> {
  const { contender, size, server, path, key, deepCursor } = entry;
  const inRound = isShort ? work.requests.short : work.requests.full;
  const requests = round === 0 && !isShort ? inRound * warmUpRounds : inRound;
  const request = work.request(contender.protocol, { size, deepCursor, round });
  const before = work.isWrite ? revisionsIn(path) : 0;
  const job = { ...request, port: server.port, key, requests, connections, size };
  const measurement = await measure(server, job).catch((error: Error) => {
    throw new Error(`${contender.title}, ${work.title}: ${error.message}`);
  });
  if (work.isWrite) {
    const written = revisionsIn(path) - before;
    if (written !== requests) {
      throw new Error(`${contender.title} wrote ${written} revisions in ${requests} replaces.`);
    }
  }
  if (round > 0) (entry.rounds[work.name] ??= []).push(measurement);
}

/** Walks the list from its end, which is closer. */
async function findCursorAt90Percent(port: number, key: string, size: number): Promise<string> {
  let before: string | null = null;
  for (let left = size * 0.1; left > 0; left -= 100) {
    const query = `query($before: String) { experiments(last: 100, before: $before) { pageInfo { startCursor } } }`;
    const { path, ...request } = graphql(query, { before });
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      ...request,
      headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
    });
    const answer = (await response.json()) as { data: { experiments: { pageInfo: { startCursor: string } } } };
    before = answer.data.experiments.pageInfo.startCursor;
  }
  return before ?? '';
}

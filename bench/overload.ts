import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { contenders } from './contenders.ts';
import { createDatabases, createFirstExperiment } from './databases.ts';
import { toExperimentId } from './load.ts';
import { median, smallSize } from './measurements.ts';
import type { OpenJob, OpenOutcome } from './open-load.ts';
import type { Options } from './options.ts';
import { readCpu, type Server, startServer } from './servers.ts';
import { content, documents, graphql } from './works.ts';

/** The callers of an overload. Each has one request under way at a time. */
const callers = 500;
/** The callers who together use all that the gateway can do, and no more. */
const busyCallers = 32;
/** How many times what the gateway can do is asked for. */
const factors = [0.5, 1, 5];

type Request = ReturnType<typeof graphql>;
const toId = (n: number) => toExperimentId((n * 7919) % smallSize);
const one = (n: number) => graphql(documents.one, { id: toId(n) });
const page = () => graphql(documents.page, { first: 50 });
const replace = (n: number) =>
  graphql(documents.replace, { id: toId(n), input: { ...content, name: `Run ${Math.floor(n / smallSize)}` } });
const builders: readonly ((n: number) => Request)[] = [one, one, one, page, replace];
const mixed = (n: number) => (builders[n % builders.length] as (n: number) => Request)(n);
const loads = { 'reads of one': one, 'pages of 50': page, replaces: replace, 'three reads, a page, a replace': mixed };

type Job = Omit<OpenJob, 'port' | 'skipSeconds'>;
interface Measured extends OpenOutcome {
  /** The share of a core that the gateway used. */
  readonly cpu: number;
  /** The slowest response of `/health`, in milliseconds. */
  readonly health: number;
}

/**
 * Measures what is left of the gateway's throughput and latency when several times more is asked for than it can do, and
 * what the flood of one organization does to another. Every figure comes from separate processes, in rounds.
 */
export async function measureOverload({ isShort, rounds }: Options): Promise<void> {
  const [gateway] = contenders;
  if (!gateway) throw new Error('The gateway is not among the contenders.');
  const files = createDatabases();
  const { path, key } = await files.template(smallSize);
  const otherKey = await files.createKey(path, 'other');
  const server = await startServer(gateway, path);
  await createFirstExperiment(server, otherKey);
  const seconds = isShort ? 2 : 5;
  const build = (toRequest: (n: number) => Request, credential: string) =>
    Array.from({ length: 2 * smallSize }, (_, n) => toBytes(server.port, credential, toRequest(n)));

  for (const [title, toRequest] of Object.entries(loads)) {
    const requests = build(toRequest, key);
    await load(server, { requests, rate: 0, seconds, connections: busyCallers }); // warms up
    const entries = new Map<number, Measured[]>();
    const add = (factor: number, measured: Measured) => entries.set(factor, [...(entries.get(factor) ?? []), measured]);
    for (let round = 0; round < rounds; round++) {
      const busy = await measure(server, { requests, rate: 0, seconds, connections: busyCallers });
      add(0, busy);
      const rate = busy.accepted / busy.seconds;
      for (const factor of factors) {
        add(factor, await measure(server, { requests, rate: factor * rate, seconds, connections: callers }));
        await sleep(1_000);
      }
    }
    print(title, entries);
  }
  await measureFairness(
    server,
    build(page, key),
    build(() => one(0), otherKey),
    { seconds, rounds },
  );
  await server.stop();
}

/** The latency of one organization's calm reads, with and without another one that sends as many pages as it can. */
async function measureFairness(
  server: Server,
  flood: readonly string[],
  calm: readonly string[],
  { seconds, rounds }: { seconds: number; rounds: number },
): Promise<void> {
  const calmJob = { requests: calm, rate: 100, seconds, connections: 20 };
  const alone: OpenOutcome[] = [];
  const beside: OpenOutcome[] = [];
  let floods = 0;
  for (let round = 0; round < rounds; round++) {
    alone.push(await load(server, calmJob));
    const flooding = load(server, { requests: flood, rate: 0, seconds: seconds + 2, connections: 10 * busyCallers });
    await sleep(1_000);
    beside.push(await load(server, calmJob));
    floods += (await flooding).accepted;
  }
  const describe = (outcomes: readonly OpenOutcome[]) =>
    `p50 ${toMedian(outcomes, 'p50', 1)} ms, p99 ${toMedian(outcomes, 'p99', 1)} ms, ${outcomes.reduce((sum, { refused }) => sum + refused, 0)} refused`;
  console.log(`
One organization reads an experiment 100 times a second: ${describe(alone)}
while another sends pages over ${10 * busyCallers} connections: ${describe(beside)} (${floods} pages)
p99 beside / alone: ${median(beside.map(({ p99 }, at) => p99 / (alone[at]?.p99 ?? Number.NaN))).toFixed(2)}`);
}

function toBytes(port: number, key: string, { method, path, body }: Request): string {
  const head = `${method} ${path} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\nauthorization: Bearer ${key}\r\n`;
  return `${head}content-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

async function load({ port }: Server, job: Job): Promise<OpenOutcome> {
  const child = spawn(process.execPath, [fileURLToPath(new URL('open-load.ts', import.meta.url))], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  child.stdin.end(JSON.stringify({ ...job, port, skipSeconds: 1 }));
  const outcome = JSON.parse(await text(child.stdout)) as OpenOutcome;
  if (outcome.other > 0) throw new Error(`${outcome.other} responses had neither status 200 nor 503.`);
  if (outcome.withoutRetryAfter > 0) throw new Error(`${outcome.withoutRetryAfter} refusals had no Retry-After.`);
  return outcome;
}

async function measure(server: Server, job: Job): Promise<Measured> {
  const stop = new AbortController();
  const probes = probeHealth(server, stop.signal);
  const before = readCpu(server.pid);
  const outcome = await load(server, job);
  const cpu = (readCpu(server.pid) - before) / 1e6 / job.seconds;
  stop.abort();
  return { ...outcome, cpu, health: Math.max(...(await probes)) };
}

/** The response times of `/health` over connections of their own, in milliseconds. */
async function probeHealth({ port }: Server, signal: AbortSignal): Promise<number[]> {
  const times: number[] = [];
  while (!signal.aborted) {
    const start = performance.now();
    const { status } = await fetch(`http://127.0.0.1:${port}/health`, { headers: { connection: 'close' } });
    if (status !== 200) throw new Error(`/health responded with ${status}.`);
    times.push(performance.now() - start);
    await sleep(50);
  }
  return times;
}

function toMedian<Key extends string>(
  outcomes: readonly Readonly<Record<Key, number>>[],
  value: Key,
  digits = 0,
): string {
  return median(outcomes.map((outcome) => outcome[value] ?? Number.NaN)).toFixed(digits);
}

function print(title: string, entries: ReadonlyMap<number, readonly Measured[]>): void {
  const busy = entries.get(0) ?? [];
  const calm = entries.get(factors[0] as number) ?? [];
  const ratio = (of: readonly number[], to: readonly number[]) =>
    median(of.map((value, at) => value / (to[at] ?? Number.NaN))).toFixed(2);
  const rates = (measured: readonly Measured[]) => measured.map(({ accepted, seconds }) => accepted / seconds);
  console.log(
    `\n${title}: goodput/s (of the most), 503/s, unsent/s, p50, p99 ms (of calm), /health, CPU, generator's lag`,
  );
  for (const [factor, measured] of entries) {
    const perSecond = (value: 'refused' | 'unsent') =>
      median(measured.map((outcome) => outcome[value] / outcome.seconds)).toFixed(0);
    const columns = [
      factor === 0 ? `${busyCallers} callers` : `${factor} x`,
      `${median(rates(measured)).toFixed(0)} (${ratio(rates(measured), rates(busy))})`,
      perSecond('refused'),
      perSecond('unsent'),
      toMedian(measured, 'p50', 1),
      `${toMedian(measured, 'p99', 1)} (${ratio(
        measured.map(({ p99 }) => p99),
        calm.map(({ p99 }) => p99),
      )})`,
      Math.max(...measured.map(({ health }) => health)).toFixed(0),
      toMedian(measured, 'cpu', 2),
      toMedian(measured, 'lagP99', 1),
    ];
    console.log(columns.map((column) => column.padStart(13)).join(''));
  }
}

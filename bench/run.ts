import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Job, Outcome } from './load.ts';
import { seed } from './seed.ts';

/**
 * `npm run bench`: CPU time of the gateway's own process per request, for a replace that is a real change and for a
 * page of 50, with 1,000 and with 100,000 experiments in the organization. Rounds are interleaved and the medians are
 * printed. `npm run bench -- --short` for daily use.
 */
const root = fileURLToPath(new URL('..', import.meta.url));
const isShort = process.argv.includes('--short');
const rounds = isShort ? 1 : 5;
const sizes = isShort ? [1_000] : [1_000, 100_000];
const key = 'bench-key-of-at-least-32-characters';
const clockTicks = Number(execFileSync('getconf', ['CLK_TCK']));

const replace = `mutation($id: ID!, $input: ReplaceExperimentInput!) { replaceExperiment(id: $id, input: $input) {
  __typename ... on ReplaceExperimentSuccess { experiment { id name revision updatedAt batchSize workflow evaluatorIds } changes { field reason } warnings { code } } } }`;
const page = (after: string, total: string) => `{ experiments(first: 50${after}) { ${total} edges { cursor node {
  id name status createdAt updatedAt datasetId workflowCount progress tags evaluatorIds batchSize revision } } pageInfo { hasNextPage endCursor } } }`;
const input = (n: string) =>
  `{"name":"Run ${n}","description":"Nightly quality run","datasetId":"ds_support_qa","batchSize":200,"evaluatorIds":["quality","tone"],"workflow":[{"type":"completion","config":{"model":"small","temperature":0.2,"max_tokens":256}}]}`;

interface Gateway {
  readonly size: number;
  readonly url: string;
  readonly pid: number;
  readonly deepCursor: string;
  stop(): Promise<void>;
}

async function start(size: number): Promise<Gateway> {
  // Beside the project, not in a memory file system: a durable commit has to reach a disk.
  const folder = mkdtempSync(join(process.env.BENCH_FOLDER ?? tmpdir(), 'gateway-bench-'));
  const path = join(folder, 'gateway.db');
  const env = {
    ...process.env,
    DATABASE_URL: `file:${path}`,
    PORT: '0',
    BOOTSTRAP_API_KEY: key,
    NODE_ENV: 'production',
    LOG_LEVEL: 'warn',
  };
  const launch = () =>
    spawn(process.execPath, ['src/gateway.mjs', 'serve'], {
      cwd: root,
      env: { ...env, LOG_LEVEL: 'info' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
  let child = launch();
  let url = await listening(child);
  await post(
    url,
    `mutation { createExperiment(input: {experimentId: "exp_0000000", ${graphqlInput}}) { __typename } }`,
  );
  await ended(child);
  seed(path, 'default', size);
  child = launch();
  url = await listening(child);
  let cursor = '';
  for (let at = 0; at < size * 0.9; at += 100) {
    const answer = (await post(url, `{ experiments(first: 100${cursor}) { pageInfo { endCursor } } }`)) as {
      data: { experiments: { pageInfo: { endCursor: string } } };
    };
    cursor = `, after: "${answer.data.experiments.pageInfo.endCursor}"`;
  }
  return {
    size,
    url,
    pid: child.pid ?? 0,
    deepCursor: cursor,
    stop: async () => {
      await ended(child);
      rmSync(folder, { recursive: true });
    },
  };
}

const graphqlInput =
  'name: "Seed", datasetId: "ds_support_qa", evaluatorIds: ["quality", "tone"], tags: [{team: "qa"}], workflow: [{type: "completion", config: {model: "small"}}]';

function listening(child: ReturnType<typeof spawn>): Promise<string> {
  return new Promise((resolve, reject) => {
    child.stdout?.on('data', (text: Buffer) => {
      const url = /"url":"([^"]+)"/.exec(text.toString())?.[1];
      if (url) resolve(url);
    });
    child.once('exit', (code) => reject(new Error(`The gateway ended with ${code}`)));
  });
}

function ended(child: ReturnType<typeof spawn>): Promise<void> {
  return new Promise((resolve) => {
    child.removeAllListeners('exit').once('exit', () => resolve());
    child.kill('SIGTERM');
  });
}

async function post(url: string, query: string): Promise<unknown> {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${key}` };
  return (await fetch(`${url}/graphql`, { method: 'POST', headers, body: JSON.stringify({ query }) })).json();
}

/** CPU time that a process has used, in microseconds: user and system, all its threads. */
function cpuOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return ((Number(fields[11]) + Number(fields[12])) / clockTicks) * 1_000_000;
}

function memoryOf(pid: number): number {
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024);
}

async function load(job: Job): Promise<Outcome> {
  const { execFile } = await import('node:child_process');
  const { stdout } = await promisify(execFile)(process.execPath, [
    join(dirname(fileURLToPath(import.meta.url)), 'load.ts'),
    JSON.stringify(job),
  ]);
  return JSON.parse(stdout) as Outcome;
}

const works: Record<string, (gateway: Gateway) => Omit<Job, 'url' | 'key'>> = {
  replace: ({ size }) => ({
    body: `{"query":${JSON.stringify(replace)},"variables":{"id":"exp_${String(Math.floor(size / 2)).padStart(7, '0')}","input":${input('{n} of {round}')}}}`,
    requests: isShort ? 3_000 : 10_000,
    connections: 32,
    expect: '"changes":[{"field":"name"',
  }),
  'page of 50': () => ({
    body: JSON.stringify({ query: page('', '') }),
    requests: isShort ? 1_000 : 3_000,
    connections: 32,
    expect: '"hasNextPage":true',
  }),
  'page of 50, total': () => ({
    body: JSON.stringify({ query: page('', 'totalCount') }),
    requests: isShort ? 500 : 1_000,
    connections: 32,
    expect: '"totalCount"',
  }),
  'page of 50 at 90 %': ({ deepCursor }) => ({
    body: JSON.stringify({ query: page(deepCursor, '') }),
    requests: isShort ? 1_000 : 3_000,
    connections: 32,
    expect: '"hasNextPage":true',
  }),
};

const gateways: Gateway[] = [];
for (const size of sizes) gateways.push(await start(size));
const idle = gateways.map(({ pid }) => memoryOf(pid));
const results = new Map<string, (Outcome & { cpu: number; rate: number })[]>();
for (let round = 0; round <= rounds; round++) {
  for (const [name, work] of Object.entries(works)) {
    for (const gateway of gateways) {
      const job = { url: `${gateway.url}/graphql`, key, ...work(gateway) };
      const before = cpuOf(gateway.pid);
      const outcome = await load({ ...job, body: job.body.replaceAll('{round}', String(round)) });
      const cpu = (cpuOf(gateway.pid) - before) / job.requests;
      const label = `${name}, ${gateway.size.toLocaleString('en')} experiments`;
      // The first round warms up.
      if (round > 0)
        results.set(label, [...(results.get(label) ?? []), { ...outcome, cpu, rate: job.requests / outcome.seconds }]);
    }
  }
}
const median = (values: number[]) =>
  values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? Number.NaN;
console.table(
  Object.fromEntries(
    [...results].map(([label, outcomes]) => [
      label,
      {
        'CPU µs': Math.round(median(outcomes.map(({ cpu }) => cpu))),
        'requests/s': Math.round(median(outcomes.map(({ rate }) => rate))),
        'p50 ms': Number(median(outcomes.map(({ p50 }) => p50)).toFixed(1)),
        'p99 ms': Number(median(outcomes.map(({ p99 }) => p99)).toFixed(1)),
      },
    ]),
  ),
);
console.log(
  'Memory in MB, idle then loaded:',
  gateways.map(({ size, pid }, index) => `${size}: ${idle[index]}, ${memoryOf(pid)}`).join('; '),
);
for (const gateway of gateways) await gateway.stop();

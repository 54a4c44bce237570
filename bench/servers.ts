import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Contender } from './contenders.ts';
import type { Job, Outcome } from './load.ts';

export const root = fileURLToPath(new URL('..', import.meta.url));

/** A contender that runs, on a database of its own. */
export interface Server {
  readonly port: number;
  readonly pid: number;
  /** From the start of the process to its first answer, in seconds. */
  readonly readyAfter: number;
  stop(): Promise<void>;
}

const children = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL');
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

/** Only what a program needs to run: no configuration of the person who measures. */
export function buildEnvironment(databasePath: string): NodeJS.ProcessEnv {
  const { PATH, HOME } = process.env;
  return { PATH, HOME, DATABASE_URL: `file:${databasePath}`, NODE_ENV: 'production', LOG_LEVEL: 'warn' };
}

/** Starts a server and waits for its first answer, whatever it is. */
export async function startServer(
  { title, command }: Pick<Contender, 'title' | 'command'>,
  databasePath: string,
): Promise<Server> {
  const port = await freePort();
  const start = performance.now();
  const child = spawn(process.execPath, [...command], {
    cwd: root,
    env: { ...buildEnvironment(databasePath), PORT: String(port) },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  children.add(child);
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  while (!(await answers(port))) {
    if (child.exitCode !== null) throw new Error(`${title} ended with ${child.exitCode} at its start.`);
    if (performance.now() - start > 60_000) throw new Error(`${title} did not answer within a minute.`);
    await sleep(10);
  }
  return {
    port,
    pid: child.pid ?? 0,
    readyAfter: (performance.now() - start) / 1000,
    async stop() {
      child.kill('SIGTERM');
      await exited;
      children.delete(child);
    },
  };
}

async function answers(port: number): Promise<boolean> {
  return fetch(`http://127.0.0.1:${port}/health`, { headers: { connection: 'close' } })
    .then((response) => response.arrayBuffer())
    .then(
      () => true,
      () => false,
    );
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' ? (address?.port ?? 0) : 0));
    });
  });
}

/** CPU time that a process has used, user and system, all its threads, in microseconds. */
export function readCpu(pid: number): number {
  let nanoseconds = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    nanoseconds += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ', 1)[0]);
  }
  return nanoseconds / 1000;
}

/** Memory of a process in MB: resident now, and the most that it ever was. */
export function readMemory(pid: number): { readonly resident: number; readonly peak: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const megabytes = (name: string) => Math.round(Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1]) / 1024);
  return { resident: megabytes('VmRSS'), peak: megabytes('VmHWM') };
}

/** What a round of load cost. */
export interface Measurement extends Outcome {
  /** CPU time of the server, in microseconds a request. */
  readonly cpu: number;
  readonly rate: number;
}

/** Loads a server with a job and says what that cost. Fails when an answer is not the one to expect. */
export async function measure(server: Server, job: Job): Promise<Measurement> {
  const before = readCpu(server.pid);
  const outcome = await load(job);
  return { ...outcome, cpu: (readCpu(server.pid) - before) / job.requests, rate: job.requests / outcome.seconds };
}

async function load(job: Job): Promise<Outcome> {
  const child = spawn(process.execPath, [fileURLToPath(new URL('load.ts', import.meta.url))], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  children.add(child);
  child.stdin.end(JSON.stringify(job));
  const [output, fault] = await Promise.all([text(child.stdout), text(child.stderr)]);
  children.delete(child);
  if (output === '') throw new Error(fault.trim());
  return JSON.parse(output) as Outcome;
}

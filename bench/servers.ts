import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Contender } from './contenders.ts';
import type { Job, Outcome } from './load.ts';

export const root = fileURLToPath(new URL('..', import.meta.url));

/** A running contender, with its own database. */
export interface Server {
  readonly port: number;
  readonly pid: number;
  /** The time from the start of the process to its first response, in seconds. */
  readonly readyAfter: number;
  stop(): Promise<void>;
}

const children = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL');
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

/** The environment of a server: only what a program needs to run, and none of the user's configuration. */
export function buildEnvironment(databasePath: string): NodeJS.ProcessEnv {
  const { PATH, HOME } = process.env;
  return { PATH, HOME, DATABASE_URL: `file:${databasePath}`, NODE_ENV: 'production', LOG_LEVEL: 'warn' };
}

/** Starts a server and waits for its first response, whatever it is. */
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
    if (child.exitCode !== null) throw new Error(`${title} exited with code ${child.exitCode} while starting.`);
    if (performance.now() - start > 60_000) throw new Error(`${title} did not respond within a minute.`);
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

/** The CPU time that a process has used, user and system, in all its threads, in microseconds. */
export function readCpu(pid: number): number {
  let nanoseconds = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    nanoseconds += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ', 1)[0]);
  }
  return nanoseconds / 1000;
}

/** The memory of a process in MB: resident now, and at its peak. */
export function readMemory(pid: number): { readonly resident: number; readonly peak: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const megabytes = (name: string) => Math.round(Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1]) / 1024);
  return { resident: megabytes('VmRSS'), peak: megabytes('VmHWM') };
}

/** The cost of one round of load. */
export interface Measurement extends Outcome {
  /** The CPU time of the server per request, in microseconds. */
  readonly cpu: number;
  readonly rate: number;
}

/** Loads a server with a job and returns its cost. Rejects when a response is not the expected one. */
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

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseEnv } from 'node:util';
import { onTestFinished } from 'vitest';
import { type AtEnd, createTemporaryFolder } from '../gateway/test-gateway.ts';
import { prebuiltPackages } from './prebuilt-packages.ts';

export const repository = fileURLToPath(new URL('../../../', import.meta.url));

/** The search path of a user's shell, without the entries that npm adds for its scripts. */
export const ownPath = (process.env.PATH ?? '')
  .split(delimiter)
  .filter((folder) => !folder.includes(join('node_modules', '.bin')) && !folder.includes('node-gyp-bin'))
  .join(delimiter);

type Environment = Readonly<Record<string, string>>;

export interface Options {
  /** The environment of the process in addition to `PATH` and `HOME`; nothing else is inherited. */
  readonly env?: Environment;
  /** Runs the process in its own group, as a terminal does. */
  readonly group?: boolean;
  /** The working directory, the repository root by default. */
  readonly cwd?: string;
  /** Runs the process as another user. */
  readonly uid?: number;
  /** When the process is killed: at the end of the test, unless a whole file shares it. */
  readonly atEnd?: AtEnd;
}

export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A started process, killed at the end of the test unless `atEnd` says otherwise. */
export interface Running {
  readonly child: ChildProcess;
  stdout(): string;
  /** Everything it has written to either stream. */
  output(): string;
  /** Waits for the first match in its output. Rejects with the output if the process ends without a match. */
  until(pattern: RegExp): Promise<RegExpExecArray>;
  readonly ended: Promise<Ending>;
  /** Sends a signal to the process or, with `group`, to its whole group, as Ctrl-C does. */
  signal(name: NodeJS.Signals, to?: 'group'): void;
}

/** The variables of the developer's own `.env`, empty, so that a gateway in the repository root does not take them. */
const ownVariables = existsSync(join(repository, '.env'))
  ? Object.fromEntries(Object.keys(parseEnv(readFileSync(join(repository, '.env'), 'utf8'))).map((name) => [name, '']))
  : {};

/** Starts a program. */
export function start([program = '', ...args]: readonly string[], options: Options = {}): Running {
  const child = spawn(program, args, {
    cwd: options.cwd ?? repository,
    env: { ...ownVariables, PATH: ownPath, HOME: process.env.HOME ?? '/', ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(options.group && { detached: true }),
    ...(options.uid !== undefined && { uid: options.uid, gid: options.uid }),
  });
  const written = { stdout: '', stderr: '', all: '' };
  const listeners = new Set<() => void>();
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      written[name] += text;
      written.all += text;
      for (const listener of listeners) listener();
    });
  }
  const ended = new Promise<Ending>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      resolve({ code, signal, stdout: written.stdout, stderr: written.stderr });
      for (const listener of listeners) listener();
    });
  });

  const signal: Running['signal'] = (name, to) => process.kill(to ? -(child.pid ?? 0) : (child.pid ?? 0), name);
  const isOver = () => child.exitCode !== null || child.signalCode !== null;

  const atEnd: AtEnd = options.atEnd ?? onTestFinished;
  atEnd(async () => {
    if (options.group) {
      // A program that npm left behind is still in the group.
      try {
        signal('SIGKILL', 'group');
      } catch {
        // All of them have ended.
      }
    } else if (!isOver()) signal('SIGKILL');
    await ended;
  });

  return {
    child,
    stdout: () => written.stdout,
    output: () => written.all,
    until: (pattern) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const match = pattern.exec(written.all);
          if (!match && !isOver()) return;
          listeners.delete(look);
          if (match) resolve(match);
          else reject(new Error(`The process ended without ${pattern}:\n${written.all}`));
        };
        listeners.add(look);
        look();
      }),
    ended,
    signal,
  };
}

/** Makes a Node process start in less than half the CPU time; see `prebuilt-packages.ts`. */
export const prebuilt = ['--import', prebuiltPackages] as const;

/** The gateway program; append a command. */
export const gatewayProgram = [process.execPath, ...prebuilt, 'src/gateway.mjs'] as const;

/** Runs one gateway command and waits for it to end. */
export async function runGateway(args: readonly string[], options: Options = {}): Promise<Ending> {
  return start([...gatewayProgram, ...args], options).ended;
}

export interface RunningGateway extends Running {
  readonly url: string;
  readonly databasePath: string;
  /** The key that a new development database gets; empty if none was printed. */
  readonly firstKey: string;
  /** POSTs an operation with a key and returns the body. */
  graphql(query: string, variables?: Record<string, unknown>, key?: string): Promise<any>;
}

/**
 * Starts a gateway on a free port and waits until it listens. Uses a new database unless `env` names one. With Node
 * `flags`, it loads its packages as installed.
 */
export async function startGateway({
  env = {},
  flags = prebuilt,
  ...options
}: Options & { readonly flags?: readonly string[] } = {}): Promise<RunningGateway> {
  const databasePath =
    env.DATABASE_URL?.slice('file:'.length) ?? join(createTemporaryFolder(options.atEnd), 'gateway.db');
  const running = start([process.execPath, ...flags, 'src/gateway.mjs', 'serve'], {
    ...options,
    env: { PORT: '0', DATABASE_URL: `file:${databasePath}`, ...env },
  });
  return listening(running, databasePath);
}

/** Waits until a started gateway listens. */
export async function listening(running: Running, databasePath: string): Promise<RunningGateway> {
  const [, url = ''] = await running.until(/(?:Experiment gateway +|"url":")(http:\/\/[^\s"]+).*\n/);
  const [firstKey = ''] = /sk_[\w-]+/.exec(running.stdout()) ?? [];
  return {
    ...running,
    url,
    databasePath,
    firstKey,
    async graphql(query, variables, key = firstKey) {
      const response = await fetch(`${url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
        body: JSON.stringify({ query, variables }),
      });
      return response.json();
    },
  };
}

/** Finds a port that nothing listens on. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address ? address.port : 0;
}

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, globSync } from 'node:fs';
import { join } from 'node:path';
import { mayUse } from '../gateway/services.ts';
import { type AtEnd, createTemporaryFolder } from '../gateway/test-gateway.ts';
import { freePort } from '../process/process.ts';
import { hasServer, withClient } from './postgres.ts';
import { waitUntil } from './redis.ts';

/** The location of the PostgreSQL server programs, so that tests can start their own servers. */
const programs = globSync('{/usr/lib/postgresql/*/bin,/usr/pgsql-*/bin,/opt/homebrew/opt/postgresql*/bin}/initdb')
  .map((initdb) => join(initdb, '..'))
  .at(-1);

export const canReplicate = hasServer && mayUse('postgres', programs !== undefined);

/** PostgreSQL refuses to run as root. */
const user =
  process.getuid?.() === 0
    ? { uid: readId('-u'), gid: readId('-g') }
    : { uid: process.getuid?.(), gid: process.getgid?.() };

function readId(which: '-u' | '-g'): number | undefined {
  return canReplicate ? Number(execFileSync('id', [which, 'postgres'])) : undefined;
}

/** A server that belongs to the test. */
export interface Server {
  readonly url: string;
  readonly port: number;
  start(): Promise<void>;
  /** Ends it immediately, like a crash. */
  kill(): Promise<void>;
  /** Ends it as an administrator does, although clients are connected. */
  stop(): Promise<void>;
}

/** Starts a server with an empty database, and a standby that follows it. */
export async function startReplication(atEnd: AtEnd): Promise<{ readonly primary: Server; readonly standby: Server }> {
  const { folder, run, server: primary } = await initialize(atEnd);
  const origin = ['-h', '127.0.0.1', '-p', `${primary.port}`, '-U', 'postgres'];
  run('pg_basebackup', ...origin, '-D', 'standby', '-R', '-X', 'stream', '-c', 'fast', '--no-sync');
  const standby = await createServer(folder, 'standby', [], atEnd);
  await standby.start();
  return { primary, standby };
}

/** Starts a server with an empty database, and with these settings. */
export async function startServer(settings: readonly string[], atEnd: AtEnd): Promise<Server> {
  return (await initialize(atEnd, settings)).server;
}

async function initialize(atEnd: AtEnd, settings: readonly string[] = []) {
  const folder = createTemporaryFolder(atEnd);
  if (user.uid !== undefined && user.gid !== undefined) chownSync(folder, user.uid, user.gid);
  const run = (program: string, ...args: string[]) =>
    execFileSync(join(programs ?? '', program), args, { ...user, cwd: folder, stdio: 'pipe' });

  run('initdb', '-D', 'primary', '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync');
  const server = await createServer(folder, 'primary', settings, atEnd);
  await server.start();
  return { folder, run, server };
}

async function createServer(
  folder: string,
  name: string,
  ownSettings: readonly string[],
  atEnd: AtEnd,
): Promise<Server> {
  const port = await freePort();
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  const settings = ['listen_addresses=127.0.0.1', 'unix_socket_directories=', 'fsync=off', 'shared_buffers=16MB'];
  const options = [...settings, ...ownSettings].flatMap((setting) => ['-c', setting]);
  let running: ChildProcess | undefined;

  async function end(signal: NodeJS.Signals): Promise<void> {
    if (!running) return;
    const ended = once(running, 'exit');
    running.kill(signal);
    await ended;
    running = undefined;
  }
  const kill = () => end('SIGQUIT');
  atEnd(kill);

  return {
    url,
    port,
    kill,
    stop: () => end('SIGINT'),
    async start() {
      const args = ['-D', join(folder, name), '-p', `${port}`, ...options];
      running = spawn(join(programs ?? '', 'postgres'), args, { ...user, cwd: folder, stdio: 'ignore' });
      await waitUntil(() => withClient(url, (client) => client.query('SELECT 1')).then(...asBoolean));
    },
  };
}

const asBoolean = [() => true, () => false] as const;

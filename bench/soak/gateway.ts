import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import packageJson from '../../package.json' with { type: 'json' };
import { readMemory, root } from '../servers.ts';
import type { Report } from './probe.ts';

/** The gateway that is watched, in a process of its own, with the flags that `npm start` uses. */
export interface Gateway {
  readonly url: string;
  readonly key: string;
  /** Asks the process about itself. */
  probe(): Promise<Report>;
  readResidentMegabytes(): number;
  countFiles(): number;
  /** The size of SQLite's log in MB; undefined on PostgreSQL. */
  measureLog(): number | undefined;
  /** Rejects when it does not end as it should. */
  stop(): Promise<void>;
}

/** Starts a gateway on this database, or on a new SQLite file beside the project, because commits must reach a disk. */
export async function startGateway(databaseUrl: string | undefined): Promise<Gateway> {
  mkdirSync(join(root, 'bench/.data'), { recursive: true });
  const folder = mkdtempSync(join(root, 'bench/.data/soak-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'gateway.db');
  const key = randomBytes(32).toString('hex');
  const { PATH, HOME } = process.env;
  const flags = packageJson.scripts.gateway.split(' ').filter((word) => word.startsWith('--'));
  const probe = fileURLToPath(new URL('probe.ts', import.meta.url));
  const child = spawn(process.execPath, ['--expose-gc', '--import', probe, ...flags, 'src/gateway.mjs', 'serve'], {
    cwd: root,
    env: {
      PATH,
      HOME,
      PORT: '0',
      NODE_ENV: 'production',
      LOG_LEVEL: 'info',
      BOOTSTRAP_API_KEY: key,
      DATABASE_URL: databaseUrl ?? `file:${path}`,
    },
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  process.on('exit', () => child.kill('SIGKILL'));
  const url = await readAddress(child);
  const pid = child.pid ?? 0;

  return {
    url,
    key,
    async probe() {
      child.send('report');
      const [report] = (await once(child, 'message')) as [Report];
      return report;
    },
    readResidentMegabytes: () => readMemory(pid).resident,
    countFiles: () => readdirSync(`/proc/${pid}/fd`).length,
    measureLog: () => (databaseUrl === undefined ? statSync(`${path}-wal`).size / 2 ** 20 : undefined),
    async stop() {
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      const [code] = await ended;
      if (code !== 0) throw new Error(`The gateway ended with code ${code}.`);
    },
  };
}

/** Waits until the gateway listens; from then on, its log is read and dropped. */
function readAddress({ stdout }: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    stdout?.on('data', (chunk: Buffer) => {
      if (text.length < 10_000) text += chunk.toString();
      const [, url] = /"url":"(http:[^"]+)"/.exec(text) ?? [];
      if (url) resolve(url);
    });
    stdout?.once('end', () => reject(new Error(`The gateway did not start: ${text}`)));
  });
}

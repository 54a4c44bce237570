import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import Database from 'better-sqlite3';
import { contenders } from './contenders.ts';
import { toExperimentId } from './load.ts';
import { seed } from './seed.ts';
import { buildEnvironment, root, startServer } from './servers.ts';
import { content, datasetName } from './works.ts';

const inMemory = new Set([0x01021994, 0x858458f6]);

/**
 * Databases for one run, in a folder beside the project, because durable commits must reach a disk. Deleted when the
 * process exits.
 */
export function createDatabases() {
  mkdirSync(join(root, 'bench/.data'), { recursive: true });
  const folder = mkdtempSync(join(root, 'bench/.data/run-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  if (inMemory.has(statfsSync(folder).type))
    console.warn('The project is on a file system in memory, not on a disk: commits cost nothing.');

  const run = (path: string, ...args: string[]) =>
    promisify(execFile)(process.execPath, ['src/gateway.mjs', ...args], { cwd: root, env: buildEnvironment(path) });

  /** Creates a key for an organization of a database. */
  async function createKey(path: string, organization: string): Promise<string> {
    const { stdout } = await run(path, 'keys', 'create', '--organization', organization, '--json');
    return (JSON.parse(stdout) as { key: string }).key;
  }

  return {
    createKey,

    /** Creates a database with the gateway, with this many experiments, and a key for it. */
    async template(size: number): Promise<{ readonly path: string; readonly key: string }> {
      const path = join(folder, `${size}.db`);
      await run(path, 'migrate');
      const key = await createKey(path, 'default');
      const [gateway] = contenders;
      if (!gateway) throw new Error('The gateway is not among the contenders.');
      const server = await startServer(gateway, path);
      await createFirstExperiment(server, key);
      await server.stop();
      seed(path, 'default', size);
      return { path, key };
    },

    copy(path: string, name: string): string {
      const copied = join(folder, `${name}.db`);
      copyFileSync(path, copied);
      return copied;
    },

    /** Writes a text to a file beside the databases. */
    file(name: string, text: string): string {
      const path = join(folder, name);
      writeFileSync(path, text);
      return path;
    },
  };
}

/** Creates the experiment that the others are copies of, and its dataset. */
export async function createFirstExperiment({ port }: { readonly port: number }, key: string): Promise<void> {
  const url = `http://127.0.0.1:${port}/graphql`;
  await write(url, key, 'registerDataset(input: $input)', 'RegisterDatasetInput', {
    id: content.datasetId,
    name: datasetName,
  });
  await write(url, key, 'createExperiment(input: $input)', 'CreateExperimentInput', {
    ...content,
    experimentId: toExperimentId(0),
    tags: [{ team: 'qa' }],
  });
}

async function write(url: string, key: string, call: string, type: string, input: object): Promise<void> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
    body: JSON.stringify({
      query: `mutation($input: ${type}!) { result: ${call} { __typename } }`,
      variables: { input },
    }),
  });
  const answer = await response.text();
  if (!/"__typename":"\w+Success"/.test(answer)) throw new Error(`The gateway could not be filled: ${answer}`);
}

/** Counts the revisions in a database, over a separate connection beside the server's. */
export function revisionsIn(path: string): number {
  const database = new Database(path, { readonly: true });
  try {
    return database.prepare('SELECT count(*) FROM experiment_revisions').pluck().get() as number;
  } finally {
    database.close();
  }
}

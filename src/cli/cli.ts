import { constants } from 'node:os';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { type Config, InvalidConfiguration, readConfigFromEnvironment } from '../config.ts';
import { isScope, type Scope, scopes } from '../domain/actor.ts';
import { CannotStart, StorageUnavailable } from '../domain/faults.ts';
import { isIdentifier } from '../domain/text-shapes.ts';
import type { Storage } from '../storage/storage.ts';
import { addCopyCommand } from './copy.ts';

/** Exit codes: done; could not be done; bad command line. */
const exit = { ok: 0, failed: 1, usage: 2 } as const;

/** A command could not do its work; the message is one line for the terminal. */
class CommandFailed extends Error {}

/** Runs one command line. Exits the process with its code on failure; `serve` exits after a signal to stop. */
export async function run(argv: readonly string[]): Promise<void> {
  try {
    await createProgram().parseAsync(argv, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) process.exit(error.exitCode === 0 ? exit.ok : exit.usage);
    const faults = error instanceof InvalidConfiguration ? error.faults : [];
    for (const fault of faults) console.error(toOneLine(fault));
    if (faults.length > 0) process.exit(exit.failed);
    const isExpected = [CommandFailed, CannotStart, StorageUnavailable].some((kind) => error instanceof kind);
    console.error(isExpected && error instanceof Error ? toOneLine(error.message) : error);
    process.exit(exit.failed);
  }
}

/** Messages may quote what was typed, and commander puts suggestions on a line of their own. */
function toOneLine(text: string): string {
  return text.trim().replace(/[\p{Cc}\s]+/gu, ' ');
}

/** Keeps only the scheme of each URL, because what was typed may hold a password. */
function hideUrls(text: string): string {
  return text.replaceAll(/([a-z]+:)\/\/\S*/gi, '$1//…');
}

function createProgram(): Command {
  const gateway = new Command('gateway')
    .description('The experiment gateway. Its environment variables are in the README, under Configuration.')
    .helpCommand(false)
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(`${hideUrls(toOneLine(text))}\n`) });

  gateway
    .command('serve')
    .description('Migrate the database, listen, and serve requests until SIGTERM or Ctrl-C.')
    .action(() => serve(readConfigFromEnvironment()));

  gateway
    .command('migrate')
    .description('Apply missing migrations and stop. Safe while gateways are running.')
    .action(async () => {
      const { databaseUrl } = readConfigFromEnvironment();
      const { showDatabaseUrl } = await import('../storage/engines.ts');
      await withStorage(databaseUrl, async () => console.log(`${showDatabaseUrl(databaseUrl)} is migrated.`), {
        mustExist: false,
      });
    });

  gateway
    .command('schema')
    .description('Print the GraphQL schema (SDL).')
    .action(async () => {
      const { printSdl } = await import('../schema/index.ts');
      process.stdout.write(printSdl());
    });

  gateway
    .command('backup')
    .description('Copy the database to a new file, while gateways go on writing.')
    .argument('<file>', 'the path of the copy; the file must not exist yet', parseNewFile)
    .action(async (file: string) => {
      await withStorage(readConfigFromEnvironment().databaseUrl, ({ backup }) => backup(file));
      console.log(
        `${file} is complete, checked and on disk. To restore, stop the gateway and put it in the database's place, without a -wal file beside it.`,
      );
    });

  addCopyCommand(gateway);

  const keys = gateway.command('keys').description('Create, list and revoke API keys.').helpCommand(false);
  keys
    .command('create')
    .description('Create an API key. It is shown once.')
    .requiredOption('--organization <id>', 'the organization whose experiments it reads and writes', parseLabel)
    .option('--name <text>', 'what the key is for', parseLabel)
    .option('--scopes <a,b>', `some of ${scopes.join(', ')} (default: all)`, parseScopes)
    .option('--json', 'print JSON')
    .action(createKey);
  keys
    .command('list')
    .description('List all keys, without their secrets.')
    .option('--json', 'print JSON')
    .action(listKeys);
  keys
    .command('revoke')
    .description('Revoke a key. Running gateways refuse it within a second.')
    .argument('<key-id>', 'the id of the key, as keys list shows it')
    .action(revokeKey);

  return gateway;
}

async function serve(config: Config): Promise<void> {
  // Before anything starts: a process that reads the greeting may send a signal immediately.
  const stopSignal = awaitSignal();
  const { startApp } = await import('../app.ts');
  const app = await startApp(config);
  if (config.isProduction) app.logger.info({ url: app.url }, 'listening');
  else process.stdout.write(describeGateway(app.url, app.firstKey));
  setTimeout(releaseStartMemory, 1_000).unref();

  const signal = await stopSignal;
  app.logger.info({ signal }, 'stopping');
  await app.close();
  process.exit(exit.ok);
}

/**
 * Gives the memory that only the start needed back to the system: a fifth of what an idle gateway holds. V8 does that by
 * itself only under load. Takes some 30 ms, once.
 */
function releaseStartMemory(): void {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as (options: { type: 'major'; flavor: 'last-resort' }) => void;
  collect({ type: 'major', flavor: 'last-resort' });
}

/** How long after the first signal another one counts as the same, in milliseconds. */
const sameSignalWindow = 1_000;

/**
 * Resolves with the first SIGTERM or SIGINT. A terminal sends Ctrl-C to the whole process group, and npm sends it
 * again, so signals within one second count as the same. A later one ends the process immediately.
 */
function awaitSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let first: number | undefined;
    const handleSignal = (signal: NodeJS.Signals) => {
      first ??= performance.now();
      if (performance.now() - first < sameSignalWindow) return resolve(signal);
      process.exit(128 + constants.signals[signal]);
    };
    process.on('SIGTERM', handleSignal).on('SIGINT', handleSignal);
  });
}

function describeGateway(url: string, firstKey: string | undefined): string {
  const lines = ['', `Experiment gateway   ${url}`, `GraphiQL             ${url}/graphql`, ''];
  if (firstKey !== undefined) {
    const body = JSON.stringify({
      query:
        'mutation { createExperiment(input: {name: "My first experiment"}) { __typename ... on CreateExperimentSuccess { experiment { id name revision } } } }',
    });
    lines.push(
      `Your API key, shown only now: ${firstKey}`,
      '',
      'Try it:',
      `curl -s ${url}/graphql -H 'Authorization: Bearer ${firstKey}' -H 'Content-Type: application/json' -d '${body}'`,
      '',
    );
  }
  return `${lines.join('\n')}\n`;
}

interface CreateKeyOptions {
  readonly organization: string;
  readonly name?: string;
  readonly scopes?: readonly Scope[];
  readonly json?: boolean;
}

async function createKey({
  organization,
  name: given,
  scopes: granted = scopes,
  json,
}: CreateKeyOptions): Promise<void> {
  const name = given ?? null;
  const { issueApiKey } = await import('../app.ts');
  await withStorage(readConfigFromEnvironment().databaseUrl, async ({ apiKeys }) => {
    const { key, secret } = await issueApiKey(apiKeys, { organization, name, scopes: granted });
    if (json) return console.log(JSON.stringify({ id: key.id, organization, name, scopes: granted, key: secret }));
    console.log(
      `${secret}\n\nKey ${key.id} for organization ${organization} (${granted.join(', ')}). It is not shown again.`,
    );
  });
}

async function listKeys({ json }: { json?: boolean }): Promise<void> {
  await withStorage(readConfigFromEnvironment().databaseUrl, async ({ apiKeys }) => {
    const keys = (await apiKeys.list()).map(({ hash: _, ...key }) => key);
    if (json) return console.log(JSON.stringify(keys));
    if (keys.length === 0)
      return console.log('There are no keys. Create one: npm run -s gateway -- keys create --organization <id>');
    for (const { id, organization, name, prefix, scopes, lastUsedAt, revokedAt } of keys) {
      const state = revokedAt
        ? `revoked ${revokedAt.toISOString()}`
        : `last used ${lastUsedAt?.toISOString() ?? 'never'}`;
      console.log([id, `${prefix}…`, organization, name ?? '-', scopes.join(','), state].join('  '));
    }
  });
}

async function revokeKey(id: string): Promise<void> {
  await withStorage(readConfigFromEnvironment().databaseUrl, async ({ apiKeys }) => {
    if (!(await apiKeys.revoke(id, new Date()))) throw new CommandFailed(`There is no key ${id}: see keys list.`);
    console.log(`Key ${id} is revoked.`);
  });
}

/** Only `serve` and `migrate` create a database; every other command refuses one that does not exist. */
async function withStorage(
  url: string,
  work: (storage: Storage) => Promise<void>,
  { mustExist } = { mustExist: true },
): Promise<void> {
  const { openStorage } = await import('../storage/open.ts');
  const storage = await openStorage(url, undefined, { mustExist });
  try {
    await work(storage);
  } finally {
    await storage.close();
  }
}

function parseScopes(text: string): Scope[] {
  const words = text.split(',').map((word) => word.trim());
  if (!words.every(isScope)) throw new InvalidArgumentError(`Accepted: ${scopes.join(', ')}, separated by commas.`);
  return [...new Set(words)];
}

function parseNewFile(text: string): string {
  // Otherwise a URL, or SQLite's :memory:, would become a file name.
  if (text.trim() === '' || /^([a-z][a-z\d+.-]+)?:/i.test(text))
    throw new InvalidArgumentError('Accepted: a path, for example ./backups/gateway.db.');
  return text;
}

function parseLabel(text: string): string {
  if (!isIdentifier(text)) throw new InvalidArgumentError('Accepted: 1 to 255 characters without control characters.');
  return text;
}

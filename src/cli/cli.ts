import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { type Config, InvalidConfiguration, readConfigFromEnvironment } from '../config.ts';
import { CannotStart, StorageUnavailable } from '../domain/faults.ts';
import { loadEnvFile } from '../env-file.ts';
import { showDatabaseUrl } from '../storage/engines.ts';
import { addCopyCommand } from './copy.ts';
import { CommandFailed, InvalidCommandLine } from './failures.ts';
import { addKeysCommand, createKeyCommand } from './keys.ts';
import { withStorage } from './with-storage.ts';

/** Exit codes: done; could not be done; bad command line. */
const exit = { ok: 0, failed: 1, usage: 2 } as const;

/** Runs one command line. Exits the process with its code on failure; `serve` exits after a signal to stop. */
export async function run(argv: readonly string[]): Promise<void> {
  try {
    await createProgram().parseAsync(argv, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) process.exit(error.exitCode === 0 ? exit.ok : exit.usage);
    for (const line of explain(error)) console.error(line);
    process.exit(error instanceof InvalidCommandLine ? exit.usage : exit.failed);
  }
}

/** One line for each fault that a person can correct; anything else is our bug, and shown whole. */
function explain(error: unknown): unknown[] {
  if (error instanceof InvalidConfiguration) return error.faults.map(toOneLine);
  const isExpected = [InvalidCommandLine, CommandFailed, CannotStart, StorageUnavailable].some(
    (kind) => error instanceof kind,
  );
  return [isExpected && error instanceof Error ? toOneLine(error.message) : error];
}

/** Messages may quote what was typed, and commander puts suggestions on a line of their own. */
function toOneLine(text: string): string {
  return text.trim().replace(/[\p{Cc}\s]+/gu, ' ');
}

/** Keeps only the scheme of each URL, because what was typed may hold a password. */
function hideUrls(text: string): string {
  return text.replaceAll(/([a-z]+:)\/\/\S*/gi, '$1//…');
}

function readVersion(): string {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  return String(version);
}

function createProgram(): Command {
  const gateway = new Command('gateway')
    .description(
      'The experiment gateway. Its environment variables, which may also stand in a file .env, are in the README, under Configuration.',
    )
    .version(readVersion(), '--version', 'Print the version.')
    .helpCommand(false)
    .hook('preAction', loadEnvFile)
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
      await withStorage(async (_, shown) => console.log(`${shown} is migrated.`), { mustExist: false });
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
      await withStorage(({ backup }) => backup(file));
      console.log(
        `${file} is complete, checked and on disk. To restore, stop the gateway and put it in the database's place, without a -wal file beside it.`,
      );
    });

  addCopyCommand(gateway);

  addKeysCommand(gateway);

  return gateway;
}

async function serve(config: Config): Promise<void> {
  // Before anything starts: a process that reads the greeting may send a signal immediately.
  const stopSignal = awaitSignal();
  const { startApp } = await import('../app.ts');
  const app = await startApp(config);
  const database = showDatabaseUrl(config.databaseUrl);
  if (config.isProduction) app.logger.info({ url: app.url, database, createKey: createKeyCommand }, 'listening');
  else process.stdout.write(describeGateway(app.url, database, app.firstKey, config.persistedOperations?.size));
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

/**
 * What a start in development prints. `firstKey` is the key of a new database, which is shown only here; the links to the
 * page and to GraphiQL sign in with it. `operations` is the number of persisted operations, when only those may be executed.
 */
function describeGateway(
  url: string,
  database: string,
  firstKey: string | undefined,
  operations: number | undefined,
): string {
  const signIn = firstKey === undefined ? '' : `#key=${encodeURIComponent(firstKey)}`;
  const showAddress = (path: string) =>
    operations === undefined
      ? `${url}${path}${signIn}`
      : `off, since only ${operations} persisted operations may be executed`;
  const lines = [
    '',
    `Experiment gateway   ${url}`,
    `Page                 ${showAddress('/')}`,
    `GraphiQL             ${showAddress('/graphql')}`,
    `Database             ${database}`,
    '',
  ];
  if (firstKey === undefined) lines.push(`To create another API key: ${createKeyCommand}`, '');
  else {
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

function parseNewFile(text: string): string {
  // Otherwise a URL, or SQLite's :memory:, would become a file name.
  if (text.trim() === '' || /^([a-z][a-z\d+.-]+)?:/i.test(text))
    throw new InvalidArgumentError('Accepted: a path, for example ./backups/gateway.db.');
  return text;
}

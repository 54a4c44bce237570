import { constants } from 'node:os';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { readConfigFromEnvironment } from '../config.ts';
import { createKeyCommand } from '../domain/command-line.ts';
import { showDatabaseUrl } from '../storage/engines.ts';

/** Serves until a signal to stop, and then exits the process. Rejects with `CannotStart`. */
export async function serve(): Promise<void> {
  const config = readConfigFromEnvironment();
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
  process.exit(0);
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
      `Your API key, shown only once: ${firstKey}`,
      '',
      'Try it:',
      `curl -s ${url}/graphql -H 'Authorization: Bearer ${firstKey}' -H 'Content-Type: application/json' -d '${body}'`,
      '',
    );
  }
  return `${lines.join('\n')}\n`;
}

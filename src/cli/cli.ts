import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { CannotStart, InvalidConfiguration, StorageUnavailable } from '../domain/faults.ts';
import { loadEnvFile } from '../env-file.ts';
import { CommandFailed, InvalidCommandLine } from './failures.ts';
import { addRunCommand, splitRun } from './run.ts';

/** Exit codes: done; could not be done; bad command line. */
const exit = { ok: 0, failed: 1, usage: 2 } as const;

/** Runs one command line. Exits the process with its code on failure; `serve` exits after a signal to stop. */
export async function run(argv: readonly string[]): Promise<void> {
  try {
    const { own, work } = splitRun(argv);
    const program = await createProgram(argv[0], work);
    await program.parseAsync(own, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) process.exit(error.exitCode === 0 ? exit.ok : exit.usage);
    for (const line of explain(error)) console.error(line);
    process.exit(findExitCode(error));
  }
}

function findExitCode(error: unknown): number {
  if (error instanceof CommandFailed) return error.exitCode;
  return error instanceof InvalidCommandLine ? exit.usage : exit.failed;
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

async function createProgram(command: string | undefined, work: readonly string[] | undefined): Promise<Command> {
  const gateway = new Command('gateway')
    .description(
      'The experiment gateway. docs/configuration.md describes its environment variables, which can also be in a file .env.',
    )
    .version(readVersion(), '--version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand(false)
    // A runner is a client, and the command that it starts must not inherit the gateway's secrets.
    .hook('preAction', (_, action) => {
      if (action.name() !== 'run') loadEnvFile();
    })
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(`${hideUrls(toOneLine(text))}\n`) });
  // Loading these takes most of the time of a short command, and a runner needs none of them.
  if (command !== 'run') {
    const { addGatewayCommands } = await import('./gateway-commands.ts');
    addGatewayCommands(gateway);
  }
  addRunCommand(gateway, work);
  return gateway;
}

import { type Command, InvalidArgumentError } from 'commander';
import { InvalidCommandLine } from './failures.ts';

const explanation = `
It takes a lease and renews it while the command runs. If the runner dies, the lease expires, and the next runner takes
the run over. A line "PROGRESS 40" in the output of the command reports 40 %. The command has no input, and is started
by sh. Without a command, two seconds of waiting stand in for the work.

  GATEWAY_URL            where the gateway is (default: http://localhost:4000)
  GATEWAY_KEY            an API key with the scope experiments:run
  GATEWAY_LEASE_SECONDS  how long the lease is: 10 to 86400 (default: 60)

These come from the environment alone, not from a file .env, and the command inherits them.

Exits 0 when the command has succeeded and the experiment is COMPLETED, or when another runner is at work; with the code
of the command when it has failed, and the experiment is FAILED with its last lines of output; with 1 and a message on
anything else: a wrong key, no gateway, no such experiment, a run that has ended or was taken over.`;

/** Adds the command that runs an experiment. It needs a gateway, and no database. */
export function addRunCommand(gateway: Command, work: readonly string[] | undefined): void {
  gateway
    .command('run')
    .description('Run an experiment: start it, run a command, and then complete it or fail it.')
    .usage('[options] <experiment-id> [-- <command> ...]')
    .argument('<experiment-id>', 'the id of the experiment', parseId)
    .allowExcessArguments()
    .addHelpText('after', explanation)
    .action(async (id: string, _options: unknown, { args }: Command) => {
      if (args.length > 1)
        throw new InvalidCommandLine(`error: missing '--' before the command: run ${id} -- ${args[1]} ...`);
      if (work?.length === 0) throw new InvalidCommandLine("error: missing command after '--'");
      const [{ runExperiment }, { readRunConfig }] = await Promise.all([
        import('./run/run-experiment.ts'),
        import('../run-config.ts'),
      ]);
      await runExperiment(readRunConfig(), id, work);
    });
}

/** Splits a command line of `run` at the `--` after the experiment: what follows is a command of its own. */
export function splitRun(argv: readonly string[]): { readonly own: string[]; readonly work: string[] | undefined } {
  const at = argv[0] === 'run' ? argv.indexOf('--', 1) : -1;
  return at === -1 ? { own: [...argv], work: undefined } : { own: argv.slice(0, at), work: argv.slice(at + 1) };
}

function parseId(text: string): string {
  if (text === '' || /\p{Cc}/u.test(text))
    throw new InvalidArgumentError('Accepted: an id without control characters.');
  return text;
}

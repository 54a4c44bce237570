import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import { StringDecoder } from 'node:string_decoder';
import { setTimeout as sleep } from 'node:timers/promises';
import { createOutput, type Output } from './output.ts';

/** How long the output must be silent after the command has ended while something that it started keeps it open. */
const silence = 1_000;
/** How long a command may take to end after SIGTERM, in milliseconds. */
const stopTimeout = 5_000;

/** Stands in for the work when there is no command. */
const standIn = ['sh', '-c', 'for percent in 25 50 75 100; do sleep 0.5; echo "PROGRESS $percent"; done'];

/** A command that runs. */
export interface Work {
  /** The exit code, or 128 and the number of the signal, once all output is taken. Never rejects. */
  readonly ended: Promise<number>;
  readonly output: Output;
  /** Ends the command and everything that it has started. */
  stop(): Promise<void>;
}

/** Starts a command without input, and passes its output on to standard output. */
export function startWork(command: readonly string[] = standIn): Work {
  const output = createOutput();
  const decoder = new StringDecoder('utf8');
  let takenAt = performance.now();
  // The shell makes one stream of both outputs, which keeps their order, and has exit codes for a command that it cannot
  // run. With a process group of its own, all of the command can be ended.
  const child = spawn('sh', ['-c', 'exec "$@" 2>&1', 'sh', ...command], {
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  });
  child.stdout.pipe(process.stdout, { end: false });
  child.stdout.on('data', (chunk: Buffer) => {
    takenAt = performance.now();
    output.take(decoder.write(chunk));
  });
  // Where nobody reads the output any more, the work goes on.
  process.stdout.on('error', () => child.stdout.resume());

  const exited = new Promise<number>((resolve) => {
    child.once('error', ({ message }) => {
      output.take(`${message}\n`);
      resolve(127);
    });
    child.once('exit', (code, signal) => resolve(code ?? 128 + constants.signals[signal ?? 'SIGKILL']));
  });
  const closed = once(child.stdout, 'close').catch(() => undefined);
  const takeTheRest = async () => {
    takenAt = performance.now();
    while (!child.stdout.closed && (child.stdout.isPaused() || performance.now() - takenAt < silence))
      await Promise.race([closed, sleep(100)]);
    child.stdout.destroy();
    output.take(decoder.end());
    output.end();
  };

  return {
    output,
    ended: exited.then(async (code) => {
      await takeTheRest();
      return code;
    }),
    stop: () => stopGroup(child.pid),
  };
}

/** Ends a process group: asks first, and then does not ask. */
async function stopGroup(leader: number | undefined): Promise<void> {
  if (leader === undefined) return;
  if (!signalGroup(leader, 'SIGTERM')) return;
  for (let waited = 0; waited < stopTimeout; waited += 100) {
    if (!signalGroup(leader, 0)) return;
    await sleep(100);
  }
  signalGroup(leader, 'SIGKILL');
}

/** Whether the group still had a process. */
function signalGroup(leader: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-leader, signal);
  } catch {
    return false;
  }
}

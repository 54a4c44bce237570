import { constants } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunConfig } from '../../run-config.ts';
import { CommandFailed } from '../failures.ts';
import { type Answer, createSteps, type TakeStep } from './steps.ts';
import { startWork, type Work } from './work.ts';

/** How often it looks whether there is something to report, and how long it waits between two reports, in milliseconds. */
const lookIntervalMs = 250;
const reportIntervalMs = 1_000;
/** How often the last step is tried while the gateway does not respond, and the milliseconds in between. */
const maxTries = 10;
const retryIntervalMs = 3_000;

/** A run that this process has started. */
interface Run {
  readonly id: string;
  readonly attempt: number;
  readonly leaseSeconds: number;
  readonly takeStep: TakeStep;
  readonly work: Work;
}

type Ending =
  | { readonly kind: 'exited'; readonly code: number }
  | { readonly kind: 'stopped'; readonly signal: Signal };
type Signal = 'SIGINT' | 'SIGTERM';

/**
 * Starts an experiment, runs a command, and then completes or fails the experiment. Resolves when the work was done or
 * another runner is at work. Rejects with `CommandFailed`, with the exit code of the command if that has failed.
 */
export async function runExperiment(config: RunConfig, id: string, command?: readonly string[]): Promise<void> {
  const { leaseSeconds } = config;
  const takeStep = createSteps(config, id);
  const started = await takeStep('start', { leaseSeconds });
  if (started.kind === 'refused' && started.current?.status === 'RUNNING') {
    console.error(`another runner is at work on ${id} already: ${started.message}`);
    return;
  }
  if (started.kind !== 'done') throw new CommandFailed(started.message);

  const signal = awaitSignal(config.isUnderNpm);
  const run = { id, attempt: started.attempt, leaseSeconds, takeStep, work: startWork(command) };
  try {
    await finish(run, await keepLease(run, signal));
  } finally {
    await flushOutput();
  }
}

/**
 * Resolves with the first signal. Later ones are ignored: the last step is still to be taken. When npm is ended, its shell
 * ends without passing the signal on, so there the end of the parent counts as a signal.
 */
function awaitSignal(isUnderNpm: boolean): Promise<Signal> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, resolve);
    const parent = process.ppid;
    const look = () => process.ppid !== parent && resolve('SIGTERM');
    if (isUnderNpm) setInterval(look, lookIntervalMs).unref();
  });
}

/** Renews the lease and reports progress until the command has ended or a signal has come. */
async function keepLease({ work, attempt, takeStep, leaseSeconds }: Run, signal: Promise<Signal>): Promise<Ending> {
  const ending = Promise.race<Ending>([
    work.ended.then((code) => ({ kind: 'exited', code })),
    signal.then((signal) => ({ kind: 'stopped', signal })),
  ]);
  let reported = 0;
  let sentAt = performance.now();
  for (;;) {
    const ended = await Promise.race([ending, sleep(lookIntervalMs)]);
    if (ended) return ended;
    const progress = work.output.progress();
    const waited = performance.now() - sentAt;
    if (waited < (progress === reported ? (leaseSeconds / 3) * 1_000 : reportIntervalMs)) continue;
    sentAt = performance.now();
    const answer = await takeStep('report', { attempt, progress });
    if (answer.kind === 'done') reported = progress;
    if (answer.kind === 'refused') {
      await work.stop();
      throw new CommandFailed(`stopped the command: ${answer.message}`);
    }
    if (answer.kind === 'unavailable')
      console.error(`the gateway did not accept the report, which will be sent again: ${answer.message}`);
  }
}

/** Completes or fails the experiment. Rejects with `CommandFailed` unless the command has succeeded. */
async function finish(run: Run, ending: Ending): Promise<void> {
  const { id, attempt, takeStep, work } = run;
  if (ending.kind === 'exited' && ending.code === 0) {
    await takeLastStep(run, 'COMPLETED', () => takeStep('complete', { attempt }));
    console.error(`${id} is COMPLETED`);
    return;
  }
  if (ending.kind === 'stopped') await work.stop();
  const code = ending.kind === 'exited' ? ending.code : 128 + constants.signals[ending.signal];
  const errorMessage =
    ending.kind === 'exited'
      ? describeFailure(code, work.output.lastLines())
      : `The runner was stopped by ${ending.signal}.`;
  await takeLastStep(run, 'FAILED', () => takeStep('fail', { attempt, errorMessage }));
  throw new CommandFailed(`${id} is FAILED: the code was ${code}`, code);
}

function describeFailure(code: number, lines: readonly string[]): string {
  const output = lines.length > 0 ? ['Its last output:', ...lines].join('\n') : 'It printed nothing.';
  return `The command exited with ${code}. ${output}`;
}

/** Takes a step until the gateway has responded. An earlier try may have arrived without its answer. */
async function takeLastStep({ attempt }: Run, status: string, step: () => Promise<Answer>): Promise<void> {
  for (let tries = 1; ; tries++) {
    const answer = await step();
    if (answer.kind === 'done') return;
    const problem = `the experiment could not become ${status}`;
    if (answer.kind === 'refused') {
      const { reason, current, message } = answer;
      if (reason === 'INVALID_TRANSITION' && current?.status === status && current.attempt === attempt) return;
      throw new CommandFailed(`${problem}: ${message}`);
    }
    if (tries === maxTries)
      throw new CommandFailed(`${problem}, because the gateway did not respond: ${answer.message}`);
    await sleep(retryIntervalMs);
  }
}

/** Waits until standard output has taken everything, which an exit of the process would drop. */
function flushOutput(): Promise<void> {
  return new Promise((resolve) => {
    process.stdout.write('', () => resolve());
  });
}

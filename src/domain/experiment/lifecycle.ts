import { joinAlternatives } from '../messages.ts';
import type { Experiment, ExperimentStatus } from './experiment.ts';

/**
 * The lifecycle steps: the statuses in which each is allowed, and the status that it leads to (contract, section 4).
 * Guards, messages and descriptions are derived from this table. A start may also take over a stalled run.
 */
export const transitions = {
  start: { from: ['PENDING'], to: 'RUNNING' },
  reportProgress: { from: ['RUNNING'], to: 'RUNNING' },
  complete: { from: ['RUNNING'], to: 'COMPLETED' },
  fail: { from: ['PENDING', 'RUNNING'], to: 'FAILED' },
  cancel: { from: ['PENDING', 'RUNNING'], to: 'CANCELLED' },
  reset: { from: ['COMPLETED', 'FAILED', 'CANCELLED'], to: 'PENDING' },
} as const satisfies Record<string, { from: readonly ExperimentStatus[]; to: ExperimentStatus }>;

export type StepName = keyof typeof transitions;

/** The attempt that a runner works on. Without one, a step is taken no matter who started the run. */
interface OfAttempt {
  readonly attempt?: number | null | undefined;
}

/** A start: how long its lease is, in seconds, if it takes one; and the revision that the experiment must have. */
interface Start {
  readonly name: 'start';
  readonly leaseSeconds?: number | null | undefined;
  readonly ifRevision?: number | null | undefined;
}

/** A step, with its parameters. */
export type Step =
  | Start
  | { readonly name: 'cancel' | 'reset' }
  | ({ readonly name: 'complete' } & OfAttempt)
  | ({ readonly name: 'reportProgress'; readonly progress: number } & OfAttempt)
  | ({ readonly name: 'fail'; readonly errorMessage: string } & OfAttempt);

/** The outcome of a step. `before` and `after` are the same object when nothing changes. */
export type StepOutcome =
  | { readonly kind: 'stepped'; readonly before: Experiment; readonly after: Experiment }
  | { readonly kind: 'missing' }
  /** A start that named another revision. */
  | { readonly kind: 'stale'; readonly current: Experiment }
  /** The experiment has been started again since the attempt that the step named. */
  | { readonly kind: 'staleAttempt'; readonly current: Experiment }
  | { readonly kind: 'refused'; readonly current: Experiment };

/**
 * Computes the outcome of a step, as a pure function. Judges existence, then the revision or the attempt, then the
 * transition. Progress never goes backwards; equal progress only renews a lease, and changes nothing without one.
 *
 * `at` is the time to record. `clock` is the time by the database, which alone decides about leases: the clocks of
 * gateways may differ.
 */
export function applyStep(current: Experiment | null, step: Step, at: Date, clock: Date): StepOutcome {
  if (!current) return { kind: 'missing' };
  if (isOtherRevision(step, current)) return { kind: 'stale', current };
  if (isOtherAttempt(step, current)) return { kind: 'staleAttempt', current };
  if (!isAllowed(step, current)) return { kind: 'refused', current };
  const leaseSeconds = findLeaseSeconds(step, current);
  if (step.name === 'reportProgress' && step.progress === current.progress && leaseSeconds === null)
    return { kind: 'stepped', before: current, after: current };
  const leaseExpiresAt = leaseSeconds === null ? null : new Date(clock.getTime() + leaseSeconds * 1000);
  const after: Experiment = {
    ...current,
    status: transitions[step.name].to,
    ...computeRun(step, current, at),
    leaseSeconds,
    leaseExpiresAt,
    isStalled: leaseExpiresAt !== null && leaseExpiresAt <= clock,
    updatedAt: at,
    version: current.version + 1,
  };
  return { kind: 'stepped', before: current, after };
}

function isOtherRevision(step: Step, { revision }: Experiment): boolean {
  return step.name === 'start' && step.ifRevision != null && step.ifRevision !== revision;
}

function isOtherAttempt(step: Step, { attempt }: Experiment): boolean {
  return 'attempt' in step && step.attempt != null && step.attempt !== attempt;
}

function isAllowed(step: Step, { status, isStalled, progress }: Experiment): boolean {
  if (step.name === 'start' && isStalled) return true;
  const { from } = transitions[step.name];
  if (!(from as readonly ExperimentStatus[]).includes(status)) return false;
  return step.name !== 'reportProgress' || step.progress >= progress;
}

/** What a step changes of a run, besides its status and its lease. */
function computeRun(step: Step, { attempt, revision }: Experiment, at: Date): Partial<Experiment> {
  switch (step.name) {
    case 'start':
      return { progress: 0, startedAt: at, attempt: attempt + 1, runRevision: revision };
    case 'reportProgress':
      return { progress: step.progress };
    case 'complete':
      return { progress: 100, completedAt: at };
    case 'fail':
      return { errorMessage: step.errorMessage, completedAt: at };
    case 'cancel':
      return {};
    case 'reset':
      return { progress: 0, startedAt: null, completedAt: null, errorMessage: null };
  }
}

/** A start takes the lease that it asks for, a report renews it, expired or not, and any other step ends it. */
function findLeaseSeconds(step: Step, current: Experiment): number | null {
  if (step.name === 'start') return step.leaseSeconds ?? null;
  return step.name === 'reportProgress' ? current.leaseSeconds : null;
}

/** Explains to a person why a step was refused. */
export function describeRefusal(step: Step, { status, progress, leaseExpiresAt }: Experiment): string {
  const { from } = transitions[step.name];
  if (step.name === 'reportProgress' && status === 'RUNNING') {
    return `Progress never goes backwards: it is already at ${progress}.`;
  }
  if (step.name === 'start' && leaseExpiresAt) {
    return `The experiment is RUNNING: another start can take it over once its lease has expired, at ${leaseExpiresAt.toISOString()}.`;
  }
  const mayReset = (transitions.reset.from as readonly string[]).includes(status);
  const advice = step.name === 'start' && mayReset ? ' To run it again, reset it first.' : '';
  return `The experiment is ${status}: this step is only allowed while it is ${joinAlternatives(from)}.${advice}`;
}

/** Describes when a step is allowed, for the schema. */
export function describeRule(name: StepName): string {
  const { from, to } = transitions[name];
  return `Allowed while ${joinAlternatives(from)}${(from as readonly string[]).includes(to) ? '' : `; leads to ${to}`}.`;
}

import { authorize, type Caller } from '../actor.ts';
import { invalid, invalidTransition, notFound, staleAttempt, staleRevision } from '../failure.ts';
import { leaseSecondsRange } from '../limits.ts';
import { describeRange } from '../messages.ts';
import { text } from '../text-shapes.ts';
import { createIssue, type Issue, validate } from '../validation.ts';
import type { Experiment } from './experiment.ts';
import { findIdIssues } from './input.ts';
import { describeRefusal, type Step, type StepOutcome } from './lifecycle.ts';
import type { ExperimentStore } from './store.ts';
import type { WriteFailure, WriteTarget } from './write-steps.ts';

/** A lifecycle step that was done. */
export interface Stepped {
  readonly kind: 'stepped';
  readonly experiment: Experiment;
}
export type StepResult = Stepped | WriteFailure;

interface Target {
  readonly id: string;
}
/** The experiment, and the attempt that the runner works on. When omitted or null, any attempt will do. */
interface RunTarget extends Target {
  readonly attempt?: number | null | undefined;
}
/** How long the lease of the run is, in seconds. When omitted or null, it has none. */
interface WithLease {
  readonly leaseSeconds?: number | null | undefined;
}

const failureDetails = text({ min: 1, max: 10_000 });

/**
 * Creates the lifecycle steps (contract, section 4). They create no revision, and need the scope `experiments:run`. Each
 * checks in this order: authentication, permission, input, existence, revision or attempt, transition.
 */
export function createRunOperations(store: ExperimentStore, now: () => Date) {
  async function takeStep(caller: Caller, id: string, step: Step, issues: readonly Issue[] = []): Promise<StepResult> {
    const actor = authorize(caller, 'experiments:run');
    if ('kind' in actor) return actor;
    const allIssues = [...findIdIssues(id), ...issues];
    if (allIssues.length > 0) return invalid(allIssues);
    const outcome = await store.step({ organization: actor.organization, id, step, at: now() });
    return toStepResult(id, step, outcome);
  }

  return {
    start: (caller: Caller, { id, leaseSeconds, ifRevision }: WriteTarget & WithLease) => {
      const issues = leaseSeconds == null ? [] : findRangeIssues('leaseSeconds', leaseSeconds, leaseSecondsRange);
      return takeStep(caller, id, { name: 'start', leaseSeconds, ifRevision }, issues);
    },
    reportProgress: (caller: Caller, { id, progress, attempt }: RunTarget & { readonly progress: number }) =>
      takeStep(
        caller,
        id,
        { name: 'reportProgress', progress, attempt },
        findRangeIssues('progress', progress, progressRange),
      ),
    complete: (caller: Caller, { id, attempt }: RunTarget) => takeStep(caller, id, { name: 'complete', attempt }),
    fail: (caller: Caller, { id, errorMessage, attempt }: RunTarget & { readonly errorMessage: string }) => {
      const issues: Issue[] = [];
      validate(failureDetails, errorMessage, ['errorMessage'], issues);
      return takeStep(caller, id, { name: 'fail', errorMessage, attempt }, issues);
    },
    cancel: (caller: Caller, { id }: Target) => takeStep(caller, id, { name: 'cancel' }),
    reset: (caller: Caller, { id }: Target) => takeStep(caller, id, { name: 'reset' }),
  };
}

const progressRange = { min: 0, max: 100 };

function findRangeIssues(
  argument: string,
  value: number,
  range: { readonly min: number; readonly max: number },
): Issue[] {
  if (value >= range.min && value <= range.max) return [];
  return [createIssue([argument], value < range.min ? 'TOO_SMALL' : 'TOO_BIG', describeRange(value, range))];
}

export function toStepResult(id: string, step: Step, outcome: StepOutcome): StepResult {
  switch (outcome.kind) {
    case 'stepped':
      return { kind: 'stepped', experiment: outcome.after };
    case 'missing':
      return notFound(id);
    case 'stale':
      return staleRevision(outcome.current);
    case 'staleAttempt':
      return staleAttempt(outcome.current);
    case 'refused':
      return invalidTransition(describeRefusal(step, outcome.current), outcome.current);
  }
}

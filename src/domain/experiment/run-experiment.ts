import { authorize, type Caller } from '../actor.ts';
import { invalid, invalidTransition, notFound } from '../failure.ts';
import { describeRange } from '../messages.ts';
import { text } from '../text-shapes.ts';
import { createIssue, type Issue, validate } from '../validation.ts';
import type { Experiment } from './experiment.ts';
import { findIdIssues } from './input.ts';
import { describeRefusal, type Step, type StepOutcome } from './lifecycle.ts';
import type { ExperimentStore } from './store.ts';
import type { WriteFailure } from './write-steps.ts';

/** A lifecycle step that was done. */
export interface Stepped {
  readonly kind: 'stepped';
  readonly experiment: Experiment;
}
export type StepResult = Stepped | WriteFailure;

interface Target {
  readonly id: string;
}

const failureDetails = text({ min: 1, max: 10_000 });

/** Creates the lifecycle steps (contract, section 4). They create no revision, and need the scope `experiments:run`. */
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
    start: (caller: Caller, { id }: Target) => takeStep(caller, id, { name: 'start' }),
    reportProgress: (caller: Caller, { id, progress }: Target & { readonly progress: number }) =>
      takeStep(caller, id, { name: 'reportProgress', progress }, findProgressIssues(progress)),
    complete: (caller: Caller, { id }: Target) => takeStep(caller, id, { name: 'complete' }),
    fail: (caller: Caller, { id, errorMessage }: Target & { readonly errorMessage: string }) => {
      const issues: Issue[] = [];
      validate(failureDetails, errorMessage, ['errorMessage'], issues);
      return takeStep(caller, id, { name: 'fail', errorMessage }, issues);
    },
    cancel: (caller: Caller, { id }: Target) => takeStep(caller, id, { name: 'cancel' }),
  };
}

export function toStepResult(id: string, step: Step, outcome: StepOutcome): StepResult {
  if (outcome.kind === 'missing') return notFound(id);
  if (outcome.kind === 'refused') return invalidTransition(describeRefusal(step, outcome.current), outcome.current);
  return { kind: 'stepped', experiment: outcome.after };
}

function findProgressIssues(progress: number): Issue[] {
  const range = { min: 0, max: 100 };
  if (progress >= range.min && progress <= range.max) return [];
  return [createIssue(['progress'], progress < range.min ? 'TOO_SMALL' : 'TOO_BIG', describeRange(progress, range))];
}

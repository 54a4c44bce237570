import type { Experiment, ExperimentStatus } from './experiment.ts';

/**
 * The lifecycle steps: the statuses in which each is allowed, and the status that it leads to (contract, section 4).
 * Guards, messages and descriptions are derived from this table.
 */
export const transitions = {
  start: { from: ['PENDING'], to: 'RUNNING' },
  reportProgress: { from: ['RUNNING'], to: 'RUNNING' },
  complete: { from: ['RUNNING'], to: 'COMPLETED' },
  fail: { from: ['PENDING', 'RUNNING'], to: 'FAILED' },
  cancel: { from: ['PENDING', 'RUNNING'], to: 'CANCELLED' },
} as const satisfies Record<string, { from: readonly ExperimentStatus[]; to: ExperimentStatus }>;

export type StepName = keyof typeof transitions;

/** A step, with its parameters. */
export type Step =
  | { readonly name: 'start' | 'complete' | 'cancel' }
  | { readonly name: 'reportProgress'; readonly progress: number }
  | { readonly name: 'fail'; readonly errorMessage: string };

/** The outcome of a step. `before` and `after` are the same object when nothing changes. */
export type StepOutcome =
  | { readonly kind: 'stepped'; readonly before: Experiment; readonly after: Experiment }
  | { readonly kind: 'missing' }
  | { readonly kind: 'refused'; readonly current: Experiment };

/**
 * Computes the outcome of a step, as a pure function. Progress never goes backwards; equal progress changes nothing.
 */
export function applyStep(current: Experiment | null, step: Step, at: Date): StepOutcome {
  if (!current) return { kind: 'missing' };
  const { from, to } = transitions[step.name];
  if (!(from as readonly ExperimentStatus[]).includes(current.status)) return { kind: 'refused', current };
  const moved = { ...current, status: to, updatedAt: at, version: current.version + 1 };
  switch (step.name) {
    case 'start':
      return { kind: 'stepped', before: current, after: { ...moved, startedAt: at } };
    case 'reportProgress':
      if (step.progress < current.progress) return { kind: 'refused', current };
      if (step.progress === current.progress) return { kind: 'stepped', before: current, after: current };
      return { kind: 'stepped', before: current, after: { ...moved, progress: step.progress } };
    case 'complete':
      return { kind: 'stepped', before: current, after: { ...moved, progress: 100, completedAt: at } };
    case 'fail':
      return {
        kind: 'stepped',
        before: current,
        after: { ...moved, errorMessage: step.errorMessage, completedAt: at },
      };
    case 'cancel':
      return { kind: 'stepped', before: current, after: moved };
  }
}

/** Explains to a person why a step was refused. */
export function describeRefusal(step: Step, { status, progress }: Experiment): string {
  const { from } = transitions[step.name];
  if (step.name === 'reportProgress' && status === 'RUNNING') {
    return `Progress never goes backwards: it is already at ${progress}.`;
  }
  return `The experiment is ${status}: this step is only allowed while it is ${from.join(' or ')}.`;
}

/** Describes when a step is allowed, for the schema. */
export function describeRule(name: StepName): string {
  const { from, to } = transitions[name];
  return `Allowed while ${from.join(' or ')}${(from as readonly string[]).includes(to) ? '' : `; leads to ${to}`}.`;
}

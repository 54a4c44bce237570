import type { Experiment, ExperimentStatus } from './experiment.ts';

/**
 * The steps of a run: from which states each is allowed, and where it leads (contract, section 4). Guards, messages and
 * descriptions follow from this table.
 */
export const transitions = {
  start: { from: ['PENDING'], to: 'RUNNING' },
  reportProgress: { from: ['RUNNING'], to: 'RUNNING' },
  complete: { from: ['RUNNING'], to: 'COMPLETED' },
  fail: { from: ['PENDING', 'RUNNING'], to: 'FAILED' },
  cancel: { from: ['PENDING', 'RUNNING'], to: 'CANCELLED' },
} as const satisfies Record<string, { from: readonly ExperimentStatus[]; to: ExperimentStatus }>;

export type StepName = keyof typeof transitions;

/** One step of a run, with what it brings. */
export type Step =
  | { readonly name: 'start' | 'complete' | 'cancel' }
  | { readonly name: 'reportProgress'; readonly progress: number }
  | { readonly name: 'fail'; readonly errorMessage: string };

/** What becomes of an experiment under a step; before and after are one object when nothing changes. */
export type StepOutcome =
  | { readonly kind: 'stepped'; readonly before: Experiment; readonly after: Experiment }
  | { readonly kind: 'missing' }
  | { readonly kind: 'refused'; readonly current: Experiment };

/** Judges a step as a pure function. Progress never goes backwards, and equal progress is no change. */
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

/** Why a step was refused, for a person. */
export function describeRefusal(step: Step, { status, progress }: Experiment): string {
  const { from } = transitions[step.name];
  if (step.name === 'reportProgress' && status === 'RUNNING') {
    return `Progress never goes backwards: it is ${progress} by now.`;
  }
  return `The experiment is ${status}: this step needs ${from.join(' or ')}.`;
}

/** The rule of a step, as a sentence for the schema. */
export function describeRule(name: StepName): string {
  const { from, to } = transitions[name];
  return `Allowed while ${from.join(' or ')}${(from as readonly string[]).includes(to) ? '' : `; leads to ${to}`}.`;
}

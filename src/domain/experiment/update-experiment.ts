import type { Actor, Caller } from '../actor.ts';
import { invalid, notFound, staleRevision } from '../failure.ts';
import { createIssue } from '../validation.ts';
import { type Experiment, noTags, omittedContent, pickContent } from './experiment.ts';
import { findEvaluatorsField, type ValidInput } from './input.ts';
import type { UncheckedInput } from './input-shapes.ts';
import { findRoundingWarnings } from './rounding-warnings.ts';
import {
  acceptInput,
  type DryRun,
  storeReplace,
  toReplace,
  toWriteResult,
  type WithInput,
  type WriteParts,
  type WriteResult,
  type WriteTarget,
} from './write-steps.ts';

/** How often an update is tried if other gateways write between its read and its write. */
const maxAttempts = 20;

/** Changes only the fields that are in the input (contract, section 4). */
export async function updateExperiment(
  parts: WriteParts,
  caller: Caller,
  { input, dryRun, ...target }: WriteTarget & WithInput & DryRun,
): Promise<WriteResult> {
  const accepted = acceptInput(caller, input, { expectedId: target.id, nullMeans: 'cleared' });
  if (accepted.kind !== 'accepted') return accepted;
  const { actor, valid } = accepted;
  // Concurrent updates would all read the same state, and all but one of them would be stale.
  return parts.enqueue(JSON.stringify([actor.organization, target.id]), () =>
    tryUpdate(parts, actor, target, { input, valid, dryRun }),
  );
}

async function tryUpdate(
  parts: WriteParts,
  actor: Actor,
  { id, ifRevision }: WriteTarget,
  { input, valid, dryRun }: WithInput & DryRun & { readonly valid: ValidInput },
): Promise<WriteResult> {
  let current = await parts.store.find(actor.organization, id);
  for (let attempt = 1; ; attempt++) {
    if (!current) return notFound(id);
    if (ifRevision != null && ifRevision !== current.revision) return staleRevision(current);
    const next = applyUpdate(current, valid, input);
    if (next.kind === 'invalid') return next;
    const replace = toReplace(actor, { id, ifRevision: current.revision }, next.content, parts.now());
    const outcome = await storeReplace(parts, { ...replace, tags: next.tags }, dryRun);
    if (outcome.kind !== 'stale' || attempt === maxAttempts)
      return toWriteResult(id, outcome, [...valid.warnings, ...findRoundingWarnings(outcome)], dryRun);
    current = outcome.current;
  }
}

/**
 * The content after an update, unless it would have both evaluators and evaluator workflows (R7): one list was sent, and
 * the other is the stored one. An input with both has been refused before.
 */
export function applyUpdate(current: Experiment, { given }: ValidInput, input: UncheckedInput) {
  const values = Object.entries(given).map(([field, value]) => [field, value ?? toEmptyValue(field)]);
  const next: Experiment = { ...current, ...Object.fromEntries(values) };
  if (!next.evaluatorIds.isEmpty && !next.evaluatorWorkflowIds.isEmpty) {
    const [sent, stored] = given.evaluatorIds
      ? [findEvaluatorsField(input), 'evaluatorWorkflowIds']
      : ['evaluatorWorkflowIds', 'evaluatorIds'];
    const problem = `cannot be combined with ${stored}, which the experiment has; send ${stored}: null in the same update to clear them.`;
    return invalid([createIssue(['input', sent], 'MUTUALLY_EXCLUSIVE', problem)]);
  }
  return { kind: 'next' as const, content: pickContent(next), tags: next.tags };
}

function toEmptyValue(field: string): unknown {
  return field === 'tags' ? noTags : omittedContent[field as keyof typeof omittedContent];
}

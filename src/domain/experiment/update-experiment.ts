import type { Actor, Caller } from '../actor.ts';
import { invalid, notFound, staleRevision } from '../failure.ts';
import { createIssue, type Issue } from '../validation.ts';
import { applyReplace, type ExperimentReplace } from './apply-replace.ts';
import type { BatchWrite } from './batch-write.ts';
import { type EditableFields, type Experiment, noTags, omittedContent, pickContent } from './experiment.ts';
import { findEvaluatorsField, type ValidInput } from './input.ts';
import type { UncheckedInput } from './input-shapes.ts';
import { changeTags, hasTagChanges, type TagChanges } from './tag-changes.ts';
import {
  acceptInput,
  type DryRun,
  toInputResult,
  toReplace,
  type WithInput,
  type WriteFailure,
  type WriteParts,
  type WriteResult,
  type WriteTarget,
} from './write-steps.ts';

/** How often an update is tried if other gateways write between its read and its write. */
const maxAttempts = 20;

interface Change extends WithInput {
  readonly valid: ValidInput;
}

/** Changes only the fields that are in the input (contract, section 4). */
export async function updateExperiment(
  parts: WriteParts,
  caller: Caller,
  { input, dryRun, ...target }: WriteTarget & WithInput & DryRun,
): Promise<WriteResult> {
  const accepted = acceptInput(caller, input, { expectedId: target.id, nullMeans: 'cleared' });
  if (accepted.kind !== 'accepted') return accepted;
  const { actor, valid } = accepted;
  if (hasTagChanges(valid) && !dryRun) return updateInTransaction(parts, actor, target, { input, valid });
  // Concurrent updates would all read the same state, and all but one of them would be stale.
  return parts.enqueue(JSON.stringify([actor.organization, target.id]), () =>
    tryUpdate(parts, actor, target, { input, valid, dryRun }),
  );
}

/** Tries until no other gateway writes between the read and the write. A dry run only computes the outcome (R15). */
async function tryUpdate(
  parts: WriteParts,
  actor: Actor,
  target: WriteTarget,
  { dryRun, ...change }: Change & DryRun,
): Promise<WriteResult> {
  let current = await parts.store.find(actor.organization, target.id);
  for (let attempt = 1; ; attempt++) {
    if (!current) return notFound(target.id);
    const decision = decideUpdate(current, actor, target, { ...change, at: parts.now() });
    if ('refusal' in decision) return decision.refusal;
    const outcome = dryRun ? applyReplace(current, decision.write) : await parts.store.replace(decision.write);
    if (outcome.kind !== 'stale' || attempt === maxAttempts)
      return toInputResult(target.id, outcome, change.valid, dryRun);
    current = outcome.current;
  }
}

/**
 * Stores an update that adds or removes tags, as a batch of one: it is decided in the transaction, so that of two at
 * once, both win. Other updates do without, since a transaction takes PostgreSQL two more round trips.
 */
async function updateInTransaction(
  parts: WriteParts,
  actor: Actor,
  target: WriteTarget,
  change: Change,
): Promise<WriteResult> {
  const at = parts.now();
  const { organization, author } = actor;
  const batch: BatchWrite<WriteResult> = {
    organization,
    author,
    ids: [target.id],
    kind: 'content',
    decide([current]) {
      if (!current) return { writes: [], result: notFound(target.id) };
      const decision = decideUpdate(current, actor, target, { ...change, at });
      if ('refusal' in decision) return { writes: [], result: decision.refusal };
      const outcome = applyReplace(current, decision.write);
      const isChange = outcome.kind === 'replaced' && outcome.after !== outcome.before;
      return { writes: isChange ? [outcome] : [], result: toInputResult(target.id, outcome, change.valid, false) };
    },
  };
  const result = await parts.store.writeEach(batch);
  if (result.kind === 'tooLarge') throw new Error('A single experiment is too large for a batch.');
  return result;
}

/** The write that an update makes of the stored experiment, or why there is none. */
function decideUpdate(
  current: Experiment,
  actor: Actor,
  { id, ifRevision }: WriteTarget,
  { input, valid, at }: Change & { readonly at: Date },
): { readonly write: ExperimentReplace } | { readonly refusal: WriteFailure } {
  if (ifRevision != null && ifRevision !== current.revision) return { refusal: staleRevision(current) };
  const next = applyUpdate(current, valid, input);
  if (next.kind === 'invalid') return { refusal: next };
  const replace = toReplace(actor, { id, ifRevision: current.revision }, next.content, at);
  return { write: { ...replace, tags: next.tags } };
}

/** Where the content before an update comes from, in the words of a message. */
const stored = { owner: 'the experiment', call: 'update' };

/**
 * The content after an update, unless it would have both evaluators and evaluator workflows (R7): one list was sent, and
 * the other is the stored one. An input with both has been refused before. Nor may added tags exceed the bounds (R10).
 */
export function applyUpdate(
  current: EditableFields,
  valid: Pick<ValidInput, 'given' | keyof TagChanges>,
  input: UncheckedInput,
  { owner, call } = stored,
) {
  const { given } = valid;
  const values = Object.entries(given).map(([field, value]) => [field, value ?? toEmptyValue(field)]);
  const next: EditableFields = { ...current, ...Object.fromEntries(values) };
  const issues: Issue[] = [];
  if (!next.evaluatorIds.isEmpty && !next.evaluatorWorkflowIds.isEmpty) {
    const [sent, present] = given.evaluatorIds
      ? [findEvaluatorsField(input), 'evaluatorWorkflowIds']
      : ['evaluatorWorkflowIds', 'evaluatorIds'];
    const problem = `cannot be combined with ${present}, which ${owner} has; send ${present}: null in the same ${call} to clear them.`;
    issues.push(createIssue(['input', sent], 'MUTUALLY_EXCLUSIVE', problem));
  }
  const tags = changeTags(next.tags, valid, issues);
  return issues.length > 0 ? invalid(issues) : { kind: 'next' as const, content: pickContent(next), tags };
}

function toEmptyValue(field: string): unknown {
  return field === 'tags' ? noTags : omittedContent[field as keyof typeof omittedContent];
}

import { type Actor, authorize, type Caller } from '../actor.ts';
import {
  type Conflict,
  type Forbidden,
  type Invalid,
  type NotFound,
  notFound,
  staleRevision,
  type Unauthenticated,
} from '../failure.ts';
import type { createKeyedQueue } from '../keyed-queue.ts';
import { applyReplace, type ExperimentReplace, type ReplaceOutcome } from './apply-replace.ts';
import { type FieldChange, findChanges } from './changes.ts';
import { type EditableFields, type Experiment, pickContent } from './experiment.ts';
import { type InputRules, type ValidInput, validateInput, type Warning } from './input.ts';
import type { UncheckedInput } from './input-shapes.ts';
import { findRoundingWarnings } from './rounding-warnings.ts';
import { findRunWarnings } from './run-warnings.ts';
import type { ExperimentStore } from './store.ts';

/**
 * The dependencies of all writes of editable fields. Each checks in this order: authentication, permission, input,
 * existence, revision; then it writes once, or not at all (contract, section 3).
 */
export interface WriteParts {
  readonly store: ExperimentStore;
  readonly now: () => Date;
  /** How many days a deleted experiment can be restored; with 0, it is permanently deleted at once. */
  readonly trashDays: number;
  /** Runs the updates of one experiment one at a time. */
  readonly enqueue: ReturnType<typeof createKeyedQueue>;
}

/** The experiment to write, and the revision that it must have (R14). */
export interface WriteTarget {
  readonly id: string;
  readonly ifRevision?: number | null | undefined;
}
export interface DryRun {
  readonly dryRun?: boolean | null | undefined;
}
export interface WithInput {
  readonly input: UncheckedInput;
}

/** A write that was done. */
export interface Written {
  readonly kind: 'written';
  readonly experiment: Experiment;
  readonly changes: readonly FieldChange[];
  readonly warnings: readonly Warning[];
}
/** The content that a write would store; nothing was written (R15). It names no experiment, and there may be none. */
export interface Previewed extends EditableFields {
  readonly kind: 'previewed';
  readonly changes: readonly FieldChange[];
  readonly warnings: readonly Warning[];
}
export type Refused = Unauthenticated | Forbidden | Invalid;
export type WriteFailure = Refused | NotFound | Conflict<Experiment>;
export type WriteResult = Written | Previewed | WriteFailure;

/** Builds the write of content by an actor. */
export function toReplace(
  actor: Actor,
  { id, ifRevision }: WriteTarget,
  content: ExperimentReplace['content'],
  at: Date,
): ExperimentReplace {
  return { organization: actor.organization, id, content, ifRevision: ifRevision ?? null, at, author: actor.author };
}

/** Stores a replace or, with `dryRun`, only computes its outcome (R15). */
export async function storeReplace(
  { store }: Pick<WriteParts, 'store'>,
  replace: ExperimentReplace,
  dryRun: DryRun['dryRun'],
): Promise<ReplaceOutcome> {
  if (!dryRun) return store.replace(replace);
  return applyReplace(await store.find(replace.organization, replace.id), replace);
}

/** The result of a write, with the warnings of its input and those of its outcome (R18). */
export function toWriteResult(
  id: string,
  outcome: ReplaceOutcome,
  inputWarnings: readonly Warning[],
  dryRun: DryRun['dryRun'],
): WriteResult {
  if (outcome.kind === 'missing') return notFound(id);
  if (outcome.kind === 'stale') return staleRevision(outcome.current);
  const { before, after } = outcome;
  const changes = findChanges(before, after);
  const warnings = [...inputWarnings, ...findRunWarnings(before, changes)];
  if (dryRun) return toPreview(after, changes, warnings);
  return { kind: 'written', experiment: after, changes, warnings };
}

/** The result of a write of an input, with the warnings about its numbers too (R17). */
export function toInputResult(
  id: string,
  outcome: ReplaceOutcome,
  valid: ValidInput,
  dryRun: DryRun['dryRun'],
): WriteResult {
  return toWriteResult(id, outcome, [...valid.warnings, ...findRoundingWarnings(outcome, valid)], dryRun);
}

/** Builds the preview of a write that would store this content (R15). */
export function toPreview(
  content: EditableFields,
  changes: readonly FieldChange[],
  warnings: readonly Warning[],
): Previewed {
  return { kind: 'previewed', ...pickContent(content), tags: content.tags, changes, warnings };
}

/** Checks that the caller may write (R1), then that the input is valid. */
export function acceptInput(
  caller: Caller,
  input: UncheckedInput,
  rules?: InputRules,
): { readonly kind: 'accepted'; readonly actor: Actor; readonly valid: ValidInput } | Refused {
  const actor = authorizeWrite(caller);
  if ('kind' in actor) return actor;
  const valid = validateInput(input, rules);
  return valid.kind === 'invalid' ? valid : { kind: 'accepted', actor, valid };
}

/** Returns the caller if they may write (R1), or the failure. */
export function authorizeWrite(caller: Caller): ReturnType<typeof authorize> {
  return authorize(caller, 'experiments:write');
}

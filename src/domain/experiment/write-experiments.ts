import { type Actor, authorize, type Caller, type Scope } from '../actor.ts';
import { invalid } from '../failure.ts';
import { mapInTurns } from '../loop-queue.ts';
import { applyDelete, type DeleteOutcome } from './apply-delete.ts';
import { applyReplace, type ReplaceOutcome } from './apply-replace.ts';
import { type DeleteResult, findPurgeTime, toDeleteResult } from './delete-experiment.ts';
import { createInputValidator, findIdIssues, validateInput } from './input.ts';
import { applyStep, type StepOutcome } from './lifecycle.ts';
import { toReplacement } from './replace-experiment.ts';
import { type StepResult, toStepResult } from './run-experiment.ts';
import { applyUpdate } from './update-experiment.ts';
import {
  type Batched,
  type BatchOptions,
  checkRows,
  type Row,
  type RowsArgument,
  type WithPolicy,
  writeBatch,
} from './write-batch.ts';
import {
  type Refused,
  toInputResult,
  toReplace,
  type WithInput,
  type WriteParts,
  type WriteResult,
  type WriteTarget,
} from './write-steps.ts';

/**
 * The writes of several experiments at once (contract, section 4). Each row has the result that the mutation of its
 * experiment alone would return: the same functions decide it. Issues and warnings have the same paths too, since the
 * place of a result among the others already tells its row.
 */

interface WithIds {
  readonly ids: readonly string[];
}
type BatchResult<Result> = Batched<Result> | Refused;

/** Replaces the content of several experiments, each by its own input (R1 to R18). */
export async function replaceExperiments(
  parts: WriteParts,
  caller: Caller,
  { items, ...options }: BatchOptions & { readonly items: readonly (WriteTarget & WithInput)[] },
): Promise<BatchResult<WriteResult>> {
  const ids = items.map(({ id }) => id);
  const actor = acceptRows(caller, 'experiments:write', ids, 'items');
  if ('kind' in actor) return actor;
  const at = parts.now();
  const rows = await mapInTurns(items, ({ input, ...target }): Row<ReplaceOutcome, WriteResult> => {
    const valid = validateInput(input, { expectedId: target.id });
    if (valid.kind === 'invalid') return { id: target.id, refusal: valid };
    const replace = toReplace(actor, target, toReplacement(valid), at);
    return {
      id: target.id,
      apply: (current) => applyReplace(current, replace),
      toResult: (outcome) => toInputResult(target.id, outcome, valid, options.dryRun),
    };
  });
  return writeBatch(parts, { ...options, actor, kind: 'content', argument: 'items', rows });
}

/** Changes the fields that are in the input, the same in several experiments. */
export async function updateExperiments(
  parts: WriteParts,
  caller: Caller,
  { ids, input, ...options }: BatchOptions & WithIds & WithInput,
): Promise<BatchResult<WriteResult>> {
  const actor = acceptRows(caller, 'experiments:write', ids, 'ids');
  if ('kind' in actor) return actor;
  const at = parts.now();
  const validate = createInputValidator(input, 'cleared');
  const rows = ids.map((id): Row<ReplaceOutcome, WriteResult> => {
    const valid = validate(id);
    if (valid.kind === 'invalid') return { id, refusal: valid };
    return {
      id,
      apply(current) {
        if (!current) return { kind: 'missing' };
        const next = applyUpdate(current, valid, input);
        if (next.kind === 'invalid') return next;
        return applyReplace(current, { ...toReplace(actor, { id }, next.content, at), tags: next.tags });
      },
      toResult: (outcome) => toInputResult(id, outcome, valid, options.dryRun),
    };
  });
  return writeBatch(parts, { ...options, actor, kind: 'content', argument: 'ids', rows });
}

/** Moves several experiments to the trash or, if there is none, deletes them permanently. */
export async function deleteExperiments(
  parts: WriteParts,
  caller: Caller,
  { ids, policy }: WithPolicy & WithIds,
): Promise<BatchResult<DeleteResult>> {
  const actor = acceptRows(caller, 'experiments:write', ids, 'ids');
  if ('kind' in actor) return actor;
  const at = parts.now();
  const purgeAt = findPurgeTime(at, parts.trashDays);
  const rows = ids.map((id): Row<DeleteOutcome, DeleteResult> => {
    const refusal = findRefusal(id);
    if (refusal) return { id, refusal };
    return {
      id,
      apply: (current) => applyDelete(current, { ifRevision: null, at, purgeAt }),
      toResult: (outcome) => toDeleteResult(id, outcome, purgeAt),
    };
  });
  return writeBatch(parts, { policy, actor, kind: purgeAt ? 'trash' : 'removal', argument: 'ids', rows });
}

/** Cancels the runs of several experiments. */
export async function cancelExperiments(
  parts: WriteParts,
  caller: Caller,
  { ids, policy }: WithPolicy & WithIds,
): Promise<BatchResult<StepResult>> {
  const actor = acceptRows(caller, 'experiments:run', ids, 'ids');
  if ('kind' in actor) return actor;
  const at = parts.now();
  const step = { name: 'cancel' } as const;
  const rows = ids.map((id): Row<StepOutcome, StepResult> => {
    const refusal = findRefusal(id);
    if (refusal) return { id, refusal };
    return {
      id,
      // A cancelled run has no lease, so no clock decides.
      apply: (current) => applyStep(current, step, at, at),
      toResult: (outcome) => toStepResult(id, step, outcome),
    };
  });
  return writeBatch(parts, { policy, actor, kind: 'run', argument: 'ids', rows });
}

/** Checks that the caller may write (R1), then that there are 1 to 100 rows with distinct ids. */
function acceptRows(caller: Caller, scope: Scope, ids: readonly string[], argument: RowsArgument): Actor | Refused {
  const actor = authorize(caller, scope);
  return 'kind' in actor ? actor : (checkRows(ids, argument) ?? actor);
}

function findRefusal(id: string) {
  const issues = findIdIssues(id);
  return issues.length > 0 ? invalid(issues) : undefined;
}

import type { Actor } from '../actor.ts';
import { type Invalid, invalid } from '../failure.ts';
import { ServiceUnavailable } from '../faults.ts';
import { batchLimits } from '../limits.ts';
import { mapInTurns } from '../loop-queue.ts';
import { quote } from '../messages.ts';
import { createIssue } from '../validation.ts';
import { type BatchKind, type BatchRow, findExcess, type TooLarge } from './batch-write.ts';
import type { Experiment } from './experiment.ts';
import type { DryRun, WriteParts } from './write-steps.ts';

export const batchPolicies = ['ATOMIC', 'PARTIAL'] as const;
/** ATOMIC writes all rows or none; PARTIAL writes those that succeed. */
export type BatchPolicy = (typeof batchPolicies)[number];

/** A row that was not written, although nothing is wrong with it. */
export interface Skipped {
  readonly kind: 'skipped';
  readonly id: string;
  readonly message: string;
  /** What prevented the write, for the log; absent when another row did. */
  readonly fault?: unknown;
}

/** The results of a batch, in the order of its rows. */
export interface Batched<Result> {
  readonly kind: 'batched';
  readonly results: readonly (Result | Skipped)[];
  readonly succeeded: number;
  readonly failed: number;
}

/** How a row succeeds, with `after` the same as `before` when nothing changes, or why it fails. */
type RowOutcome = (BatchRow & { readonly kind: string }) | { readonly kind: string };

/** A row that fails whatever is stored. */
interface RefusedRow {
  readonly id: string;
  readonly refusal: Invalid;
}

/** A row whose rule and result are those of the mutation of one experiment. */
interface OpenRow<Outcome extends RowOutcome, Result> {
  readonly id: string;
  /** A pure function of the stored experiment. */
  readonly apply: (current: Experiment | null) => Outcome | Invalid;
  readonly toResult: (outcome: Outcome) => Result;
}

export type Row<Outcome extends RowOutcome, Result> = RefusedRow | OpenRow<Outcome, Result>;

export interface WithPolicy {
  /** ATOMIC when absent. */
  readonly policy?: BatchPolicy | null | undefined;
}
export interface BatchOptions extends WithPolicy, DryRun {}

interface Batch<Outcome extends RowOutcome, Result> extends BatchOptions {
  readonly actor: Actor;
  readonly kind: BatchKind;
  readonly argument: RowsArgument;
  readonly rows: readonly Row<Outcome, Result>[];
}

/** The argument that lists the rows. */
export type RowsArgument = 'ids' | 'items';

/** Storage failed to write a row that it was given alone. */
interface Unwritten {
  readonly kind: 'unwritten';
  readonly message: string;
  readonly fault: unknown;
}

/** Checks that there are 1 to 100 rows, each with its own id (contract, section 4). */
export function checkRows(ids: readonly string[], argument: RowsArgument): Invalid | undefined {
  const { min, max } = batchLimits.rows;
  if (ids.length < min || ids.length > max) {
    const problem = `the list has ${ids.length} entries; ${min} to ${max} are accepted.`;
    return invalid([createIssue([argument], ids.length < min ? 'TOO_SHORT' : 'TOO_MANY', problem)]);
  }
  const firstIndex = new Map(ids.map((id, index) => [id, index] as const).toReversed());
  const issues = ids.flatMap((id, index) => {
    if (firstIndex.get(id) === index) return [];
    const path = argument === 'ids' ? [argument, String(index)] : [argument, String(index), 'id'];
    return createIssue(path, 'REPEATED', `${quote(id)} is in the batch already; send each id once.`);
  });
  return issues.length > 0 ? invalid(issues) : undefined;
}

/**
 * Applies the rule of each row to what is stored, and writes the rows together (contract, section 4). With ATOMIC,
 * nothing is written when a row fails. The whole is invalid when it exceeds one of `batchLimits`.
 */
export async function writeBatch<Outcome extends RowOutcome, Result>(
  { store }: Pick<WriteParts, 'store'>,
  batch: Batch<Outcome, Result>,
): Promise<Batched<Result | Invalid> | Invalid> {
  const { rows, argument, dryRun } = batch;
  const isAtomic = batch.policy !== 'PARTIAL';
  const outcomes = await storeBatch(store, batch, isAtomic);
  if ('kind' in outcomes) return invalid([createIssue([argument], 'TOO_LARGE', outcomes.problem)]);
  const failed = outcomes.filter((outcome) => !isSuccess(outcome)).length;
  const isUndone = isAtomic && failed > 0;
  const skipped = `Nothing is wrong with this row, but it ${dryRun ? 'would not be' : 'was not'} written: another row ${dryRun ? 'fails' : 'failed'}.`;
  // Large workflows take a while to compare.
  const results = await mapInTurns(rows, (row, index): Result | Invalid | Skipped => {
    const outcome = outcomes[index] as (typeof outcomes)[number];
    if ('refusal' in row) return row.refusal;
    if (isUnwritten(outcome)) return { ...outcome, kind: 'skipped', id: row.id };
    if (isInvalid(outcome)) return outcome;
    if (isUndone && isSuccess(outcome)) return { kind: 'skipped', id: row.id, message: skipped };
    return row.toResult(outcome);
  });
  return { kind: 'batched', results, succeeded: isUndone ? 0 : rows.length - failed, failed };
}

type Outcomes<Outcome> = readonly (Outcome | Invalid | Unwritten)[] | TooLarge;

/** With PARTIAL, a row that storage fails to write does not take the others down: each is then written on its own. */
async function storeBatch<Outcome extends RowOutcome, Result>(
  store: WriteParts['store'],
  batch: Batch<Outcome, Result>,
  isAtomic: boolean,
): Promise<Outcomes<Outcome>> {
  try {
    return await storeRows(store, batch, isAtomic);
  } catch (error) {
    if (isAtomic || batch.rows.length === 1 || error instanceof ServiceUnavailable) throw error;
  }
  const outcomes: (Outcome | Invalid | Unwritten)[] = [];
  for (const row of batch.rows) {
    try {
      const stored = await storeRows(store, { ...batch, rows: [row] }, false);
      if ('kind' in stored) throw new Error('A single experiment is too large for a batch.');
      outcomes.push(...stored);
    } catch (fault) {
      outcomes.push({ kind: 'unwritten', message: describeFault(fault), fault });
    }
  }
  return outcomes;
}

/** Judges rows and writes them in one transaction or, with `dryRun`, only judges them (R15). */
async function storeRows<Outcome extends RowOutcome, Result>(
  store: WriteParts['store'],
  { actor: { organization, author }, kind, rows, dryRun }: Batch<Outcome, Result>,
  isAtomic: boolean,
): Promise<Outcomes<Outcome>> {
  function decide(found: readonly (Experiment | null)[]) {
    let read = 0;
    const outcomes = rows.map((row) => ('refusal' in row ? row.refusal : row.apply(found[read++] ?? null)));
    const changes = outcomes.filter(isSuccess).filter(({ before, after }) => before !== after);
    const excess = findExcess(kind, changes);
    if (excess) return { writes: [], result: excess };
    return { writes: isAtomic && !outcomes.every(isSuccess) ? [] : changes, result: outcomes };
  }

  const ids = rows.filter((row) => !('refusal' in row)).map(({ id }) => id);
  if (ids.length === 0) return decide([]).result;
  if (!dryRun) return store.writeEach<Outcomes<Outcome>>({ organization, ids, kind, author, decide });
  const found = await store.findEach(organization, ids);
  return 'kind' in found ? found : decide(found).result;
}

function describeFault(fault: unknown): string {
  if (fault instanceof ServiceUnavailable) return fault.publicMessage;
  return 'The gateway could not write this experiment. Its log has the details.';
}

function isSuccess<Outcome extends RowOutcome>(outcome: Outcome): outcome is Outcome & BatchRow {
  return 'after' in outcome;
}

function isInvalid(outcome: RowOutcome): outcome is Invalid {
  return outcome.kind === 'invalid';
}

function isUnwritten(outcome: RowOutcome): outcome is Unwritten {
  return outcome.kind === 'unwritten';
}

import type { Author } from '../actor.ts';
import { type Conflict, idTaken } from '../failure.ts';
import { findChanges } from './changes.ts';
import type { EditableFields, Experiment } from './experiment.ts';
import { type IdempotencyKey, judgeKeyUse, type KeyUse } from './idempotency.ts';
import type { Warning } from './input.ts';
import type { ExperimentStore, InsertOutcome } from './store.ts';
import { type DryRun, type Previewed, toPreview, type Written } from './write-steps.ts';

/** What is the same for every answer to a call that creates an experiment. */
interface InsertCall extends DryRun {
  readonly key: IdempotencyKey | undefined;
  readonly warnings: readonly Warning[];
}

interface Insert extends InsertCall {
  readonly experiment: Experiment;
  readonly author: Author;
  /** The content that `changes` compares the experiment with. */
  readonly source: EditableFields;
  /** Whether the experiment that already has the id is the one to store: then the call is a retry. */
  readonly isSame: (current: Experiment) => boolean;
}

export type InsertResult = Written | Previewed | Conflict<Experiment>;

/** Stores a new experiment or, with `dryRun`, only computes the outcome (R15). A repeated call writes nothing. */
export async function insertExperiment(
  store: ExperimentStore,
  { experiment, author, source, isSame, ...call }: Insert,
): Promise<InsertResult> {
  const outcome = await (call.dryRun ? previewInsert(store, experiment) : store.insert(experiment, author, call.key));
  if (outcome.kind === 'keyUsed') return answerKeyUse(outcome.use, call);
  if (outcome.kind === 'taken')
    return isSame(outcome.current) ? answerRepeat(outcome.current, call) : idTaken(outcome.current);
  const changes = findChanges(source, experiment);
  if (call.dryRun) return toPreview(experiment, changes, call.warnings);
  return { kind: 'written', experiment: outcome.experiment, changes, warnings: call.warnings };
}

/** Answers a call whose key was used before: by what that call created, or by a conflict. */
export function answerKeyUse(use: KeyUse, call: InsertCall): InsertResult {
  const judged = judgeKeyUse(use, call.key);
  return 'kind' in judged ? judged : answerRepeat(judged, call);
}

function answerRepeat(experiment: Experiment, { warnings, dryRun }: InsertCall): InsertResult {
  return dryRun ? toPreview(experiment, [], warnings) : { kind: 'written', experiment, changes: [], warnings };
}

/** Computes the outcome of an insert without writing. */
async function previewInsert(store: ExperimentStore, experiment: Experiment): Promise<InsertOutcome> {
  const current = await store.find(experiment.organization, experiment.id);
  return current ? { kind: 'taken', current } : { kind: 'inserted', experiment };
}

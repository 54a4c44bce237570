import type { Caller } from '../actor.ts';
import { type Conflict, idTaken } from '../failure.ts';
import { findChanges, hasSameContent } from './changes.ts';
import { blankContent, type Experiment, initialState, noTags, untitled } from './experiment.ts';
import { generateExperimentId } from './id.ts';
import { toContent, type ValidInput } from './input.ts';
import type { ExperimentStore, InsertOutcome } from './store.ts';
import {
  acceptInput,
  type DryRun,
  type Previewed,
  type Refused,
  toPreview,
  type WithInput,
  type WriteParts,
  type Written,
} from './write-steps.ts';

export type CreateResult = Written | Previewed | Refused | Conflict<Experiment>;

/** Creates an experiment. Repeating a create returns the existing experiment (contract, section 4). */
export async function createExperiment(
  { store, now }: WriteParts,
  caller: Caller,
  { input, dryRun }: WithInput & DryRun,
): Promise<CreateResult> {
  const accepted = acceptInput(caller, input);
  if (accepted.kind !== 'accepted') return accepted;
  const { actor, valid } = accepted;
  const { warnings } = valid;
  const given = buildExperiment(actor.organization, valid, now());
  const outcome = dryRun ? await previewInsert(store, given) : await store.insert(given, actor.author);
  if (outcome.kind === 'taken' && !hasSameContent(outcome.current, given)) return idTaken(outcome.current);
  const changes = outcome.kind === 'taken' ? [] : findChanges(blankContent, given);
  if (dryRun) return toPreview(given, changes, warnings);
  return {
    kind: 'written',
    experiment: outcome.kind === 'taken' ? outcome.current : outcome.experiment,
    changes,
    warnings,
  };
}

/** Computes the outcome of an insert without writing (R15). */
async function previewInsert(store: ExperimentStore, experiment: Experiment): Promise<InsertOutcome> {
  const current = await store.find(experiment.organization, experiment.id);
  return current ? { kind: 'taken', current } : { kind: 'inserted', experiment };
}

function buildExperiment(organization: string, valid: ValidInput, at: Date): Experiment {
  return {
    organization,
    id: valid.experimentId ?? generateExperimentId(at),
    ...toContent(valid),
    name: valid.given.name ?? untitled,
    tags: valid.given.tags ?? noTags,
    ...initialState,
    createdAt: at,
    updatedAt: at,
  };
}

import type { Caller } from '../actor.ts';
import { type Conflict, idTaken } from '../failure.ts';
import { findChanges, hasSameContent } from './changes.ts';
import { type Experiment, initialState, noTags, omittedContent, untitled } from './experiment.ts';
import { generateExperimentId } from './id.ts';
import { toContent, type ValidInput } from './input.ts';
import { continueRevisions } from './revisions.ts';
import type { ExperimentStore, InsertOutcome } from './store.ts';
import {
  acceptInput,
  type DryRun,
  type Refused,
  type WithInput,
  type WriteParts,
  type Written,
} from './write-steps.ts';

export type CreateResult = Written | Refused | Conflict<Experiment>;

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
  const experiment = buildExperiment(actor.organization, valid, now());
  const outcome = dryRun ? await previewInsert(store, experiment) : await store.insert(experiment, actor.author);
  if (outcome.kind === 'taken') {
    const { current } = outcome;
    if (!hasSameContent(current, experiment)) return idTaken(current);
    return { kind: 'written', experiment: current, changes: [], warnings };
  }
  const blank = { ...experiment, ...omittedContent, name: untitled, tags: noTags };
  return { kind: 'written', experiment: outcome.experiment, changes: findChanges(blank, experiment), warnings };
}

/** Computes the outcome of an insert without writing (R15). */
async function previewInsert(store: ExperimentStore, experiment: Experiment): Promise<InsertOutcome> {
  const { organization, id } = experiment;
  const current = await store.find(organization, id);
  if (current) return { kind: 'taken', current };
  const last = await store.findLastRevision(organization, id);
  return { kind: 'inserted', experiment: continueRevisions(experiment, last) };
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

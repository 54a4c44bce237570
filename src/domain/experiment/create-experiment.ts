import type { Caller } from '../actor.ts';
import { hasSameContent } from './changes.ts';
import { blankContent, type Experiment, initialState, noTags, untitled } from './experiment.ts';
import { generateExperimentId } from './id.ts';
import { digestCreate, findKeyIssues, type WithIdempotencyKey } from './idempotency.ts';
import { toContent, type ValidInput } from './input.ts';
import { answerKeyUse, type InsertResult, insertExperiment } from './insert-experiment.ts';
import { acceptInput, type DryRun, type Refused, type WithInput, type WriteParts } from './write-steps.ts';

export type CreateResult = InsertResult | Refused;

/**
 * Creates an experiment. Repeating a create returns the existing experiment: always with an `idempotencyKey`, and as long
 * as it is unchanged with an `experimentId` (contract, section 4).
 */
export async function createExperiment(
  { store, now }: WriteParts,
  caller: Caller,
  { input, dryRun, idempotencyKey }: WithInput & DryRun & WithIdempotencyKey,
): Promise<CreateResult> {
  const accepted = acceptInput(caller, input, { otherIssues: findKeyIssues(idempotencyKey) });
  if (accepted.kind !== 'accepted') return accepted;
  const { actor, valid } = accepted;
  const { organization, author } = actor;
  const at = now();
  const key = idempotencyKey == null ? undefined : { key: idempotencyKey, digest: digestCreate(valid) };
  const call = { key, dryRun, warnings: valid.warnings };
  const use = key && (await store.findKeyUse(organization, key.key, at));
  if (use) return answerKeyUse(use, call);
  const experiment = buildExperiment(organization, valid, at);
  const isSame = (current: Experiment) => hasSameContent(current, experiment);
  return insertExperiment(store, { experiment, author, source: blankContent, isSame, ...call });
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

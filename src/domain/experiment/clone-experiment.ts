import type { Caller } from '../actor.ts';
import { type NotFound, notFound } from '../failure.ts';
import { hasSameContent } from './changes.ts';
import { type EditableFields, type Experiment, initialState } from './experiment.ts';
import { generateExperimentId } from './id.ts';
import { digestClone, findKeyIssues, type WithIdempotencyKey } from './idempotency.ts';
import { findIdIssues } from './input.ts';
import type { UncheckedInput } from './input-shapes.ts';
import { answerKeyUse, type InsertResult, insertExperiment } from './insert-experiment.ts';
import { describeMissingRevision, findRevisionIssues } from './restore-revision.ts';
import { findRoundingWarnings } from './rounding-warnings.ts';
import type { ExperimentStore } from './store.ts';
import { applyUpdate } from './update-experiment.ts';
import { acceptInput, type DryRun, type Refused, type WriteParts } from './write-steps.ts';

export interface CloneArguments extends DryRun, WithIdempotencyKey {
  /** The experiment to clone. */
  readonly id: string;
  /** The latest one when omitted. */
  readonly revision?: number | null | undefined;
  /** What differs from it, by the rules of an update, and the `experimentId` of the clone. */
  readonly input?: UncheckedInput | null | undefined;
}
export type CloneResult = InsertResult | Refused | NotFound;

/**
 * Creates an experiment with the content and tags of a revision of another one, and the given fields over them
 * (contract, section 4). Retries are as safe as those of a create; a clone that has the same content must also have the
 * same origin.
 */
export async function cloneExperiment(
  { store, now }: WriteParts,
  caller: Caller,
  { id, revision = null, input, dryRun, idempotencyKey }: CloneArguments,
): Promise<CloneResult> {
  const given = input ?? {};
  const otherIssues = [...findIdIssues(id), ...findRevisionIssues(revision), ...findKeyIssues(idempotencyKey)];
  const accepted = acceptInput(caller, given, { nullMeans: 'cleared', otherIssues });
  if (accepted.kind !== 'accepted') return accepted;
  const { actor, valid } = accepted;
  const { organization, author } = actor;
  const at = now();
  const key =
    idempotencyKey == null ? undefined : { key: idempotencyKey, digest: digestClone({ id, revision }, valid) };
  const call = { key, dryRun, warnings: valid.warnings };
  // Before the source is looked up: it may have been deleted since.
  const use = key && (await store.findKeyUse(organization, key.key, at));
  if (use) return answerKeyUse(use, call);

  const source = await findSource(store, organization, id, revision);
  if ('kind' in source) return source;
  const next = applyUpdate(source, valid, given, { owner: 'the cloned revision', call: 'clone' });
  if (next.kind === 'invalid') return next;
  const experiment: Experiment = {
    organization,
    id: valid.experimentId ?? generateExperimentId(at),
    ...next.content,
    tags: next.tags,
    ...initialState,
    clonedFromId: id,
    clonedFromRevision: source.revision,
    createdAt: at,
    updatedAt: at,
  };
  const rounded = findRoundingWarnings({ kind: 'replaced', before: source, after: experiment }, valid);
  return insertExperiment(store, {
    ...call,
    experiment,
    author,
    source,
    warnings: [...valid.warnings, ...rounded],
    isSame: (current) => hasSameContent(current, experiment) && hasSameOrigin(current, experiment),
  });
}

/** The revision to clone: of an experiment that exists and is not in the trash. */
async function findSource(
  store: ExperimentStore,
  organization: string,
  id: string,
  revision: number | null,
): Promise<(EditableFields & { readonly revision: number }) | NotFound> {
  const current = await store.find(organization, id);
  if (!current) return notFound(id);
  if (revision === null || revision === current.revision) return current;
  const earlier = await store.revision(organization, id, revision);
  return earlier ?? notFound(id, describeMissingRevision(revision));
}

function hasSameOrigin(one: Experiment, other: Experiment): boolean {
  return one.clonedFromId === other.clonedFromId && one.clonedFromRevision === other.clonedFromRevision;
}

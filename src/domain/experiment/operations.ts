import type { Caller } from '../actor.ts';
import { createKeyedQueue } from '../keyed-queue.ts';
import { defaultTrashDays } from '../limits.ts';
import { isIdentifier } from '../text-shapes.ts';
import { cloneExperiment } from './clone-experiment.ts';
import { createExperiment } from './create-experiment.ts';
import { deleteExperiment } from './delete-experiment.ts';
import type { ExperimentEvents } from './events.ts';
import type { FeedParts } from './organization-feed.ts';
import { createReadOperations } from './read-experiments.ts';
import { replaceExperiment } from './replace-experiment.ts';
import { restoreExperiment } from './restore-experiment.ts';
import { restoreRevision } from './restore-revision.ts';
import { createRunOperations } from './run-experiment.ts';
import type { ExperimentStore } from './store.ts';
import { createStreamCounter } from './stream-counter.ts';
import { updateExperiment } from './update-experiment.ts';
import { createFeedOperations } from './watch-changes.ts';
import { createWatchOperations } from './watch-experiment.ts';
import { cancelExperiments, deleteExperiments, replaceExperiments, updateExperiments } from './write-experiments.ts';
import { authorizeWrite, type DryRun, type Previewed, type WriteParts } from './write-steps.ts';

/** Creates the operations on experiments, for GraphQL and REST alike. */
export function createExperimentOperations(
  store: ExperimentStore,
  events: ExperimentEvents,
  {
    now = () => new Date(),
    trashDays = defaultTrashDays,
    pollIntervalMs = 1_000,
  }: Partial<Pick<WriteParts, 'now' | 'trashDays'> & Pick<FeedParts, 'pollIntervalMs'>> = {},
) {
  const streams = createStreamCounter();
  const parts: WriteParts = { store, now, trashDays, enqueue: createKeyedQueue() };
  return {
    create: bindWrite(createExperiment, parts),
    clone: bindWrite(cloneExperiment, parts),
    replace: bindWrite(replaceExperiment, parts),
    update: bindWrite(updateExperiment, parts),
    delete: bind(deleteExperiment, parts),
    restore: bind(restoreExperiment, parts),
    restoreRevision: bindWrite(restoreRevision, parts),
    replaceEach: bind(replaceExperiments, parts),
    updateEach: bind(updateExperiments, parts),
    deleteEach: bind(deleteExperiments, parts),
    cancelEach: bind(cancelExperiments, parts),
    /**
     * The revision that a write would find, read from the primary. Null if there is none, or the caller may not write.
     */
    async presentRevision(caller: Caller, id: string): Promise<number | null> {
      const actor = authorizeWrite(caller);
      if ('kind' in actor || !isIdentifier(id)) return null;
      return (await store.find(actor.organization, id))?.revision ?? null;
    },
    ...createRunOperations(store, now),
    ...createReadOperations(store),
    ...createWatchOperations(store, events, streams),
    ...createFeedOperations({ store, events, pollIntervalMs }, streams),
  };
}
export type ExperimentOperations = ReturnType<typeof createExperimentOperations>;

/** Binds the first argument of a use case. */
function bind<Args, Result>(
  useCase: (parts: WriteParts, caller: Caller, args: Args) => Promise<Result>,
  parts: WriteParts,
): (caller: Caller, args: Args) => Promise<Result> {
  return (caller, args) => useCase(parts, caller, args);
}

/** A write that returns a preview when `dryRun` is true (R15), and never without `dryRun`. */
interface PreviewableWrite<Args, Result> {
  (caller: Caller, args: Args & { readonly dryRun?: false }): Promise<Exclude<Result, Previewed>>;
  (caller: Caller, args: Args & DryRun): Promise<Result>;
}

function bindWrite<Args, Result>(
  useCase: (parts: WriteParts, caller: Caller, args: Args & DryRun) => Promise<Result>,
  parts: WriteParts,
): PreviewableWrite<Args, Result> {
  return bind(useCase, parts) as PreviewableWrite<Args, Result>;
}

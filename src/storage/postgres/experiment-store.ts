import { applyReplace, type ExperimentReplace, type ReplaceOutcome } from '../../domain/experiment/apply-replace.ts';
import type { ExperimentEvents } from '../../domain/experiment/events.ts';
import type { Experiment } from '../../domain/experiment/experiment.ts';
import type { IdempotencyKey } from '../../domain/experiment/idempotency.ts';
import { applyStep, type StepOutcome } from '../../domain/experiment/lifecycle.ts';
import type { ExperimentStore, InsertOutcome } from '../../domain/experiment/store.ts';
import { createKeyedQueue } from '../../domain/keyed-queue.ts';
import { parseRow, toRow } from '../rows/experiment-row.ts';
import { createBatches } from './experiment-batches.ts';
import { createFeedReads } from './experiment-changes.ts';
import { purgeTrash } from './experiment-purge.ts';
import { createExperimentReads } from './experiment-reads.ts';
import { toReplaceValues, toStepValues, toTagValues } from './experiment-write-values.ts';
import { type FoundRow, prepareWrites } from './experiment-writes.ts';
import { prepareIdempotencyKeys } from './idempotency-keys.ts';
import type { Db, PostgresDatabase } from './open.ts';

/** Publishes the change that each write made, in the same turn of the event loop in which its commit was confirmed. */
export function createExperimentStore(
  database: PostgresDatabase,
  publish: ExperimentEvents['publish'],
): ExperimentStore {
  const reads = createExperimentReads(database);
  const writes = database.prepareOnce(prepareWrites);
  const keys = database.prepareOnce(prepareIdempotencyKeys);
  const enqueue = createKeyedQueue();
  const toQueueKey = ({ organization, id }: { organization: string; id: string }) => JSON.stringify([organization, id]);

  /** Publishes the change of a write that is on disk, and returns its outcome. */
  function publishOutcome<Outcome extends WriteOutcome>(outcome: Outcome): Outcome {
    if (isChange(outcome)) publish({ kind: 'changed', experiment: outcome.after });
    return outcome;
  }

  /** Permanently deletes what the trash holds under an id. */
  async function eraseTrashed(db: Db, { organization, id }: { organization: string; id: string }): Promise<void> {
    const [row] = await writes(db).lock.execute({ organization, id });
    if (row?.deletedAt != null) await writes(db).remove.execute({ organization, id });
  }

  /** Resolves to null when the id is taken, or in the trash. */
  async function insert(db: Db, experiment: Experiment, values: Record<string, unknown>) {
    const [numbers] = await writes(db).insert.execute(values);
    return numbers ? { kind: 'inserted' as const, experiment: { ...experiment, ...numbers } } : null;
  }

  /** Takes the key before the insert, so that equal calls wait for each other and only one of them inserts. */
  async function insertWithKey(
    db: Db,
    experiment: Experiment,
    values: Record<string, unknown>,
    key: IdempotencyKey,
  ): Promise<InsertOutcome | null> {
    if (!(await keys(db).take(key, experiment))) {
      const use = await keys(db).findUse(experiment.organization, key.key, experiment.createdAt);
      return use && { kind: 'keyUsed', use };
    }
    const outcome = await insert(db, experiment, values);
    if (outcome) await keys(db).settle(key, outcome.experiment);
    else await keys(db).release(key, experiment.organization);
    return outcome;
  }

  async function replace(db: Db, write: ExperimentReplace, mayRetag: boolean) {
    const [row] = await writes(db).replace.execute({ ...toReplaceValues(write), mayRetag });
    const { current, isWritten } = readFound(row);
    const outcome = applyReplace(current, write);
    return { outcome, isDone: isWritten === isChange(outcome) };
  }

  /** Replaces with new tags, in a transaction. */
  async function replaceAndRetag(db: Db, write: ExperimentReplace): Promise<ReplaceOutcome> {
    const { outcome, isDone } = await replace(db, write, true);
    if (!isDone) throw new Error('The database decided a replace differently.');
    if (isChange(outcome)) {
      const { organization, id } = write;
      await writes(db).retag.execute({ organization, id, ...toTagValues(outcome.after.tags) });
    }
    return outcome;
  }

  return {
    ...reads,
    ...createBatches(database, publish, enqueue, toQueueKey),
    revision: async (organization, id, revision) => {
      const rows = await reads.revisions(organization, [{ experimentId: id, from: revision, to: revision }]);
      return rows[0] ?? null;
    },

    insert: (experiment, author, key) =>
      database.write(({ statement, transaction }) =>
        enqueue(toQueueKey(experiment), async () => {
          const values = {
            ...toRow(experiment),
            ...toTagValues(experiment.tags),
            authorKind: author.kind,
            authorId: author.id,
          };
          // This loop ends: `statement` throws when the write has no time left.
          for (;;) {
            const outcome = await (key
              ? transaction((db) => insertWithKey(db, experiment, values, key))
              : statement((db) => insert(db, experiment, values)));
            if (outcome?.kind === 'inserted') publish({ kind: 'changed', experiment: outcome.experiment });
            if (outcome) return outcome;
            const current = await reads.find(experiment.organization, experiment.id);
            if (current) return { kind: 'taken', current };
            // It is in the trash, unless another gateway removed it in between.
            await transaction((db) => eraseTrashed(db, experiment));
          }
        }),
      ),

    findKeyUse: (organization, key, at) => database.run(() => keys().findUse(organization, key, at)),
    purgeKeys: (at) => database.write(({ statement }) => statement((db) => keys(db).purge(at))),

    replace: (write) =>
      database.write(({ statement, transaction }) =>
        enqueue(toQueueKey(write), async () => {
          const { outcome, isDone } = await statement((db) => replace(db, write, false));
          if (isDone) return publishOutcome(outcome);
          // Tags change: a second statement writes the tag index, so that it sees what was committed before the lock.
          return publishOutcome(await transaction((db) => replaceAndRetag(db, write)));
        }),
      ),

    step: (write) =>
      database.write(({ statement }) =>
        enqueue(toQueueKey(write), async () => {
          const [row] = await statement((db) => writes(db).step.execute(toStepValues(write)));
          const { current, isWritten } = readFound(row);
          const outcome = applyStep(current, write.step, write.at, new Date(row?.clock ?? 0));
          if (isWritten !== isChange(outcome)) throw new Error('The database decided a step differently.');
          return publishOutcome(outcome);
        }),
      ),

    trash: (trashing) =>
      database.write(({ statement }) =>
        enqueue(toQueueKey(trashing), async () => {
          const { organization, id, ifRevision, at, purgeAt } = trashing;
          const values = { organization, id, ifRevision, at: at.getTime(), purgeAt: purgeAt.getTime() };
          const [row] = await statement((db) => writes(db).trash.execute(values));
          const { current, isWritten } = readFound(row);
          if (!current) return { kind: 'missing' };
          if (!isWritten) return { kind: 'stale', current };
          const after = { ...current, deletedAt: at, purgeAt, version: current.version + 1 };
          publish({ kind: 'deleted', organization, id, version: after.version });
          return { kind: 'trashed', after };
        }),
      ),

    restore: (restoring) =>
      database.write(({ statement }) =>
        enqueue(toQueueKey(restoring), async () => {
          const { organization, id, at } = restoring;
          const [row] = await statement((db) => writes(db).restore.execute({ organization, id, at: at.getTime() }));
          if (!row) return null;
          const experiment = parseRow(row);
          publish({ kind: 'changed', experiment });
          return experiment;
        }),
      ),

    purge: (at) =>
      database.write(async ({ transaction }) => {
        const { deleted, hasMore } = await transaction((db) => purgeTrash(writes(db), at));
        for (const each of deleted) publish({ ...each, kind: 'deleted' });
        return hasMore;
      }),

    ...createFeedReads(database),

    remove: (removal) =>
      database.write(({ transaction }) =>
        enqueue(toQueueKey(removal), async () => {
          const { organization, id, ifRevision } = removal;
          const outcome = await transaction(async (db) => {
            const [row] = await writes(db).lock.execute({ organization, id });
            if (!row) return { kind: 'missing' } as const;
            const current = parseRow(row);
            if (ifRevision !== null && ifRevision !== current.revision) return { kind: 'stale', current } as const;
            await writes(db).remove.execute({ organization, id });
            return { kind: 'removed', version: current.version } as const;
          });
          if (outcome.kind === 'removed') publish({ ...removal, ...outcome, kind: 'deleted' });
          return outcome;
        }),
      ),
  };
}

type WriteOutcome = ReplaceOutcome | StepOutcome;
type Change = { readonly before: Experiment; readonly after: Experiment };

function isChange<Outcome extends WriteOutcome>(outcome: Outcome): outcome is Outcome & Change {
  return 'after' in outcome && outcome.after !== outcome.before;
}

/** The experiment that a write found, and whether it wrote. */
function readFound(row: FoundRow | undefined): { current: Experiment | null; isWritten: boolean } {
  if (!row) return { current: null, isWritten: false };
  const { isWritten, ...stored } = row;
  return { current: parseRow(stored), isWritten };
}

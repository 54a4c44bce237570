import type { BatchKind, BatchRow, BatchWrite, TooLarge } from '../../domain/experiment/batch-write.ts';
import { tooManyBytes } from '../../domain/experiment/batch-write.ts';
import { type ExperimentEvents, toEvent } from '../../domain/experiment/events.ts';
import type { Experiment } from '../../domain/experiment/experiment.ts';
import type { ExperimentStore } from '../../domain/experiment/store.ts';
import type { createKeyedQueue } from '../../domain/keyed-queue.ts';
import { batchLimits } from '../../domain/limits.ts';
import { parseRow, toRow } from '../rows/experiment-row.ts';
import { toIndexKey, toTagEntries } from '../rows/tag-index.ts';
import { type BatchRowFound, batchColumns, optionalColumns, prepareBatchWrites } from './experiment-batch-writes.ts';
import type { Db, PostgresDatabase } from './open.ts';

/**
 * Writes of several experiments: at most five round trips, whatever their number. The row locks decide between writers;
 * `enqueue` keeps the writers of this process from waiting for them on connections.
 */
export function createBatches(
  database: PostgresDatabase,
  publish: ExperimentEvents['publish'],
  enqueue: ReturnType<typeof createKeyedQueue>,
  toQueueKey: (key: { organization: string; id: string }) => string,
): Pick<ExperimentStore, 'findEach' | 'writeEach'> {
  const statements = database.prepareOnce(prepareBatchWrites);

  /** Waits for the turn of each key. The keys have one order for all, so that no two batches wait for each other. */
  function enqueueAll<Result>(keys: readonly string[], work: () => Promise<Result>): Promise<Result> {
    return keys.toSorted().reduceRight((next, key) => () => enqueue(key, next), work)();
  }

  async function runBatch<Result>(db: Db, batch: BatchWrite<Result>) {
    const { organization, ids, kind, author, decide } = batch;
    const { lockEach, takeIds, takeSlots, [kind]: write } = statements(db);
    const rows = await lockEach.execute(toFindValues(organization, ids, kind === 'removal'));
    const found = readFound(rows, ids);
    if ('kind' in found) return { writes: [], result: found };
    const decision = decide(found);
    if (decision.writes.length === 0) return decision;
    const written = { organization, ids: decision.writes.map(({ before }) => before.id) };
    if (kind === 'removal') await takeIds.execute(written);
    if (kind === 'trash') await takeSlots.execute(written);
    const values = { ...written, authorKind: author.kind, authorId: author.id, ...toValues(kind, decision.writes) };
    const [count] = await write.execute(values);
    if (count?.rows !== decision.writes.length) throw new Error('The database wrote other rows than it locked.');
    return decision;
  }

  return {
    findEach: (organization, ids) =>
      database.run(async () => {
        const rows = await statements().findEach.execute(toFindValues(organization, ids, false));
        return readFound(rows, ids);
      }),

    writeEach: (batch) =>
      database.write(({ transaction }) => {
        const keys = batch.ids.map((id) => toQueueKey({ organization: batch.organization, id }));
        return enqueueAll(keys, async () => {
          const { writes, result } = await transaction((db) => runBatch(db, batch));
          for (const row of writes) publish(toEvent(row));
          return result;
        });
      }),
  };
}

function toFindValues(organization: string, ids: readonly string[], withTrash: boolean) {
  return { organization, ids, withTrash, maxBytes: batchLimits.bytes };
}

/** The experiments in the order of ids. When it shows none, the statement returns one row without an experiment. */
function readFound(rows: readonly BatchRowFound[], ids: readonly string[]): (Experiment | null)[] | TooLarge {
  if (rows.some(({ bytes }) => bytes > batchLimits.bytes)) return tooManyBytes;
  const byId = new Map(rows.map((row) => [row.id, row]));
  return ids.map((id) => {
    const row = byId.get(id);
    if (!row) return null;
    const { bytes: _, ...stored } = row;
    return parseRow(stored);
  });
}

/** The values of a write: a list for each column. */
function toValues(kind: BatchKind, writes: readonly BatchRow[]): Record<string, unknown> {
  if (kind === 'removal') return {};
  const changes = writes.map(({ before, after }) => ({ before, after: after as Experiment }));
  const rows = changes.map(({ after }) => toRow(after));
  const values = Object.fromEntries(batchColumns[kind].map((name) => [name, rows.map((row) => row[name as never])]));
  if (kind !== 'content') return values;
  for (const name of optionalColumns) {
    values[name] = changes.map(({ before, after }) =>
      before[name].text === after[name].text ? null : after[name].text,
    ) as never;
  }
  return { ...values, ...toTagValues(changes) };
}

/** The tag index entries of the experiments whose tags change. */
function toTagValues(changes: readonly { before: Experiment; after: Experiment }[]) {
  const retagged = changes.filter(({ before, after }) => before.tags.text !== after.tags.text);
  const entries = retagged.flatMap(({ after }) =>
    toTagEntries(after.tags).map(([key, value]) => [after.id, key, value] as const),
  );
  return {
    retagged: retagged.map(({ after }) => after.id),
    tagIds: entries.map(([id]) => id),
    tagKeys: entries.map(([, key]) => toIndexKey(key)),
    tagValues: entries.map(([, , value]) => toIndexKey(value)),
  };
}

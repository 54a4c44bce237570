import type { ReplaceOutcome } from '../../domain/experiment/apply-replace.ts';
import { type ExperimentEvents, toEvent } from '../../domain/experiment/events.ts';
import type { StepOutcome } from '../../domain/experiment/lifecycle.ts';
import type { ExperimentStore } from '../../domain/experiment/store.ts';
import { createFeedReads } from './experiment-changes.ts';
import { preparePages } from './experiment-pages.ts';
import { prepareRevisions } from './experiment-revisions.ts';
import { prepareWrites } from './experiment-writes.ts';
import type { SqliteFile } from './open.ts';

/** Publishes the change that each write made, in the same turn of the event loop as its commit. */
export function createExperimentStore(file: SqliteFile, publish: ExperimentEvents['publish']): ExperimentStore {
  const statements = file.prepareOnce((connection) => ({
    ...preparePages(connection),
    ...prepareRevisions(connection),
    ...prepareWrites(connection, file.countTransactions),
  }));

  /** Called once the write is on disk. */
  function publishChange(outcome: ReplaceOutcome | StepOutcome): void {
    if ('after' in outcome && outcome.after !== outcome.before) publish({ kind: 'changed', experiment: outcome.after });
  }

  return {
    find: (organization, id) => file.read(() => statements().find(organization, id)),
    list: (query) => file.read(() => statements().list(query)),
    count: (organization, filter) => file.read(() => statements().count(organization, filter)),
    countByStatus: (organization, filter) => file.read(() => statements().countByStatus(organization, filter)),
    findKeyUse: (organization, key, at) => file.read(() => statements().keys.findUse(organization, key, at)),
    insert: (experiment, author, key) =>
      file.write(
        () => statements().insert(experiment, author, key),
        (outcome) => {
          if (outcome.kind === 'inserted') publish({ kind: 'changed', experiment: outcome.experiment });
        },
      ),
    purgeKeys: (at) => file.write(() => statements().keys.purge(at)),
    replace: (write) => file.write(() => statements().replace(write), publishChange),
    step: (step) => file.write(() => statements().step(step), publishChange),
    trash: (trashing) =>
      file.write(
        () => statements().trash(trashing),
        (outcome) => {
          if (outcome.kind === 'trashed') publish({ ...trashing, version: outcome.after.version, kind: 'deleted' });
        },
      ),
    remove: (removal) =>
      file.write(
        () => statements().remove(removal),
        (outcome) => {
          if (outcome.kind === 'removed') publish({ ...removal, ...outcome, kind: 'deleted' });
        },
      ),
    restore: (restoring) =>
      file.write(
        () => statements().restore(restoring),
        (restored) => {
          if (restored) publish({ kind: 'changed', experiment: restored });
        },
      ),
    purge: async (at) => {
      const { hasMore } = await file.write(
        () => statements().purge(at),
        ({ deleted }) => {
          for (const experiment of deleted) publish({ kind: 'deleted', ...experiment });
        },
      );
      return hasMore;
    },
    findEach: (organization, ids) => file.read(() => statements().findEach(organization, ids)),
    writeEach: async (batch) => {
      const { result } = await file.write(
        () => statements().writeEach(batch),
        ({ writes }) => {
          for (const row of writes) publish(toEvent(row));
        },
        { rows: batch.ids.length },
      );
      return result;
    },
    ...createFeedReads(file),
    revision: (organization, id, revision) =>
      file.read(
        () => statements().revisions(organization, [{ experimentId: id, from: revision, to: revision }])[0] ?? null,
      ),
    revisions: (organization, ranges, reading) =>
      file.read(() => statements().revisions(organization, ranges, reading)),
  };
}

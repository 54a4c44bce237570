import type { Author } from '../../domain/actor.ts';
import { applyDelete } from '../../domain/experiment/apply-delete.ts';
import { applyReplace, type ExperimentReplace, type ReplaceOutcome } from '../../domain/experiment/apply-replace.ts';
import type { BatchRow } from '../../domain/experiment/batch-write.ts';
import type { Experiment } from '../../domain/experiment/experiment.ts';
import type { IdempotencyKey } from '../../domain/experiment/idempotency.ts';
import { applyStep, type StepOutcome } from '../../domain/experiment/lifecycle.ts';
import { continueRevisions, type LastRevision } from '../../domain/experiment/revisions.ts';
import type {
  ExperimentRemoval,
  ExperimentRestoring,
  ExperimentStep,
  ExperimentTrashing,
  InsertOutcome,
  RemoveOutcome,
  TrashOutcome,
} from '../../domain/experiment/store.ts';
import { parseRow, toRow } from '../rows/experiment-row.ts';
import { prepareChanges } from './change-numbers.ts';
import type { Connection } from './connect.ts';
import { createBatches } from './experiment-batches.ts';
import { prepareRowStatements } from './experiment-row-statements.ts';
import { prepareTags } from './experiment-tags.ts';
import { preparePurge, preparePurged } from './experiment-trash.ts';
import { prepareIdempotencyKeys } from './idempotency-keys.ts';
import type { SqliteFile } from './open.ts';

/**
 * The writes, and the lookup by id that they share with reads. They run in a transaction that `SqliteFile.write` begins.
 */
export function prepareWrites(connection: Connection, countTransactions: SqliteFile['countTransactions']) {
  const nextChange = prepareChanges(connection, countTransactions);
  const { findRow, insertRow, updateContent, updateRun, updatePlace, deleteRow, recordRevision, deleteRevisions } =
    prepareRowStatements(connection, nextChange);
  const tags = prepareTags(connection);
  const purged = preparePurged(connection);

  /** The experiment, even in the trash. */
  function findAnywhere(organization: string, id: string): Experiment | null {
    const row = findRow.get({ organization, id });
    return row ? parseRow(row) : null;
  }

  function find(organization: string, id: string): Experiment | null {
    const found = findAnywhere(organization, id);
    return found?.deletedAt === null ? found : null;
  }

  const keys = prepareIdempotencyKeys(connection, find);

  /** Deletes an experiment permanently, and numbers the change. */
  function erase(experiment: Experiment): void {
    const { organization, id } = experiment;
    // Before the delete: the row may hold the last number.
    const changed = nextChange(organization);
    deleteRow.run({ organization, id });
    deleteRevisions.run({ organization, id });
    tags.clear(organization, id);
    purged.remember(experiment, changed);
  }

  function recordContent({ before, after }: BatchRow, { kind: authorKind, id: authorId }: Author): void {
    if (!after) return;
    const { organization, id } = after;
    updateContent(before, after);
    if (after.tags.text !== before.tags.text) {
      tags.clear(organization, id);
      tags.add(organization, id, after.tags);
    }
    recordRevision.run({ organization, id, authorKind, authorId });
  }

  function replace(write: ExperimentReplace, current = find(write.organization, write.id)): ReplaceOutcome {
    const outcome = applyReplace(current, write);
    if (outcome.kind === 'replaced' && outcome.after !== outcome.before) recordContent(outcome, write.author);
    return outcome;
  }

  return {
    find,

    ...createBatches({
      find,
      findAnywhere,
      write: {
        content: recordContent,
        run: ({ before, after }) => after && updateRun(before, after),
        trash: ({ before, after }) => after && updatePlace(before, after),
        removal: ({ before }) => erase(before),
      },
    }),

    keys,

    insert(given: Experiment, { kind: authorKind, id: authorId }: Author, key?: IdempotencyKey): InsertOutcome {
      const { organization, id } = given;
      const use = key && keys.findUse(organization, key.key, given.createdAt);
      if (use) return { kind: 'keyUsed', use };
      const current = findAnywhere(organization, id);
      if (current?.deletedAt === null) return { kind: 'taken', current };
      const experiment = continueRevisions(given, current ?? purged.find.get({ organization, id }) ?? neverUsed);
      if (current) erase(current);
      insertRow.run({ ...toRow(experiment), changed: nextChange(organization) });
      tags.add(organization, id, experiment.tags);
      recordRevision.run({ organization, id, authorKind, authorId });
      if (key) keys.use(key, experiment);
      return { kind: 'inserted', experiment };
    },

    replace,

    step({ organization, id, step, at }: ExperimentStep): StepOutcome {
      const outcome = applyStep(find(organization, id), step, at, new Date());
      if (outcome.kind === 'stepped' && outcome.after !== outcome.before) updateRun(outcome.before, outcome.after);
      return outcome;
    },

    trash(trashing: ExperimentTrashing): TrashOutcome {
      const outcome = applyDelete(find(trashing.organization, trashing.id), trashing);
      if (outcome.kind !== 'deleted') return outcome;
      updatePlace(outcome.before, outcome.after);
      return { kind: 'trashed', after: outcome.after };
    },

    remove({ organization, id, ifRevision }: ExperimentRemoval): RemoveOutcome {
      const current = findAnywhere(organization, id);
      if (!current) return { kind: 'missing' };
      if (ifRevision !== null && ifRevision !== current.revision) return { kind: 'stale', current };
      erase(current);
      return { kind: 'removed', version: current.version };
    },

    restore({ organization, id, at }: ExperimentRestoring): Experiment | null {
      const before = findAnywhere(organization, id);
      if (!before?.purgeAt || before.purgeAt <= at) return null;
      const after = { ...before, deletedAt: null, purgeAt: null, updatedAt: at, version: before.version + 1 };
      updatePlace(before, after);
      return after;
    },

    purge: preparePurge(connection, findAnywhere, erase),
  };
}

/** The last revision of an id that was never used. */
const neverUsed: LastRevision = { revision: 0, version: 0 };

import type { Author } from '../../domain/actor.ts';
import {
  type BatchKind,
  type BatchRow,
  type BatchWrite,
  measureExperiment,
  type TooLarge,
  tooManyBytes,
} from '../../domain/experiment/batch-write.ts';
import type { Experiment } from '../../domain/experiment/experiment.ts';
import { batchLimits } from '../../domain/limits.ts';

type Find = (organization: string, id: string) => Experiment | null;

/** The statements of a single experiment, which a batch runs for each of its rows: SQLite is in the same process. */
export interface RowStatements {
  readonly find: Find;
  /** Also finds what is in the trash. */
  readonly findAnywhere: Find;
  readonly write: Readonly<Record<BatchKind, (row: BatchRow, author: Author) => void>>;
}

/** What a batch wrote, and its result. */
export interface BatchOutcome<Result> {
  readonly writes: readonly BatchRow[];
  readonly result: Result | TooLarge;
}

/** The writes run in a transaction that `SqliteFile.write` begins. */
export function createBatches({ find, findAnywhere, write }: RowStatements) {
  /** Stops reading as soon as the experiments are too large together. */
  function findEach(organization: string, ids: readonly string[], findOne = find): (Experiment | null)[] | TooLarge {
    const found: (Experiment | null)[] = [];
    let bytes = 0;
    for (const id of ids) {
      const experiment = findOne(organization, id);
      if (experiment) bytes += measureExperiment(experiment);
      if (bytes > batchLimits.bytes) return tooManyBytes;
      found.push(experiment);
    }
    return found;
  }

  return {
    findEach: (organization: string, ids: readonly string[]) => findEach(organization, ids),

    writeEach<Result>({ organization, ids, kind, author, decide }: BatchWrite<Result>): BatchOutcome<Result> {
      const found = findEach(organization, ids, kind === 'removal' ? findAnywhere : find);
      if ('kind' in found) return { writes: [], result: found };
      const decision = decide(found);
      for (const row of decision.writes) write[kind](row, author);
      return decision;
    },
  };
}

import type { Experiment, ExperimentRevision } from '../../domain/experiment/experiment.ts';
import { type Reading, readFields, type TextField } from '../../domain/experiment/reading.ts';
import { JsonList } from '../../domain/json/json-list.ts';
import type { ExperimentRow, RevisionRow } from './experiment-row.ts';

/** The names of the columns to read: all except optional ones that the reading does not ask for. */
export function selectColumns<Name extends string>(all: readonly Name[], reading: Reading): Name[] {
  const asked: ReadonlySet<string> | undefined = reading.fields;
  return asked ? all.filter((name) => asked.has(name) || !mayLeaveOut.has(name)) : [...all];
}

const mayLeaveOut: ReadonlySet<string> = new Set(readFields);

/**
 * A lower bound, in bytes, for the texts of a row: the length in UTF-16 units, which JavaScript knows without a scan.
 */
export function measureTexts(row: Partial<Record<TextField, unknown>>, texts: readonly TextField[]): number {
  let length = 0;
  for (const name of texts) length += (row[name] as string | null)?.length ?? 0;
  return length;
}

type Decoders<Row> = Readonly<Record<string, (value: never, row: Row) => unknown>>;

const toDate = (value: number | null) => (value === null ? null : new Date(value));
const toBoolean = (value: boolean | number) => Boolean(value);
const toList = (text: string) => JsonList.fromText(text);
const shared = {
  evaluatorIds: toList,
  evaluatorWorkflowIds: toList,
  tags: toList,
  createdAt: toDate,
  enableTracing: toBoolean,
};

const experimentDecoders: Decoders<ExperimentRow> = {
  ...shared,
  workflow: (text: string, { workflowCount }) => JsonList.fromText(text, workflowCount),
  updatedAt: toDate,
  startedAt: toDate,
  completedAt: toDate,
  leaseExpiresAt: toDate,
  isStalled: toBoolean,
  deletedAt: toDate,
  purgeAt: toDate,
};

const revisionDecoders: Decoders<RevisionRow> = {
  ...shared,
  workflow: toList,
  author: (_: never, { authorKind, authorId }) => ({ kind: authorKind, id: authorId }),
};

/** Returns a function that builds experiments from rows with these columns. Reading a missing field throws. */
export function createExperimentReader(columns: readonly string[]): (row: ExperimentRow) => Experiment {
  return createPartReader(columns, experimentDecoders) as (row: ExperimentRow) => Experiment;
}

/** Like `createExperimentReader`, for revisions. */
export function createRevisionReader(columns: readonly string[]): (row: RevisionRow) => ExperimentRevision {
  return createPartReader([...columns, 'author'], revisionDecoders) as (row: RevisionRow) => ExperimentRevision;
}

/** Decodes each value only when it is read: most rows hold more than the response needs. */
function createPartReader<Row>(columns: readonly string[], decoders: Decoders<Row>): (row: Row) => unknown {
  class Part {
    readonly row: Row;

    constructor(row: Row) {
      this.row = row;
    }
  }
  for (const name of columns) {
    const key = name as keyof Row;
    const decode = decoders[name];
    const get = decode
      ? function get(this: Part) {
          return decode(this.row[key] as never, this.row);
        }
      : function get(this: Part) {
          return this.row[key];
        };
    Object.defineProperty(Part.prototype, name, { get });
  }
  for (const name of readFields.filter((each) => !columns.includes(each))) {
    Object.defineProperty(Part.prototype, name, {
      get() {
        throw new Error(`The column ${name} was not read.`);
      },
    });
  }
  return (row) => new Part(row);
}

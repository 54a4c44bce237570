import type { Experiment, ExperimentRevision } from '../domain/experiment/experiment.ts';
import { type Reading, readFields, type TextField } from '../domain/experiment/reading.ts';
import { JsonList } from '../domain/json.ts';
import type { ExperimentRow, RevisionRow } from './experiment-row.ts';

/** The names of the columns that are read: all but those that nobody asked for. */
export function columnsToRead<Name extends string>(all: readonly Name[], reading: Reading): Name[] {
  const asked: ReadonlySet<string> | undefined = reading.fields;
  return asked ? all.filter((name) => asked.has(name) || !mayLeaveOut.has(name)) : [...all];
}

const mayLeaveOut: ReadonlySet<string> = new Set(readFields);

/** How many bytes the texts of a row hold at least, by what JavaScript knows of them without looking. */
export function lengthOfTexts(row: Partial<Record<TextField, unknown>>, texts: readonly TextField[]): number {
  let length = 0;
  for (const name of texts) length += (row[name] as string | null)?.length ?? 0;
  return length;
}

type Decoders<Row> = { readonly [Name in keyof Row]?: (value: never, row: Row) => unknown };

const date = (value: number | null) => (value === null ? null : new Date(value));
const list = (text: string) => JsonList.fromText(text);
const lists = { evaluatorIds: list, evaluatorWorkflowIds: list, tags: list, createdAt: date };

const experimentDecoders: Decoders<ExperimentRow> = {
  ...lists,
  workflow: (text: string, { workflowCount }) => JsonList.fromText(text, workflowCount),
  updatedAt: date,
  startedAt: date,
  completedAt: date,
};

const revisionDecoders: Decoders<RevisionRow> = { ...lists, workflow: list };

/** Makes experiments of rows with these columns. A field that was not read throws when somebody looks at it. */
export function partsOfExperiments(columns: readonly string[]): (row: ExperimentRow) => Experiment {
  return partsOf(columns, experimentDecoders) as unknown as (row: ExperimentRow) => Experiment;
}

/** The same of revisions. */
export function partsOfRevisions(columns: readonly string[]): (row: RevisionRow) => ExperimentRevision {
  const part = partsOf(columns, revisionDecoders) as unknown as (row: RevisionRow) => ExperimentRevision;
  return (row) =>
    Object.assign(part(row), { author: { kind: row.authorKind, id: row.authorId } }) satisfies ExperimentRevision;
}

function partsOf<Row extends object>(
  columns: readonly string[],
  decoders: Decoders<Row>,
): (row: Row) => Record<string, unknown> {
  const unread = readFields.filter((name) => !columns.includes(name));
  const prototype = Object.defineProperties({}, Object.fromEntries(unread.map((name) => [name, throwing(name)])));
  const steps = columns.map((name) => [name, decoders[name as keyof Row]] as const);
  return (row) => {
    const node = Object.create(prototype) as Record<string, unknown>;
    for (const [name, decode] of steps) {
      const value = row[name as keyof Row];
      node[name] = decode ? decode(value as never, row) : value;
    }
    return node;
  };
}

function throwing(name: string): PropertyDescriptor {
  return {
    get() {
      throw new Error(`The column ${name} was not read.`);
    },
  };
}

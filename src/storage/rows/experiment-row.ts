import type { Author } from '../../domain/actor.ts';
import {
  type EditableFields,
  type Experiment,
  type ExperimentRevision,
  editableFields,
} from '../../domain/experiment/experiment.ts';
import { JsonList } from '../../domain/json/json-list.ts';
import { foldText } from '../../domain/text.ts';

/** Values as both engines store them: JSON as text, times as milliseconds since 1970. */
export type Kept<Values> = {
  -readonly [Name in keyof Values]: Values[Name] extends { readonly text: string }
    ? string
    : Values[Name] extends Date | null
      ? number | (null & Values[Name])
      : Values[Name];
};

/** A row without the columns that only searches compare. */
type ReadRow = Kept<Omit<Experiment, 'isStalled'>> & {
  workflowCount: number;
  /** Computed when the row is read. SQLite returns 0 or 1. */
  isStalled: boolean | number;
};

export type ExperimentRow = ReadRow & {
  foldedName: string;
  foldedId: string | null;
  foldedDatasetId: string | null;
};

export type RevisionRow = Kept<Omit<ExperimentRevision, 'author'>> & {
  organization: string;
  authorKind: Author['kind'];
  authorId: string;
};

/** The form that searches for an id compare. Null for an id in ASCII, which nearly all are: SQL folds those by `upper`. */
export function foldId(id: string | null): string | null {
  return id === null || isAscii(id) ? null : foldText(id);
}

function isAscii(text: string): boolean {
  return !/[^\0-\x7f]/.test(text);
}

/** The editable fields of a replace; null leaves the name or the tags unchanged. */
type ReplacedFields = Omit<EditableFields, 'name' | 'tags'> & {
  readonly [Name in 'name' | 'tags']: EditableFields[Name] | null;
};

/** The columns of the editable fields, and those derived from them. */
export const contentColumns = [...editableFields, 'foldedName', 'foldedDatasetId', 'workflowCount'] as const;
type ContentRow = Pick<ExperimentRow, (typeof contentColumns)[number]>;
type ReplacedRow = Omit<ContentRow, 'name' | 'foldedName' | 'tags'> & {
  [Name in 'name' | 'foldedName' | 'tags']: ContentRow[Name] | null;
};

/** The columns that a step writes (contract, section 4). Content writes share only `updatedAt` and `version` (R9). */
export const runColumns = [
  'status',
  'progress',
  'startedAt',
  'completedAt',
  'errorMessage',
  'updatedAt',
  'version',
  'attempt',
  'runRevision',
  'leaseSeconds',
  'leaseExpiresAt',
] as const satisfies readonly (keyof ExperimentRow)[];

/** Converts the editable fields of a replace to columns. A null name or null tags stay null. */
export function toContentRow(content: ReplacedFields): ReplacedRow {
  return {
    ...content,
    foldedName: content.name === null ? null : foldText(content.name),
    foldedDatasetId: foldId(content.datasetId),
    workflowCount: content.workflow.length,
    workflow: content.workflow.text,
    evaluatorIds: content.evaluatorIds.text,
    evaluatorWorkflowIds: content.evaluatorWorkflowIds.text,
    tags: content.tags?.text ?? null,
  };
}

/** Written out, because reusing `toContentRow` would copy every row twice: a twentieth of a replace. */
export function toRow(experiment: Experiment): ExperimentRow {
  return {
    ...experiment,
    foldedName: foldText(experiment.name),
    foldedId: foldId(experiment.id),
    foldedDatasetId: foldId(experiment.datasetId),
    workflowCount: experiment.workflow.length,
    workflow: experiment.workflow.text,
    evaluatorIds: experiment.evaluatorIds.text,
    evaluatorWorkflowIds: experiment.evaluatorWorkflowIds.text,
    tags: experiment.tags.text,
    createdAt: experiment.createdAt.getTime(),
    updatedAt: experiment.updatedAt.getTime(),
    startedAt: experiment.startedAt?.getTime() ?? null,
    completedAt: experiment.completedAt?.getTime() ?? null,
    leaseExpiresAt: experiment.leaseExpiresAt?.getTime() ?? null,
    deletedAt: experiment.deletedAt?.getTime() ?? null,
    purgeAt: experiment.purgeAt?.getTime() ?? null,
  };
}

/** Written out, because copying a row and removing parts costs several times as much, for every row of a page. */
export function parseRow(row: ReadRow): Experiment {
  return {
    organization: row.organization,
    id: row.id,
    name: row.name,
    description: row.description,
    datasetId: row.datasetId,
    workflow: JsonList.fromText(row.workflow, row.workflowCount),
    evaluatorIds: JsonList.fromText(row.evaluatorIds),
    evaluatorWorkflowIds: JsonList.fromText(row.evaluatorWorkflowIds),
    spanWorkflowName: row.spanWorkflowName,
    enableTracing: row.enableTracing,
    batchSize: row.batchSize,
    concurrency: row.concurrency,
    generationMethod: row.generationMethod,
    tags: JsonList.fromText(row.tags),
    status: row.status,
    progress: row.progress,
    createdAt: new Date(row.createdAt),
    updatedAt: new Date(row.updatedAt),
    startedAt: row.startedAt === null ? null : new Date(row.startedAt),
    completedAt: row.completedAt === null ? null : new Date(row.completedAt),
    errorMessage: row.errorMessage,
    revision: row.revision,
    firstRevision: row.firstRevision,
    version: row.version,
    attempt: row.attempt,
    runRevision: row.runRevision,
    leaseSeconds: row.leaseSeconds,
    leaseExpiresAt: row.leaseExpiresAt === null ? null : new Date(row.leaseExpiresAt),
    isStalled: Boolean(row.isStalled),
    clonedFromId: row.clonedFromId,
    clonedFromRevision: row.clonedFromRevision,
    deletedAt: row.deletedAt === null ? null : new Date(row.deletedAt),
    purgeAt: row.purgeAt === null ? null : new Date(row.purgeAt),
  };
}

export function parseRevisionRow({ organization: _, authorKind, authorId, ...row }: RevisionRow): ExperimentRevision {
  return { ...row, ...parseLists(row), createdAt: new Date(row.createdAt), author: { kind: authorKind, id: authorId } };
}

function parseLists(row: Pick<ExperimentRow, 'workflow' | 'evaluatorIds' | 'evaluatorWorkflowIds' | 'tags'>) {
  return {
    workflow: JsonList.fromText<never>(row.workflow),
    evaluatorIds: JsonList.fromText<string>(row.evaluatorIds),
    evaluatorWorkflowIds: JsonList.fromText<string>(row.evaluatorWorkflowIds),
    tags: JsonList.fromText<never>(row.tags),
  };
}

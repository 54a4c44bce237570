import type { Author } from '../../domain/actor.ts';
import {
  type EditableFields,
  type Experiment,
  type ExperimentRevision,
  editableFields,
} from '../../domain/experiment/experiment.ts';
import { JsonList } from '../../domain/json/json-list.ts';

/** Values as both engines store them: JSON as text, times as milliseconds since 1970. */
export type Kept<Values> = {
  -readonly [Name in keyof Values]: Values[Name] extends { readonly text: string }
    ? string
    : Values[Name] extends Date | null
      ? number | (null & Values[Name])
      : Values[Name];
};

export type ExperimentRow = Kept<Omit<Experiment, 'isStalled'>> & {
  foldedName: string;
  workflowCount: number;
  /** Computed when the row is read. SQLite returns 0 or 1. */
  isStalled: boolean | number;
};

export type RevisionRow = Kept<Omit<ExperimentRevision, 'author'>> & {
  organization: string;
  authorKind: Author['kind'];
  authorId: string;
};

/** A name in the form that searches compare: ignores case and how characters are composed. */
export function foldName(name: string): string {
  return name.normalize('NFKC').toLowerCase().toUpperCase();
}

/** The editable fields of a replace; null leaves the name or the tags unchanged. */
type ReplacedFields = Omit<EditableFields, 'name' | 'tags'> & {
  readonly [Name in 'name' | 'tags']: EditableFields[Name] | null;
};

/** The columns of the editable fields, and those derived from them. */
export const contentColumns = [...editableFields, 'foldedName', 'workflowCount'] as const;
type ContentRow = Pick<ExperimentRow, (typeof contentColumns)[number]>;
type ReplacedRow = Omit<ContentRow, 'name' | 'foldedName' | 'tags'> & {
  [Name in 'name' | 'foldedName' | 'tags']: ContentRow[Name] | null;
};

/** Converts the editable fields of a replace to columns. A null name or null tags stay null. */
export function toContentRow(content: ReplacedFields): ReplacedRow {
  return {
    ...content,
    foldedName: content.name === null ? null : foldName(content.name),
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
    foldedName: foldName(experiment.name),
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
export function parseRow(row: ExperimentRow): Experiment {
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

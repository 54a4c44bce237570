import type { Author } from '../actor.ts';
import type { JsonObject } from '../json/exact-json.ts';
import { JsonList } from '../json/json-list.ts';

export const statuses = ['PENDING', 'RUNNING', 'COMPLETED', 'FAILED', 'CANCELLED'] as const;
export type ExperimentStatus = (typeof statuses)[number];

/** The fields that `replaceExperiment` writes: the whole configuration of an experiment. */
export interface ExperimentContent {
  readonly name: string;
  readonly description: string | null;
  readonly datasetId: string | null;
  readonly workflow: JsonList<JsonObject>;
  readonly evaluatorIds: JsonList<string>;
  readonly evaluatorWorkflowIds: JsonList<string>;
  readonly spanWorkflowName: string;
  readonly enableTracing: boolean;
  readonly batchSize: number;
  readonly concurrency: number;
  readonly generationMethod: string | null;
}

/** Everything that callers can edit: the content, and the tags, which only create and update write. */
export interface EditableFields extends ExperimentContent {
  readonly tags: JsonList<JsonObject>;
}
export type EditableField = keyof EditableFields;

/** A named run of a workflow over a dataset, scored by evaluators. */
export interface Experiment extends EditableFields {
  readonly organization: string;
  readonly id: string;
  readonly status: ExperimentStatus;
  /** 0 to 100. */
  readonly progress: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly startedAt: Date | null;
  readonly completedAt: Date | null;
  readonly errorMessage: string | null;
  /** Increases by one with each write that changes an editable field. Never restarts: see `continueRevisions`. */
  readonly revision: number;
  /** The revision at creation: 1, or the next number if the id was used before. Differs for each use of an id. */
  readonly firstRevision: number;
  /** Increases by one with every write, to put events in order. Never restarts either. Internal. */
  readonly version: number;
  /** How often it was started. Survives a reset. */
  readonly attempt: number;
  /** The revision that the latest start saw; null before the first. */
  readonly runRevision: number | null;
  /** How long a start or a report of progress makes the lease, in seconds; null without a lease. Internal. */
  readonly leaseSeconds: number | null;
  /** Null unless it is RUNNING with a lease. By the clock of the database. */
  readonly leaseExpiresAt: Date | null;
  /** Whether it is RUNNING and its lease had expired when it was read, by the clock of the database. Not stored. */
  readonly isStalled: boolean;
  readonly clonedFromId: string | null;
  readonly clonedFromRevision: number | null;
  /** When it was moved to the trash; null outside it. */
  readonly deletedAt: Date | null;
  /** When it will be permanently deleted; null outside the trash. */
  readonly purgeAt: Date | null;
}

/** The content of an experiment at one revision: who wrote it, and when. */
export interface ExperimentRevision extends EditableFields {
  readonly experimentId: string;
  readonly revision: number;
  readonly createdAt: Date;
  readonly author: Author;
}

/** The documented defaults of omitted fields (R3). */
export const documentedDefaults = {
  spanWorkflowName: 'workflow',
  enableTracing: true,
  batchSize: 100,
  concurrency: 15,
} as const satisfies Partial<ExperimentContent>;

/** The values of omitted fields (R3, R4). `name` is not included: it has no default and is never cleared (R5). */
export const omittedContent: Omit<ExperimentContent, 'name'> = {
  description: null,
  datasetId: null,
  workflow: JsonList.of<JsonObject>([]),
  evaluatorIds: JsonList.of<string>([]),
  evaluatorWorkflowIds: JsonList.of<string>([]),
  generationMethod: null,
  ...documentedDefaults,
};

/** The name of an experiment that is created without one (contract, section 4). */
export const untitled = 'Untitled experiment';

/** The editable fields, in the order in which answers list them. */
export const editableFields = Object.keys({
  name: true,
  description: true,
  datasetId: true,
  workflow: true,
  evaluatorIds: true,
  evaluatorWorkflowIds: true,
  spanWorkflowName: true,
  enableTracing: true,
  batchSize: true,
  concurrency: true,
  generationMethod: true,
  tags: true,
} satisfies Record<EditableField, true>) as readonly EditableField[];

/** The state of an experiment that has just been created. An id that was used before continues the numbers. */
export const initialState = {
  status: 'PENDING',
  progress: 0,
  startedAt: null,
  completedAt: null,
  errorMessage: null,
  revision: 1,
  firstRevision: 1,
  version: 1,
  attempt: 0,
  runRevision: null,
  leaseSeconds: null,
  leaseExpiresAt: null,
  isStalled: false,
  clonedFromId: null,
  clonedFromRevision: null,
  deletedAt: null,
  purgeAt: null,
} as const satisfies Partial<Experiment>;

export const noTags = JsonList.of<JsonObject>([]);

/** The content of an experiment that is created with an empty input (contract, section 4). */
export const blankContent: EditableFields = { name: untitled, ...omittedContent, tags: noTags };

const contentFields = ['name', ...Object.keys(omittedContent)] as readonly (keyof ExperimentContent)[];

/** Picks the content of an experiment or a revision. */
export function pickContent(source: ExperimentContent): ExperimentContent {
  return Object.fromEntries(contentFields.map((field) => [field, source[field]])) as unknown as ExperimentContent;
}

// What the modules of the page share: the answers of the gateway as the page selects them.

type Status = 'PENDING' | 'RUNNING' | 'COMPLETED' | 'FAILED' | 'CANCELLED';

/** JSON text as the gateway sent it, with every digit; see page/json.js. */
interface ExactJson {
  readonly text: string;
}

/** An experiment in the list. */
interface ListedExperiment {
  readonly id: string;
  readonly name: string;
  readonly status: Status;
  readonly progress: number;
  readonly datasetId: string | null;
  readonly datasetName: string | null;
  readonly revision: number;
  readonly runRevision: number | null;
  readonly attempt: number;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly startedAt: string | null;
  readonly completedAt: string | null;
  readonly leaseExpiresAt: string | null;
  readonly isStalled: boolean;
  readonly errorMessage: string | null;
  readonly deletedAt: string | null;
  readonly purgeAt: string | null;
}

/** The fields that a replace sets. */
interface Content {
  readonly name: string;
  readonly description: string | null;
  readonly datasetId: string | null;
  readonly workflow: ExactJson;
  readonly evaluatorIds: readonly string[];
  readonly evaluatorWorkflowIds: readonly string[];
  readonly spanWorkflowName: string;
  readonly enableTracing: boolean;
  readonly batchSize: number;
  readonly concurrency: number;
  readonly generationMethod: string | null;
}

interface OpenExperiment extends ListedExperiment, Content {
  readonly tags: ExactJson;
  readonly clonedFromId: string | null;
  readonly clonedFromRevision: number | null;
}

interface FieldChange {
  readonly field: string;
  readonly before: ExactJson;
  readonly after: ExactJson;
  readonly reason: 'SET' | 'RESET_TO_DEFAULT' | 'CLEARED';
}

interface Revision {
  readonly revision: number;
  readonly createdAt: string;
  readonly authorKind: string;
  readonly authorId: string;
  readonly authorName: string | null;
  readonly changes: readonly FieldChange[];
}

interface Warning {
  readonly code: string;
  readonly message: string;
  readonly path: readonly string[];
}

interface Issue {
  readonly path: readonly string[];
  readonly code: string;
  readonly message: string;
}

/** A member of any result union of the mutations, with what the page selects. */
interface MutationResult {
  readonly __typename: string;
  readonly message?: string;
  readonly issues?: readonly Issue[];
  readonly reason?: string;
  readonly current?: OpenExperiment | null;
  readonly experiment?: OpenExperiment;
  readonly changes?: readonly FieldChange[];
  readonly warnings?: readonly Warning[];
  readonly purgeAt?: string | null;
}

interface Viewer {
  readonly organization: string;
  readonly scopes: readonly string[];
}

type ListOrder = 'newest' | 'changed' | 'name';
type DetailTab = 'configuration' | 'history' | 'run' | 'code';

/** What the address of the page says. */
interface PageState {
  readonly isTrash: boolean;
  readonly search: string;
  readonly tag: string;
  readonly statuses: readonly Status[];
  readonly order: ListOrder;
  /** The open experiment. */
  readonly id: string | null;
  readonly tab: DetailTab;
}

interface ExperimentChange {
  readonly cursor: string;
  readonly kind: 'SAVED' | 'UNMATCHED' | 'DELETED';
  readonly experimentId: string;
  readonly experiment: ListedExperiment | null;
}

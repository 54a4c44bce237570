import { checkReplace, type Input } from './rules.ts';
import { type Caller, type Experiment, encodeCursor, type Row, type Store } from './store.ts';

/** The documented REST operations of the two REST peers: everything but HTTP itself. */
export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

export function createOperations(store: Store) {
  return {
    replace(caller: Caller | null, id: string, body: unknown, ifMatch: string | undefined): Answer {
      if (!caller) return unauthenticated;
      if (!caller.scopes.includes('experiments:write')) return forbidden('experiments:write');
      if (typeof body !== 'object' || body === null || Array.isArray(body)) {
        return { status: 400, body: { detail: 'Validation error', errors: { body: ['Must be a JSON object.'] } } };
      }
      const checked = checkReplace(id, readInput(body as Record<string, unknown>));
      if ('issues' in checked) {
        const errors: Record<string, string[]> = {};
        for (const { path, message } of checked.issues) {
          const name = path[0] === 'input' ? toSnakeCase(path[1] as string) : 'experiment_id';
          errors[name] = [...(errors[name] ?? []), [...path.slice(2), message].join(': ')];
        }
        return { status: 400, body: { detail: 'Validation error', errors } };
      }
      const { content, warnings } = checked;
      const ifRevision = ifMatch === undefined ? null : Number(/^"?(\d+)"?$/.exec(ifMatch)?.[1] ?? -1);
      const outcome = store.replace(caller, { id, content, ifRevision, dryRun: false });
      if (outcome.kind === 'missing') return missing;
      if (outcome.kind === 'stale') {
        return { status: 412, body: { detail: `The experiment is now at revision ${outcome.current.revision}.` } };
      }
      const { experiment, changes } = outcome;
      return { status: 200, body: { ...toResource(store, experiment), changes, warnings } };
    },

    find(caller: Caller | null, id: string): Answer {
      if (!caller) return unauthenticated;
      if (!caller.scopes.includes('experiments:read')) return forbidden('experiments:read');
      const experiment = store.find(caller, id);
      return experiment ? { status: 200, body: toResource(store, experiment) } : missing;
    },

    list(caller: Caller | null, first: string | null | undefined, after: string | null | undefined): Answer {
      if (!caller) return unauthenticated;
      if (!caller.scopes.includes('experiments:read')) return forbidden('experiments:read');
      const size = Number(first ?? 20);
      if (!Number.isInteger(size) || size < 1 || size > 100) return badRequest('first must be 1 to 100.');
      const page = store.rowPage(caller, size, after ?? null);
      if (!page) return badRequest('after is not a cursor of this list.');
      const last = page.rows.at(-1);
      return {
        status: 200,
        body: {
          total_count: store.count(caller),
          has_next: page.hasNextPage,
          next: last ? encodeCursor(last) : null,
          results: page.rows.map(toRow),
        },
      };
    },
  };
}

const unauthenticated: Answer = { status: 401, body: { detail: 'A valid API key or dashboard token is required.' } };
const missing: Answer = { status: 404, body: { detail: 'There is no experiment with this id.' } };
const forbidden = (scope: string): Answer => ({
  status: 403,
  body: { detail: `This operation requires the scope ${scope}.` },
});
const badRequest = (detail: string): Answer => ({ status: 400, body: { detail } });

function readInput(body: Record<string, unknown>): Input {
  return {
    name: body.name,
    description: body.description,
    datasetId: body.dataset_id,
    workflow: body.workflow,
    evaluatorIds: body.evaluator_ids,
    evaluatorSlugs: body.evaluator_slugs,
    evaluatorWorkflowIds: body.evaluator_workflow_ids,
    experimentId: body.experiment_id,
    spanWorkflowName: body.span_workflow_name,
    enableTracing: body.enable_tracing,
    batchSize: body.batch_size,
    concurrency: body.concurrency,
    generationMethod: body.generation_method,
  };
}

function toSnakeCase(field: string): string {
  return field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

const parse = (text: string) => JSON.parse(text) as unknown[];
const time = (milliseconds: number | null) => (milliseconds === null ? null : new Date(milliseconds).toISOString());

/** Every documented field. */
function toResource(store: Store, row: Experiment) {
  const evaluatorIds = parse(row.evaluatorIds);
  return {
    id: row.id,
    name: row.name,
    status: row.status.toLowerCase(),
    created_at: time(row.createdAt),
    updated_at: time(row.updatedAt),
    description: row.description,
    dataset: row.datasetId,
    dataset_id: row.datasetId,
    dataset_name: row.datasetId === null ? null : store.datasetName(row.organization, row.datasetId),
    workflow_count: row.workflowCount,
    progress: row.progress,
    started_at: time(row.startedAt),
    completed_at: time(row.completedAt),
    tags: parse(row.tags),
    workflow: parse(row.workflow),
    evaluator_ids: evaluatorIds,
    evaluator_slugs: evaluatorIds,
    evaluator_workflow_ids: parse(row.evaluatorWorkflowIds),
    span_workflow_name: row.spanWorkflowName,
    enable_tracing: row.enableTracing === 1,
    batch_size: row.batchSize,
    concurrency: row.concurrency,
    generation_method: row.generationMethod,
    error_message: row.errorMessage,
    revision: row.revision,
  };
}

/** The 12 fields of a row in a list. */
function toRow(row: Row) {
  return {
    id: row.id,
    name: row.name,
    status: row.status.toLowerCase(),
    created_at: time(row.createdAt),
    updated_at: time(row.updatedAt),
    dataset_id: row.datasetId,
    workflow_count: row.workflowCount,
    progress: row.progress,
    tags: parse(row.tags),
    evaluator_ids: parse(row.evaluatorIds),
    batch_size: row.batchSize,
    revision: row.revision,
  };
}

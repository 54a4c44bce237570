import { authorize } from '../../domain/actor.ts';
import { authorizeWrite, type WriteFailure, type Written } from '../../domain/experiment/write-steps.ts';
import { notFound } from '../../domain/failure.ts';
import { type RestOperation, readInput, type SentInput } from './experiment-body.ts';
import { idempotencyKeyHeader, toResource } from './experiment-resource.ts';
import { answerFailure, type RestAnswer } from './failures.ts';
import { type Call, findDatasetNames, type Handlers, type RestParts, readObject } from './handler.ts';
import { collectionPath } from './routes.ts';
import { toWrittenResource } from './written-answer.ts';

/** Creates the handlers of a single experiment, and the one that creates an experiment. */
export function createExperimentHandlers(parts: RestParts): { onCollection: Handlers; onExperiment: Handlers } {
  const { experiments } = parts;

  async function answerWritten(
    call: Call,
    result: Written | WriteFailure,
    sent: SentInput,
    status: 200 | 201,
  ): Promise<RestAnswer> {
    if (result.kind !== 'written') return answerFailure(result, call.ifRevision, sent.toSentName);
    const { experiment } = result;
    const names = await findDatasetNames(parts, call, [experiment]);
    const headers: Record<string, string> = { etag: `"${experiment.revision}"` };
    if (status === 201) headers.location = `${collectionPath}/${encodeURIComponent(experiment.id)}/`;
    return {
      status,
      headers,
      body: toWrittenResource(result, names.get(experiment.datasetId) ?? null, sent),
    };
  }

  async function writeContent(call: Call, operation: 'replace' | 'update'): Promise<RestAnswer> {
    const { caller, id, ifRevision } = call;
    const sent = await readSentInput(call, operation);
    const result = await experiments[operation](caller, { id, ifRevision, input: sent.input });
    return answerWritten(call, result, sent, 200);
  }

  return {
    onCollection: {
      POST: async (call) => {
        const sent = await readSentInput(call, 'create');
        const idempotencyKey = call.exchange.header(idempotencyKeyHeader.toLowerCase());
        const result = await experiments.create(call.caller, { input: sent.input, idempotencyKey });
        return answerWritten(call, result, sent, 201);
      },
    },
    onExperiment: {
      GET: async (call) => {
        const { caller, id } = call;
        const actor = authorize(caller, 'experiments:read');
        if ('kind' in actor) return answerFailure(actor);
        const experiment = await experiments.find(actor, id);
        if (!experiment) return answerFailure(notFound(id));
        const names = await findDatasetNames(parts, call, [experiment]);
        const body = toResource(experiment, names.get(experiment.datasetId) ?? null);
        return { status: 200, headers: { etag: `"${experiment.revision}"` }, body, needsRoom: true };
      },
      PUT: (call) => writeContent(call, 'replace'),
      PATCH: (call) => writeContent(call, 'update'),
      DELETE: async ({ caller, id, ifRevision }) => {
        const result = await experiments.delete(caller, { id, ifRevision });
        return result.kind === 'deleted' ? { status: 204 } : answerFailure(result, ifRevision);
      },
    },
  };
}

/**
 * Reads the body as an input. The body of a caller who may not write is ignored: the operation then refuses the caller
 * before it looks at the input.
 */
async function readSentInput({ exchange, caller }: Call, operation: RestOperation): Promise<SentInput> {
  const mayWrite = !('kind' in authorizeWrite(caller));
  return readInput(mayWrite ? await readObject(exchange) : {}, operation);
}

import type { Exchange } from '../exchange.ts';
import { parseSentJson, readJson } from '../json-body.ts';
import { createRefusal } from '../refusal.ts';

/** The parameters of a GraphQL request. */
export interface OperationParams {
  readonly query: string;
  readonly operationName: string | undefined;
  readonly variables: Readonly<Record<string, unknown>> | undefined;
}

/**
 * Reads the parameters of a POST with a JSON body, or of a GET or HEAD (GraphQL over HTTP, section 5). Unknown members are
 * ignored, and an empty parameter of a GET counts as absent. Rejects with a refusal (400, 408, 413, 415, 503).
 */
export async function readParams(exchange: Exchange): Promise<OperationParams> {
  const params = exchange.method === 'POST' ? await readJson(exchange) : parseSearch(exchange.search);
  if (Array.isArray(params)) throw createRefusal(400, 'Batches are not supported: send one operation per request.');
  if (!isObject(params)) throw createRefusal(400, 'The body must be a JSON object with a query.');
  const { query, variables, operationName, extensions } = params;
  if (variables != null && !isObject(variables)) throw createRefusal(400, 'The variables must be a JSON object.');
  if (extensions != null && !isObject(extensions)) throw createRefusal(400, 'The extensions must be a JSON object.');
  if (operationName != null && typeof operationName !== 'string')
    throw createRefusal(400, 'The operationName must be a string.');
  if (query == null)
    throw extensions?.persistedQuery
      ? createNoPersistedQueriesError()
      : createRefusal(400, 'The query is missing: send the GraphQL document as query.');
  if (typeof query !== 'string') throw createRefusal(400, 'The query must be a string.');
  return { query, operationName: operationName ?? undefined, variables: variables ?? undefined };
}

function parseSearch(search: string): Record<string, unknown> {
  const params: Record<string, unknown> = {};
  for (const [name, value] of new URLSearchParams(search)) {
    if (value === '') continue;
    const isJson = name === 'variables' || name === 'extensions';
    params[name] = isJson ? parseSentJson(value, `The parameter ${name}`) : value;
  }
  return params;
}

/**
 * Clients with automatic persisted queries first send only the hash of a document. This message and code tell them to
 * send the document. The status is 200, as in Apollo's own servers.
 */
function createNoPersistedQueriesError() {
  return createRefusal(200, 'PersistedQueryNotSupported');
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

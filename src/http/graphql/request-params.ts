import type { Exchange } from '../exchange.ts';
import { parseSentJson, readJson } from '../json-body.ts';
import { createRefusal } from '../refusal.ts';

/** What a GraphQL request asks for. */
export interface OperationParams {
  readonly query: string;
  readonly operationName: string | undefined;
  readonly variables: Readonly<Record<string, unknown>> | undefined;
}

/**
 * Reads the parameters of a POST with a JSON body or of a GET (GraphQL over HTTP, section 5). Members that it does not
 * know are ignored, and an empty parameter of a GET is an absent one. Rejects with a refusal (400, 408, 413, 415, 503).
 */
export async function readParams(exchange: Exchange): Promise<OperationParams> {
  const params = exchange.method === 'GET' ? parseSearch(exchange.search) : await readJson(exchange);
  if (Array.isArray(params)) throw createRefusal(400, 'Batches are not supported: send one operation a request.');
  if (!isObject(params)) throw createRefusal(400, 'The body must be a JSON object with a query.');
  const { query, variables, operationName, extensions } = params;
  if (variables != null && !isObject(variables)) throw createRefusal(400, 'The variables must be a JSON object.');
  if (extensions != null && !isObject(extensions)) throw createRefusal(400, 'The extensions must be a JSON object.');
  if (operationName != null && typeof operationName !== 'string')
    throw createRefusal(400, 'The operationName must be a string.');
  if (query == null)
    throw extensions?.persistedQuery
      ? createNoPersistedQueriesError()
      : createRefusal(400, 'Send the document as query.');
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
 * Clients with automatic persisted queries first send the hash of a document alone. By this message and code they learn
 * to send the document; 200, since Apollo's own servers answer so.
 */
function createNoPersistedQueriesError() {
  return createRefusal(200, 'PersistedQueryNotSupported');
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

import type { Exchange } from '../exchange.ts';
import { isObject, parseSentJson, readJson } from '../json-body.ts';
import { createRefusal } from '../refusal.ts';

/** The parameters of a GraphQL request, with the document or its hash. */
export interface RequestParams {
  readonly query: string | undefined;
  /** The hash of a persisted operation, as `documentId` or in the form of automatic persisted queries. */
  readonly documentId: string | undefined;
  /** Whether it has that form. */
  readonly isAutomatic: boolean;
  readonly operationName: string | undefined;
  readonly variables: Readonly<Record<string, unknown>> | undefined;
}

/**
 * Reads the parameters of a POST with a JSON body, or of a GET or HEAD (GraphQL over HTTP, section 5). Unknown members are
 * ignored, and an empty parameter of a GET counts as absent. Rejects with a refusal (400, 408, 413, 415, 503).
 */
export async function readParams(exchange: Exchange): Promise<RequestParams> {
  const params = exchange.method === 'POST' ? await readJson(exchange) : parseSearch(exchange.search);
  if (Array.isArray(params)) throw createRefusal(400, 'Batches are not supported: send one operation per request.');
  if (!isObject(params)) throw createRefusal(400, 'The body must be a JSON object with a query.');
  const { query, documentId, variables, operationName, extensions } = params;
  if (variables != null && !isObject(variables)) throw createRefusal(400, 'The variables must be a JSON object.');
  if (extensions != null && !isObject(extensions)) throw createRefusal(400, 'The extensions must be a JSON object.');
  if (operationName != null && typeof operationName !== 'string')
    throw createRefusal(400, 'The operationName must be a string.');
  if (query != null && typeof query !== 'string') throw createRefusal(400, 'The query must be a string.');
  const automatic = extensions?.persistedQuery;
  const hash = typeof documentId === 'string' ? documentId : isObject(automatic) && automatic.sha256Hash;
  return {
    query: query ?? undefined,
    documentId: typeof hash === 'string' ? hash : undefined,
    isAutomatic: Boolean(automatic),
    operationName: operationName ?? undefined,
    variables: variables ?? undefined,
  };
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

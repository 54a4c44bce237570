import type { GraphQLParams, Plugin } from 'graphql-yoga';
import { jsonOf, readJson } from './json-body.ts';
import { type RefusalStatus, refusal } from './refusal.ts';

/**
 * The one way in for GraphQL requests: JSON by POST, parsed without losing a digit, and queries by GET. Forms, uploads,
 * plain text and compressed bodies are refused. Stands before Yoga's own checks, which see only what came through here.
 */
export function useJsonRequests(): Plugin {
  return {
    onRequestParse({ request, setRequestParser }) {
      // Yoga finds out after execution, when a mutation has been written already.
      if (!acceptsJson(request.headers.get('accept') ?? '*/*'))
        throw refusal(406, 'The answer is JSON: accept application/json.');
      if (request.method === 'POST') setRequestParser(parsePost);
      else if (request.method === 'GET') setRequestParser(parseGet);
    },
  };
}

async function parsePost(request: Request): Promise<GraphQLParams> {
  return withQuery(asParams(await readJson(request)));
}

function parseGet({ url }: Request): GraphQLParams {
  const search = new URLSearchParams(url.includes('?') ? url.slice(url.indexOf('?')) : '');
  const params: Record<string, unknown> = Object.fromEntries(search);
  for (const name of ['variables', 'extensions']) {
    if (search.has(name)) params[name] = jsonOf(search.get(name) ?? '', `The parameter ${name}`);
  }
  return withQuery(params);
}

/** A request without a document is none, whatever its sender accepts; Yoga would answer 200 to who accepts plain JSON. */
function withQuery(params: GraphQLParams): GraphQLParams {
  if (params.query == null) throw refusal(400, 'Send the document as query.');
  return params;
}

/** Whether one of the media types that Yoga can answer is accepted, in UTF-8. */
export function acceptsJson(accept: string): boolean {
  return accept
    .toLowerCase()
    .split(',')
    .some((entry) => {
      const [type = '', ...parameters] = entry.split(';').map((part) => part.replaceAll(/\s/g, ''));
      const charset = parameters.find((parameter) => parameter.includes('charset='));
      return answerable.has(type) && (charset ?? 'charset=utf-8') === 'charset=utf-8';
    });
}

const answerable: ReadonlySet<string> = new Set([
  '*/*',
  'application/*',
  'application/json',
  'application/graphql-response+json',
  'text/event-stream',
  'multipart/mixed',
]);

function asParams(body: unknown): GraphQLParams {
  const status: RefusalStatus = 400;
  if (Array.isArray(body)) throw refusal(status, 'Batches are not supported: send one operation a request.');
  if (typeof body !== 'object' || body === null) throw refusal(status, 'The body must be a JSON object with a query.');
  return body;
}

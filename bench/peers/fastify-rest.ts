import fastify, { type FastifyReply } from 'fastify';
import { peer } from './listening.ts';
import { type Answer, createOperations } from './rest.ts';

/** The documented REST operations on Fastify, with responses written by its compiled JSON schemas. */
const { port, store } = peer();
const operations = createOperations(store);
const app = fastify({ bodyLimit: 2 * 1024 * 1024, routerOptions: { ignoreTrailingSlash: true } });

const text = { type: 'string' };
const nullable = { type: ['string', 'null'] };
const texts = { type: 'array', items: text };
const object = { type: 'object', additionalProperties: true };
const objects = { type: 'array', items: object };
const integer = { type: 'integer' };

const row = {
  id: text,
  name: text,
  status: text,
  created_at: text,
  updated_at: text,
  dataset_id: nullable,
  workflow_count: integer,
  progress: { type: 'number' },
  tags: objects,
  evaluator_ids: texts,
  batch_size: integer,
  revision: integer,
};
const resource = {
  ...row,
  description: nullable,
  dataset: nullable,
  dataset_name: nullable,
  started_at: nullable,
  completed_at: nullable,
  workflow: objects,
  evaluator_slugs: texts,
  evaluator_workflow_ids: texts,
  span_workflow_name: text,
  enable_tracing: { type: 'boolean' },
  concurrency: integer,
  generation_method: nullable,
  error_message: nullable,
};
const changes = {
  type: 'array',
  items: { type: 'object', properties: { field: text, before: {}, after: {}, reason: text } },
};
const warnings = { type: 'array', items: { type: 'object', properties: { code: text, message: text, path: texts } } };
const answering = (properties: object) => ({ schema: { response: { 200: { type: 'object', properties } } } });

const send = (reply: FastifyReply, { status, body }: Answer) => reply.code(status).send(body);

app.put<{ Params: { id: string } }>(
  '/api/v2/experiments/:id/',
  answering({ ...resource, changes, warnings }),
  ({ headers, params, body }, reply) =>
    send(reply, operations.replace(store.caller(headers.authorization), params.id, body, headers['if-match'])),
);
app.get<{ Params: { id: string } }>('/api/v2/experiments/:id/', answering(resource), ({ headers, params }, reply) =>
  send(reply, operations.find(store.caller(headers.authorization), params.id)),
);
app.get<{ Querystring: { first?: string; after?: string } }>(
  '/api/v2/experiments/',
  answering({
    total_count: integer,
    has_next: { type: 'boolean' },
    next: nullable,
    results: { type: 'array', items: { type: 'object', properties: row } },
  }),
  ({ headers, query }, reply) =>
    send(reply, operations.list(store.caller(headers.authorization), query.first, query.after)),
);
await app.listen({ port, host: '127.0.0.1' });

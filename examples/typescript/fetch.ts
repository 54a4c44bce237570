// Without a client library: queries and mutations with fetch, subscriptions by server-sent events.
import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { print } from 'graphql';
import { deleteDocument, listDocument, replaceDocument, watchDocument } from './documents.ts';
import type { ListQuery, ReplaceMutationVariables, WatchSubscription } from './gql/graphql.ts';
import type { ReplaceResult } from './outcome.ts';

export interface Gateway {
  /** For example http://localhost:4000/graphql. */
  readonly url: string;
  readonly key: string;
}

interface Answer<Data> {
  readonly data?: Data | null;
  readonly errors?: readonly { readonly message: string; readonly extensions?: { readonly code?: string } }[];
}

function post<Variables>(
  { url, key }: Gateway,
  document: TypedDocumentNode<unknown, Variables>,
  variables: Variables,
  accept: string,
  signal: AbortSignal | null = null,
): Promise<Response> {
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json', accept };
  return fetch(url, { method: 'POST', headers, body: JSON.stringify({ query: print(document), variables }), signal });
}

/** Returns the data, or throws when there is none: no such field, no valid key, too many requests, … */
function takeData<Data>({ data, errors }: Answer<Data>): Data {
  if (!data || errors) throw new Error(errors?.map(({ message }) => message).join('\n') ?? 'no data');
  return data;
}

export async function execute<Data, Variables>(
  gateway: Gateway,
  document: TypedDocumentNode<Data, Variables>,
  variables: Variables,
): Promise<Data> {
  const response = await post(gateway, document, variables, 'application/graphql-response+json');
  return takeData((await response.json()) as Answer<Data>);
}

/** Yields each event until the stream completes, or until the loop ends. */
export async function* subscribe<Data, Variables>(
  gateway: Gateway,
  document: TypedDocumentNode<Data, Variables>,
  variables: Variables,
): AsyncGenerator<Data> {
  const stream = new AbortController();
  try {
    const response = await post(gateway, document, variables, 'text/event-stream', stream.signal);
    if (!response.ok || !response.body) throw new Error(`HTTP ${response.status}: ${await response.text()}`);
    let received = '';
    for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
      const events = (received + text).split('\n\n');
      received = events.pop() ?? '';
      for (const event of events) {
        if (event.includes('event: complete')) return;
        // Anything else is a heartbeat.
        const [, data] = /^data: (.+)$/m.exec(event) ?? [];
        if (data) yield takeData(JSON.parse(data) as Answer<Data>);
      }
    }
    throw new Error('The connection was lost.');
  } finally {
    stream.abort();
  }
}

/** Reads all experiments, a page at a time. */
export async function* listExperiments(gateway: Gateway, first = 100): AsyncGenerator<Experiment> {
  let after: string | null = null;
  do {
    const { experiments }: ListQuery = await execute(gateway, listDocument, { first, after });
    yield* experiments.nodes;
    after = experiments.pageInfo.hasNextPage ? (experiments.pageInfo.endCursor ?? null) : null;
  } while (after);
}
export type Experiment = ListQuery['experiments']['nodes'][number];

export async function replace(gateway: Gateway, variables: ReplaceMutationVariables): Promise<ReplaceResult> {
  return (await execute(gateway, replaceDocument, variables)).replaceExperiment;
}

export async function remove(gateway: Gateway, id: string) {
  return (await execute(gateway, deleteDocument, { id })).deleteExperiment;
}

export function watch(gateway: Gateway, id: string): AsyncGenerator<WatchSubscription> {
  return subscribe(gateway, watchDocument, { id });
}

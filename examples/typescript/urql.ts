// urql with graphcache. In React, pass the client to `Provider`, and use `useQuery` and the other hooks.
import { Client, fetchExchange } from '@urql/core';
import { type CacheExchangeOpts, cacheExchange } from '@urql/exchange-graphcache';
import { deleteDocument, listDocument, replaceDocument, watchDocument } from './documents.ts';
import type { DeleteMutation, ListQuery, ReplaceMutationVariables, WatchSubscription } from './gql/graphql.ts';
import schema from './gql/introspection.json' with { type: 'json' };
import type { ReplaceResult } from './outcome.ts';

/** Types without an id are no records of their own: the cache keeps them where they were selected. */
const embedded = schema.__schema.types.filter(
  ({ kind, fields }) => kind === 'OBJECT' && !fields?.some(({ name }) => name === 'id'),
);

export function createClient(url: string, key: string): Client {
  const cache = cacheExchange({
    schema: schema as unknown as NonNullable<CacheExchangeOpts['schema']>,
    keys: Object.fromEntries(embedded.map(({ name }) => [name, () => null])),
    updates: {
      Mutation: {
        deleteExperiment({ deleteExperiment: result }: DeleteMutation, _variables, store) {
          if (result.__typename === 'DeleteExperimentSuccess')
            store.invalidate({ __typename: 'Experiment', id: result.deletedExperimentId });
        },
      },
    },
  });
  return new Client({
    url,
    exchanges: [cache, fetchExchange],
    fetchOptions: { headers: { authorization: `Bearer ${key}` } },
    fetchSubscriptions: true, // as server-sent events
    preferGetMethod: false, // queries by POST
  });
}

/** Shows the first page now and whenever the cache changes. Returns a function that stops it. */
export function showExperiments(
  client: Client,
  show: (experiments: ListQuery['experiments']['nodes']) => void,
  fail: (error: Error) => void,
): () => void {
  return client.query(listDocument, { first: 20 }).subscribe(({ data, error }) => {
    if (error) fail(error);
    else if (data) show(data.experiments.nodes);
  }).unsubscribe;
}

export async function replace(client: Client, variables: ReplaceMutationVariables): Promise<ReplaceResult> {
  const { data, error } = await client.mutation(replaceDocument, variables);
  if (!data) throw error ?? new Error('no data');
  return data.replaceExperiment;
}

export async function remove(client: Client, id: string): Promise<DeleteMutation['deleteExperiment']> {
  const { data, error } = await client.mutation(deleteDocument, { id });
  if (!data) throw error ?? new Error('no data');
  return data.deleteExperiment;
}

/** Shows each change of an experiment, which the cache takes too. Returns a function that stops it. */
export function watch(
  client: Client,
  id: string,
  show: (experiment: WatchSubscription['experimentChanged']) => void,
  fail: (error: Error) => void,
): () => void {
  return client.subscription(watchDocument, { id }).subscribe(({ data, error }) => {
    if (error) fail(error);
    else if (data) show(data.experimentChanged);
  }).unsubscribe;
}

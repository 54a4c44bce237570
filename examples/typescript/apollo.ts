// Apollo Client. In React, pass the client to `ApolloProvider`, and use `useQuery` and the other hooks.
import { ApolloClient, HttpLink, InMemoryCache } from '@apollo/client';
import { deleteDocument, listDocument, replaceDocument, watchDocument } from './documents.ts';
import type { DeleteMutation, ListQuery, ReplaceMutationVariables, WatchSubscription } from './gql/graphql.ts';
import introspection from './gql/possible-types.ts';
import type { ReplaceResult } from './outcome.ts';

export function createClient(url: string, key: string): ApolloClient {
  return new ApolloClient({
    cache: new InMemoryCache({ possibleTypes: introspection.possibleTypes }),
    // It asks for subscriptions as multipart/mixed;subscriptionSpec=1.0, which the gateway serves.
    link: new HttpLink({ uri: url, headers: { authorization: `Bearer ${key}` } }),
  });
}

/** Shows the first page now and whenever the cache changes. Returns a function that stops it. */
export function showExperiments(
  client: ApolloClient,
  show: (experiments: ListQuery['experiments']['nodes']) => void,
  fail: (error: Error) => void,
): () => void {
  const subscription = client.watchQuery({ query: listDocument, variables: { first: 20 } }).subscribe((result) => {
    if (result.error) fail(result.error);
    else if (result.dataState === 'complete') show(result.data.experiments.nodes);
  });
  return () => subscription.unsubscribe();
}

export async function replace(client: ApolloClient, variables: ReplaceMutationVariables): Promise<ReplaceResult> {
  const { data } = await client.mutate({ mutation: replaceDocument, variables });
  if (!data) throw new Error('no data');
  return data.replaceExperiment;
}

export async function remove(client: ApolloClient, id: string): Promise<DeleteMutation['deleteExperiment']> {
  const { data } = await client.mutate({
    mutation: deleteDocument,
    variables: { id },
    update(cache, { data }) {
      if (data?.deleteExperiment.__typename === 'DeleteExperimentSuccess')
        cache.evict({
          id: cache.identify({ __typename: 'Experiment', id: data.deleteExperiment.deletedExperimentId }),
        });
    },
  });
  if (!data) throw new Error('no data');
  return data.deleteExperiment;
}

/** Shows each change of an experiment, which the cache takes too. Returns a function that stops it. */
export function watch(
  client: ApolloClient,
  id: string,
  show: (experiment: WatchSubscription['experimentChanged']) => void,
  fail: (error: Error) => void,
): () => void {
  const subscription = client.subscribe({ query: watchDocument, variables: { id } }).subscribe(({ data, error }) => {
    if (error) fail(error);
    else if (data) show(data.experimentChanged);
  });
  return () => subscription.unsubscribe();
}

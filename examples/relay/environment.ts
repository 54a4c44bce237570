import { createClient } from 'graphql-sse';
import { Environment, type GraphQLResponse, Network, Observable, RecordSource, Store } from 'relay-runtime';

/** Queries and mutations go by POST, subscriptions by server-sent events. */
export function createEnvironment(url: string, key: string): Environment {
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  const streams = createClient({ url, headers });
  return new Environment({
    network: Network.create(
      async ({ text }, variables) => {
        const body = JSON.stringify({ query: text, variables });
        const response = await fetch(url, { method: 'POST', headers, body });
        return (await response.json()) as GraphQLResponse;
      },
      ({ text }, variables) =>
        Observable.create<GraphQLResponse>((sink) =>
          streams.subscribe(
            { query: text ?? '', variables },
            {
              next: (event) => sink.next(event as GraphQLResponse),
              error: (error) => sink.error(error instanceof Error ? error : new Error('The stream broke.')),
              complete: () => sink.complete(),
            },
          ),
        ),
    ),
    store: new Store(new RecordSource()),
  });
}

import {
  commitMutation,
  createOperationDescriptor,
  Environment,
  fetchQuery,
  Network,
  RecordSource,
  Store,
} from 'relay-runtime';
import type { CreateClient } from './caching-client.ts';
import { compileForRelay } from './relay-artifact.ts';

export const createRelayClient: CreateClient = (gateway) => {
  const environment = new Environment({
    network: Network.create(async ({ text }, variables) => (await gateway.graphql(text ?? '', variables)).body),
    store: new Store(new RecordSource()),
  });
  const describe = (query: string, variables: object = {}) =>
    createOperationDescriptor(compileForRelay(query), variables);
  return {
    async query(query, variables = {}) {
      environment.retain(describe(query, variables));
      return fetchQuery(environment, compileForRelay(query), variables, {
        fetchPolicy: 'store-or-network',
      }).toPromise();
    },
    async peek(query, variables) {
      const operation = describe(query, variables);
      if (environment.check(operation).status !== 'available') return null;
      return environment.lookup(operation.fragment).data;
    },
    mutate: (mutation, variables = {}) =>
      new Promise((resolve, reject) => {
        commitMutation(environment, {
          mutation: compileForRelay(mutation),
          variables,
          onCompleted: (data, errors) => (errors ? reject(new Error(JSON.stringify(errors))) : resolve(data)),
          onError: reject,
        });
      }),
  };
};

import { ApolloClient, gql, HttpLink, InMemoryCache } from '@apollo/client';
import { type CreateClient, createFetch, possibleTypes, url } from './caching-client.ts';

export const createApolloClient: CreateClient = (gateway) => {
  const cache = new InMemoryCache({ possibleTypes });
  const client = new ApolloClient({ cache, link: new HttpLink({ uri: url, fetch: createFetch(gateway) }) });
  return {
    query: async (query, variables) => (await client.query<any>({ query: gql(query), variables })).data,
    peek: async (query, variables) => client.readQuery<any>({ query: gql(query), variables }),
    mutate: async (mutation, variables) => (await client.mutate<any>({ mutation: gql(mutation), variables })).data,
  };
};

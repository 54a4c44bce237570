import { Client, fetchExchange } from '@urql/core';
import { cacheExchange } from '@urql/exchange-graphcache';
import { introspectionFromSchema, isObjectType } from 'graphql';
import { schema } from '../../../src/schema/index.ts';
import { type CreateClient, createFetch, url } from './caching-client.ts';

/** The types that are no records of their own: all those without an `id`. */
const embedded = Object.values(schema.getTypeMap()).filter((type) => isObjectType(type) && !('id' in type.getFields()));
const keys = Object.fromEntries(embedded.map(({ name }) => [name, () => null]));
const introspection = introspectionFromSchema(schema);

export const createGraphcacheClient: CreateClient = (gateway) => {
  const cache = cacheExchange({ schema: introspection as never, keys });
  const client = new Client({
    url,
    fetch: createFetch(gateway),
    exchanges: [cache, fetchExchange],
    preferGetMethod: false,
  });
  const complete = ({ data, error }: { data?: any; error?: Error | undefined }) => {
    if (error) throw error;
    return data ?? null;
  };
  return {
    query: async (query, variables = {}) => complete(await client.query(query, variables).toPromise()),
    peek: async (query, variables = {}) =>
      complete(await client.query(query, variables, { requestPolicy: 'cache-only' }).toPromise()),
    mutate: async (mutation, variables = {}) => complete(await client.mutation(mutation, variables).toPromise()),
  };
};

import { isAbstractType } from 'graphql';
import { schema } from '../../../src/schema/index.ts';
import type { TestGateway } from '../gateway/test-gateway.ts';

type Variables = Record<string, unknown>;

/** A client library with its normalized cache, in front of a gateway. */
export interface CachingClient {
  /** Returns the data of a query, from the cache or else from the gateway. */
  query(query: string, variables?: Variables): Promise<any>;
  /** Returns what the cache holds for a query, or null when it would have to ask the gateway. */
  peek(query: string, variables?: Variables): Promise<any>;
  /** Returns the data of a mutation. */
  mutate(mutation: string, variables?: Variables): Promise<any>;
}

export type CreateClient = (gateway: TestGateway) => CachingClient;

/** Sends the requests of a client library to a gateway, with its key. */
export function createFetch({ app, key }: TestGateway): typeof fetch {
  return async (input, init) => {
    const request = new Request(input, init);
    request.headers.set('authorization', `Bearer ${key}`);
    return app.fetch(request);
  };
}

/** The address of the gateway behind `createFetch`. */
export const url = 'http://gateway.test/graphql';

/** The members of each interface and union, which caches need for fragments on them. */
export const possibleTypes: Record<string, string[]> = Object.fromEntries(
  Object.values(schema.getTypeMap())
    .filter(isAbstractType)
    .map((type) => [type.name, schema.getPossibleTypes(type).map(({ name }) => name)]),
);

import { ApolloServer } from '@apollo/server';
import { startStandaloneServer } from '@apollo/server/standalone';
import { type Context, createResolvers, typeDefs } from './graphql.ts';
import { peer } from './listening.ts';

/** Apollo Server 5 with its own HTTP server, started as its documentation shows. */
const { port, store } = peer();
const server = new ApolloServer<Context>({
  typeDefs,
  resolvers: createResolvers(store) as never,
  introspection: false,
});
await startStandaloneServer(server, {
  listen: { port, host: '127.0.0.1' },
  context: async ({ req }) => ({ caller: store.caller(req.headers.authorization) }),
});

import fastify from 'fastify';
import mercurius from 'mercurius';
import { type Context, createResolvers, typeDefs } from './graphql.ts';
import { peer } from './listening.ts';

/** Mercurius on Fastify. With `--jit`, each document is compiled after its first execution. */
const { port, store } = peer();
const app = fastify({ bodyLimit: 2 * 1024 * 1024 });
app.register(mercurius, {
  schema: typeDefs,
  resolvers: createResolvers(store) as never,
  context: ({ headers }): Context => ({ caller: store.caller(headers.authorization) }),
  graphiql: false,
  jit: process.argv.includes('--jit') ? 1 : 0,
});
await app.listen({ port, host: '127.0.0.1' });

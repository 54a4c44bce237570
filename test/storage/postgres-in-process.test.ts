import { afterAll } from 'vitest';
import { startInProcessServer } from '../support/postgres-in-process.ts';
import { storeContract } from './contract.ts';

const server = await startInProcessServer();
afterAll(server.close);

storeContract('PostgreSQL in process (PGlite)', async () => {
  await server.reset();
  return server.url;
});

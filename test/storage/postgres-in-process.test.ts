import { afterAll } from 'vitest';
import { startInProcessServer } from '../support/storage/postgres-in-process.ts';
import { storeContract } from './contract.ts';

const server = await startInProcessServer();
afterAll(server.close);

storeContract('PostgreSQL in process (PGlite)', async () => {
  await server.reset();
  return server.url;
});

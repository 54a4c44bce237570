import { afterAll } from 'vitest';
import { startInProcessServer } from '../support/storage/postgres-in-process.ts';
import { parts, storeContract } from './contract.ts';

const server = await startInProcessServer();
afterAll(server.close);

/** It has one session, so races need a real server, and pages are the same statements there; both are slow here. */
const left = new Set<string>([
  'pages',
  'numbered pages',
  'idempotency keys',
  'writes decided from what is stored',
  'organizations, and writers at the same time',
]);

storeContract(
  'PostgreSQL in process (PGlite)',
  async () => {
    await server.reset();
    return server.url;
  },
  parts.filter((part) => !left.has(part)),
);

import { afterAll, describe } from 'vitest';
import type { AtEnd } from '../support/gateway/test-gateway.ts';
import {
  createEmptiedDatabase,
  createEnglishDatabase,
  createPostgresDatabase,
  hasServer,
} from '../support/storage/postgres.ts';
import { storeContract } from './contract.ts';

describe.runIf(hasServer)('on a PostgreSQL server, the contract of stores', () => {
  const ends: (() => void | Promise<void>)[] = [];
  const atEnd: AtEnd = (end) => void ends.push(end);
  afterAll(async () => {
    for (const end of ends) await end();
  });

  storeContract(
    'PostgreSQL',
    createEmptiedDatabase(() => createPostgresDatabase('', atEnd)),
  );
  // The parts that order texts or compare them by more than equality.
  storeContract(
    'PostgreSQL, English order',
    createEmptiedDatabase(() => createEnglishDatabase(atEnd)),
    ['pages', 'numbered pages', 'reading within bounds', 'revisions', 'datasets', 'API keys'],
  );
});

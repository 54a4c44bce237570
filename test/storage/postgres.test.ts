import { describe } from 'vitest';
import { hasServer, newEnglishDatabase, newPostgresDatabase } from '../support/postgres.ts';
import { storeContract } from './contract.ts';

describe.runIf(hasServer)('on a PostgreSQL server, the contract of stores', () => {
  storeContract('PostgreSQL', (atEnd) => newPostgresDatabase('', atEnd));
  storeContract('PostgreSQL, English order', newEnglishDatabase);
});

import { createSqliteDatabase } from '../support/storage/storage.ts';
import { storeContract } from './contract.ts';

storeContract('SQLite', (atEnd) => createSqliteDatabase(atEnd).url);

import { newSqliteDatabase } from '../support/storage/storage.ts';
import { storeContract } from './contract.ts';

storeContract('SQLite', (atEnd) => newSqliteDatabase(atEnd).url);

import { DrizzleQueryError } from 'drizzle-orm/errors';
import { DatabaseError } from 'pg';
import { StorageUnavailable } from '../../domain/faults.ts';

/** What the driver says below Drizzle's own error, which would carry every parameter into the log. */
export function findCause(error: unknown): unknown {
  return error instanceof DrizzleQueryError ? error.cause : error;
}

/** The SQLSTATE of an answer of the server, or the code of a fault of the network. */
export function readCode(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

/** Whether writers met (serialization failure, deadlock): all of it was undone, and may be tried again. */
export function isCollision(error: unknown): boolean {
  return ['40001', '40P01'].includes(readCode(error));
}

/**
 * SQLSTATEs of a server that cannot do its work now: connection (08), credentials (28), a database that is gone (3D),
 * read only since it is a replica (25006), cancelled or ended while waiting (25P03, 55P03, 57), no resources (53),
 * its system or its files (58, XX001, XX002), a transaction that was undone by others (40).
 */
const serverFault = /^(08|28|3D|40|53|57|58).{3}$|^(25006|25P03|55P03|XX00[12])$/;
const networkFault =
  /^(ECONN|EAI_|ENOTFOUND|EHOSTUNREACH|EHOSTDOWN|ENETUNREACH|ENETDOWN|ETIMEDOUT|EPIPE|ENOENT|EACCES|EADDRNOTAVAIL|EMFILE|ENFILE|ERR_TLS|ERR_SSL|ERR_SOCKET|CERT_)/;
/** Faults that the driver names by words alone. */
const driverFault =
  /^(Connection terminated|timeout exceeded when trying to connect|timeout expired|Query read timeout|Client (has encountered|was closed|has already)|Cannot use a pool after|Connection ended|The server does not support SSL)/i;

/** Whether storage could not be reached, or could not answer. */
export function isStorageFault(error: unknown): boolean {
  if (error instanceof StorageUnavailable) return true;
  const code = readCode(error);
  if (serverFault.test(code) || networkFault.test(code)) return true;
  return code === '' && error instanceof Error && driverFault.test(error.message);
}

/** Whether the server said nothing in time, not even that it gave up: its connections may be dead without knowing. */
export function isSilence(error: unknown): boolean {
  if (error instanceof StorageUnavailable) return isSilence(error.cause);
  return error instanceof Error && error.message === 'Query read timeout';
}

/** What a server may still say of a session that ends, or of itself as it goes down, after it has committed. */
const lastWords = /^(08|25P03|53|57P|58|XX)/;

/**
 * Whether what was sent to be written may have been, although it failed with this: the connection is lost or silent, or
 * the server ended it. An ordinary error of the server undoes the transaction.
 */
export function mayBeWritten(error: unknown): boolean {
  if (error instanceof DatabaseError) return error.severity !== 'ERROR' && lastWords.test(readCode(error));
  return isStorageFault(error);
}

export function toUnavailable(error: unknown): StorageUnavailable {
  if (error instanceof StorageUnavailable) return error;
  return new StorageUnavailable('The database did not answer.', { cause: error });
}

export function createTimeout(): StorageUnavailable {
  return new StorageUnavailable('The database took too long.');
}

/** A statement that the server refuses is our mistake: its own words, with the place where it was asked. */
export function toFault(cause: unknown): unknown {
  return cause instanceof DatabaseError
    ? new Error(`The database refused a statement (${cause.code}): ${cause.message}.`, { cause })
    : cause;
}

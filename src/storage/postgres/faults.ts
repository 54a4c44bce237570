import { DrizzleQueryError } from 'drizzle-orm/errors';
import { DatabaseError } from 'pg';
import { StorageUnavailable } from '../../domain/faults.ts';

/** The driver's error, without Drizzle's wrapper, which would carry every parameter into the log. */
export function findCause(error: unknown): unknown {
  return error instanceof DrizzleQueryError ? error.cause : error;
}

/** The SQLSTATE of a server error, or the code of a network error; empty for any other error. */
export function readCode(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

/** Whether writers collided (serialization failure, deadlock): the work was rolled back and may be retried. */
export function isCollision(error: unknown): boolean {
  return ['40001', '40P01'].includes(readCode(error));
}

/**
 * SQLSTATEs of a server that cannot work now: connection (08), credentials (28), missing database (3D), read-only
 * because it is a replica (25006), cancelled or ended while waiting (25P03, 55P03, 57), out of resources (53), system
 * or file faults (58, XX001, XX002), a transaction rolled back because of others (40).
 */
const serverFault = /^(08|28|3D|40|53|57|58).{3}$|^(25006|25P03|55P03|XX00[12])$/;
const networkFault =
  /^(ECONN|EAI_|ENOTFOUND|EHOSTUNREACH|EHOSTDOWN|ENETUNREACH|ENETDOWN|ETIMEDOUT|EPIPE|ENOENT|EACCES|EADDRNOTAVAIL|EMFILE|ENFILE|ERR_TLS|ERR_SSL|ERR_SOCKET|CERT_)/;
/** Faults that the driver reports by message only, without a code. */
const driverFault =
  /^(Connection terminated|timeout exceeded when trying to connect|timeout expired|Query read timeout|Client (has encountered|was closed|has already)|Cannot use a pool after|Connection ended|The server does not support SSL)/i;

/** Whether storage could not be reached, or could not respond. */
export function isStorageFault(error: unknown): boolean {
  if (error instanceof StorageUnavailable) return true;
  const code = readCode(error);
  if (serverFault.test(code) || networkFault.test(code)) return true;
  return code === '' && error instanceof Error && driverFault.test(error.message);
}

/** Whether the server sent nothing in time, not even its own timeout error: its connections may be dead. */
export function isSilence(error: unknown): boolean {
  if (error instanceof StorageUnavailable) return isSilence(error.cause);
  return error instanceof Error && error.message === 'Query read timeout';
}

/** SQLSTATEs that a server may send after it has committed, when it ends a session or shuts down. */
const shutdownCode = /^(08|25P03|53|57P|58|XX)/;

/**
 * Whether a write that failed with this error may have been written anyway: the connection is lost or silent, or the
 * server ended it. An ordinary server error rolls the transaction back.
 */
export function mayBeWritten(error: unknown): boolean {
  if (error instanceof DatabaseError) return error.severity !== 'ERROR' && shutdownCode.test(readCode(error));
  return isStorageFault(error);
}

export function toUnavailable(error: unknown): StorageUnavailable {
  if (error instanceof StorageUnavailable) return error;
  return new StorageUnavailable('The database did not answer.', { cause: error });
}

export function createTimeout(): StorageUnavailable {
  return new StorageUnavailable('The database took too long.');
}

/** Wraps a statement that the server refused, which is our bug: keeps its message and adds a stack of the call. */
export function toFault(cause: unknown): unknown {
  return cause instanceof DatabaseError
    ? new Error(`The database refused a statement (${cause.code}): ${cause.message}.`, { cause })
    : cause;
}

import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { getSystemErrorMessage } from 'node:util';

/** Why a file cannot be used, without its content or path: the end of a sentence that begins with the variable. */
export class UnusableFile extends Error {}

/**
 * Reads a whole file of at most `maxKibibytes`, whatever size it says it has, as UTF-8 text. A pipe that nobody writes to
 * does not block. Throws `UnusableFile`.
 */
export function readTextFile(path: string, maxKibibytes: number): string {
  const bytes = readBytes(path, maxKibibytes);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new UnusableFile('is not UTF-8 text');
  }
}

function readBytes(path: string, maxKibibytes: number): Uint8Array {
  const maxBytes = maxKibibytes * 1024;
  const buffer = Buffer.alloc(maxBytes + 1);
  let length = 0;
  try {
    const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      if (!fstatSync(file).isFile()) throw new UnusableFile('is not a regular file');
      for (let read = -1; read !== 0; length += read)
        read = readSync(file, buffer, length, buffer.length - length, null);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    throw error instanceof UnusableFile ? error : new UnusableFile(`cannot be read (${explain(error)})`);
  }
  if (length > maxBytes) throw new UnusableFile(`is larger than ${maxKibibytes} KiB`);
  return buffer.subarray(0, length);
}

/** The system's words, without the path, which is shown already. */
function explain(error: unknown): string {
  if (!(error instanceof Error) || !('errno' in error) || typeof error.errno !== 'number') return 'not a path';
  return getSystemErrorMessage(error.errno);
}

import { readFileSync } from 'node:fs';
import { getSystemErrorMessage } from 'node:util';
import { CannotStart } from './domain/faults.ts';

/**
 * Adds the variables of a file `.env` in the working directory to those of this process, if there is one. A variable
 * that the process already has wins, even an empty one. Throws `CannotStart` when the file cannot be read.
 */
export function loadEnvFile(): void {
  const path = '.env';
  try {
    readFileSync(path);
  } catch (error) {
    const { code, errno = 0 } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return;
    throw new CannotStart(
      `${path} cannot be read (${getSystemErrorMessage(errno)}). Accepted: a file of NAME=value lines, or none.`,
    );
  }
  // Node reports every fault of a file as a missing one, so it reads the file only now.
  process.loadEnvFile(path);
}

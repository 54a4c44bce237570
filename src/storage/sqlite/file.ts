import { closeSync, existsSync, mkdirSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/** Of the account that runs the gateway, and of nobody else. SQLite gives the log and its index the mode of the file. */
const privateMode = 0o600;

/** Makes an empty file that only its owner can read, unless there is a file. Its folder has to exist. */
export function createPrivateFile(path: string): void {
  if (existsSync(path)) return; // opening it would let go of the locks that this process holds on it
  closeSync(openSync(path, 'a', privateMode));
}

/** Makes a folder, level by level: with `recursive`, Node never comes back from a place such as /proc, where nothing can be made. */
export function makeFolder(folder: string): void {
  if (existsSync(folder)) return;
  makeFolder(dirname(folder));
  try {
    mkdirSync(folder);
  } catch (error) {
    if (!existsSync(folder)) throw error; // a gateway that starts at the same time may have been faster
  }
}

/** Which file a path leads to now; undefined when there is none. */
export function readIdentity(path: string): string | undefined {
  try {
    const { dev, ino } = statSync(path);
    return `${dev}:${ino}`;
  } catch {
    return undefined;
  }
}

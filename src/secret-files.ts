import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { getSystemErrorMessage } from 'node:util';
import { showGiven } from './redact-config.ts';

type Given = Readonly<Record<string, string | undefined>>;

/** The variables whose value may come from a file instead, named by the same variable with `_FILE`. */
const variables = ['DATABASE_URL', 'REDIS_URL', 'BOOTSTRAP_API_KEY', 'JWT_SECRET'] as const;

/** The most bytes of such a file. */
const maxBytes = 64 * 1024;

/** Why a file cannot be used, without its content. */
class UnusableFile extends Error {}

/**
 * Reads the variables that are given by files, each without one trailing newline. `faults` has one line for each file
 * that cannot be used, and for each variable that is given in both ways; no line repeats a content.
 */
export function readSecretFiles(given: Given): { readonly contents: Given; readonly faults: readonly string[] } {
  const contents: Record<string, string> = {};
  const faults: string[] = [];
  for (const name of variables) {
    const path = given[`${name}_FILE`];
    if (path === undefined) continue;
    if (given[name] !== undefined) {
      faults.push(`${name} and ${name}_FILE are set together. Accepted: one of them.`);
      continue;
    }
    try {
      contents[name] = readSecret(path);
    } catch (error) {
      if (!(error instanceof UnusableFile)) throw error;
      faults.push(
        `${showGiven(`${name}_FILE`, given)} ${error.message}. Accepted: the path of a file with the value of ${name}, at most 64 KiB of text.`,
      );
    }
  }
  return { contents, faults };
}

/** The variable that gives a value, `NAME` or `NAME_FILE`; undefined when neither is set. */
export function findSetName(given: Given, name: string): string | undefined {
  return [`${name}_FILE`, name].find((each) => given[each] !== undefined);
}

function readSecret(path: string): string {
  const bytes = readBytes(path);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new UnusableFile('is not UTF-8 text');
  }
  const value = text.replace(/\r?\n$/, '');
  if (value === '') throw new UnusableFile('is empty');
  return value;
}

/** Reads a whole file within `maxBytes`, whatever size it says it has. A pipe that nobody writes to does not block. */
function readBytes(path: string): Uint8Array {
  const buffer = Buffer.alloc(maxBytes + 1);
  let length = 0;
  try {
    const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      if (!fstatSync(file).isFile()) throw new UnusableFile('is not a file');
      for (let read = -1; read !== 0; length += read)
        read = readSync(file, buffer, length, buffer.length - length, null);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    throw error instanceof UnusableFile ? error : new UnusableFile(`cannot be read (${explain(error)})`);
  }
  if (length > maxBytes) throw new UnusableFile('has more than 64 KiB');
  return buffer.subarray(0, length);
}

/** The system's words, without the path, which is shown already. */
function explain(error: unknown): string {
  if (!(error instanceof Error) || !('errno' in error) || typeof error.errno !== 'number') return 'not a path';
  return getSystemErrorMessage(error.errno);
}

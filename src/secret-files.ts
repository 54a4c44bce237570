import { readTextFile, UnusableFile } from './read-file.ts';
import { type Given, showGiven } from './redact-config.ts';

/** The variables whose value may come from a file instead, named by the same variable with `_FILE`. */
const variables = ['DATABASE_URL', 'REDIS_URL', 'BOOTSTRAP_API_KEY', 'JWT_SECRET'] as const;

/** The largest of these files, in KiB. */
const maxKibibytes = 64;

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
      faults.push(`${name} and ${name}_FILE are set together. Accepted: only one of them.`);
      continue;
    }
    try {
      contents[name] = readSecret(path);
    } catch (error) {
      if (!(error instanceof UnusableFile)) throw error;
      faults.push(
        `${showGiven(`${name}_FILE`, given)} ${error.message}. Accepted: the path of a text file that contains the value of ${name}, at most ${maxKibibytes} KiB.`,
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
  const value = readTextFile(path, maxKibibytes).replace(/\r?\n$/, '');
  if (value === '') throw new UnusableFile('is empty');
  return value;
}

import { readTextFile, UnusableFile } from './read-file.ts';
import { type Given, showGiven } from './redact-config.ts';

/** The documents of the operations that may be executed, by their hash. */
export type PersistedOperations = ReadonlyMap<string, string>;

/** The largest manifest, in KiB. */
const maxKibibytes = 16 * 1024;

const accepted =
  'the path of a manifest from GraphQL Code Generator (persisted-documents.json): a JSON object that maps hashes to documents, at most 16 MiB';

/**
 * Reads the manifest that `PERSISTED_OPERATIONS` names. `operations` is undefined when it names none; `faults` has one
 * line when the file cannot be used.
 */
export function readPersistedOperations(given: Given): {
  readonly operations: PersistedOperations | undefined;
  readonly faults: readonly string[];
} {
  const path = given.PERSISTED_OPERATIONS;
  if (path === undefined) return { operations: undefined, faults: [] };
  try {
    return { operations: parseManifest(readTextFile(path, maxKibibytes)), faults: [] };
  } catch (error) {
    if (!(error instanceof UnusableFile)) throw error;
    const fault = `${showGiven('PERSISTED_OPERATIONS', given)} ${error.message}. Accepted: ${accepted}.`;
    return { operations: undefined, faults: [fault] };
  }
}

function parseManifest(text: string): PersistedOperations {
  let manifest: unknown;
  try {
    manifest = JSON.parse(text);
  } catch {
    throw new UnusableFile('is not valid JSON');
  }
  if (typeof manifest !== 'object' || manifest === null || Array.isArray(manifest))
    throw new UnusableFile('is not a JSON object');
  const entries = Object.entries(manifest);
  if (entries.length === 0) throw new UnusableFile('contains no operations');
  for (const [hash, document] of entries) {
    if (typeof document !== 'string' || !document.includes('{'))
      throw new UnusableFile(`has something other than a GraphQL document under ${JSON.stringify(hash.slice(0, 100))}`);
  }
  return new Map(entries);
}

import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Engine } from '../storage.ts';

export const sqlite: Engine = {
  title: 'SQLite file',
  schemes: ['file:'],
  accepted: 'file:<path> of a SQLite database, for example file:./data/gateway.db',
  isShared: false,
  // A file URL with a host is refused, even for localhost.
  isUrl: (url) => /^file:(?!\/\/[^/])./.test(url) && 'path' in parseFileUrl(url),
  showUrl: (url) => url,
};

/** For a URL that names a folder. */
export const folderMessage = 'This is a folder: name a file in it.';

/**
 * The path of `file:./relative`, `file:/absolute` or `file:///absolute`, or what is wrong with the URL. SQLite's own
 * URLs can say more (`?mode=ro`, `:memory:`); here that would become part of a file name, which is never intended.
 */
export function parseFileUrl(url: string): { readonly path: string } | { readonly fault: string } {
  const named = url.slice('file:'.length);
  const fault = findFault(named);
  if (fault !== undefined) return { fault };
  if (!named.startsWith('//')) return { path: resolve(named) };
  try {
    const path = fileURLToPath(url);
    if (!/\p{Cc}/u.test(path)) return { path };
  } catch {
    // Malformed percent-encoding, an encoded slash, or a host.
  }
  return { fault: 'This is not a valid path.' };
}

function findFault(named: string): string | undefined {
  if (named.trim() === '') return 'The path is empty.';
  if (/\p{Cc}/u.test(named) || named !== named.trim())
    return 'A path must not contain control characters, or begin or end with a space.';
  if (/[?#]/.test(named)) return 'A path must not have a query (?…) or a fragment (#…).';
  if (named.startsWith(':')) return 'An in-memory database would not be kept: name a file.';
  if (named.startsWith('~')) return 'A ~ is not expanded here: write the full path.';
  if (/^[a-z][a-z\d+.-]+:/i.test(named)) return 'This is a URL inside a URL, not a path.';
  if (/(^|[/\\])\.{0,2}$/.test(named)) return folderMessage;
  if (!named.startsWith('//') && /%[\da-f]{2}/i.test(named))
    return 'Only file:///… accepts percent-encoded characters (%…): write the path unencoded.';
  return undefined;
}

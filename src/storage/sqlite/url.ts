import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Engine } from '../storage.ts';

export const sqlite: Engine = {
  title: 'SQLite file',
  schemes: ['file:'],
  accepted: 'file:<path> of a SQLite database, for example file:./data/gateway.db',
  isShared: false,
  // A file has no host, not even this one.
  isUrl: (url) => /^file:(?!\/\/[^/])./.test(url) && 'path' in parseFileUrl(url),
  showUrl: (url) => url,
};

/**
 * The path that `file:./relative`, `file:/absolute` or `file:///absolute` names, or what is wrong with it. SQLite's own
 * URLs can say more (`?mode=ro`, `:memory:`); here they would only be the names of files, which is never what was meant.
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
    // An encoding that is none, an encoded slash, or a host.
  }
  return { fault: 'This is no path.' };
}

function findFault(named: string): string | undefined {
  if (named.trim() === '') return 'The path is empty.';
  if (/\p{Cc}/u.test(named) || named !== named.trim())
    return 'A path has no control characters, and no spaces at its ends.';
  if (/[?#]/.test(named)) return 'A path has no query (?…) and no fragment (#…).';
  if (named.startsWith(':')) return 'A database in memory is not kept: name a file.';
  if (named.startsWith('~')) return 'No shell expands the ~: write the whole path.';
  if (/^[a-z][a-z\d+.-]+:/i.test(named)) return 'This is a URL in a URL, and no path.';
  if (/(^|[/\\])\.{0,2}$/.test(named)) return 'This is a folder: name a file in it.';
  if (!named.startsWith('//') && /%[\da-f]{2}/i.test(named))
    return 'Only file:///… takes encoded characters (%…): write the path as it is.';
  return undefined;
}

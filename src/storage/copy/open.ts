import { CannotStart } from '../../domain/faults.ts';
import { requireEngine, showDatabaseUrl } from '../engines.ts';
import type { CopyEnd, CopyTarget } from './port.ts';

/** Opens the database to copy from, without changing it. Rejects with `CannotStart`, also when it is not migrated. */
export async function openCopySource(url: string): Promise<CopyEnd> {
  const attempt = createAttempt('source', url);
  const end = await attempt(async () => (await requireEngine(url).load()).openCopySource(url));
  return wrapEnd(end, attempt);
}

/**
 * Opens the database to copy into, and creates it when it is new. `source` is the identity of the source. Rejects with
 * `CannotStart` and leaves the database untouched when it holds anything else.
 */
export async function openCopyTarget(url: string, source: string): Promise<CopyTarget> {
  const attempt = createAttempt('target', url);
  const end = await attempt(async () => (await requireEngine(url).load()).openCopyTarget(url, source));
  return {
    ...wrapEnd(end, attempt),
    write: (batch) => attempt(() => end.write(batch)),
    finish: () => attempt(() => end.finish()),
  };
}

type Attempt = <Result>(work: () => Promise<Result>) => Promise<Result>;

/** Runs work so that a `CannotStart` names the end that cannot be used. */
function createAttempt(end: 'source' | 'target', url: string): Attempt {
  return async (work) => {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof CannotStart)) throw error;
      throw new CannotStart(`The ${end} ${showDatabaseUrl(url)} is not usable. ${error.message}`);
    }
  };
}

function wrapEnd(end: CopyEnd, attempt: Attempt): CopyEnd {
  return {
    ...end,
    count: (table) => attempt(() => end.count(table)),
    page: (table, after) => attempt(() => end.page(table, after)),
  };
}

import { CannotStart } from '../../domain/faults.ts';
import { requireEngine, showDatabaseUrl } from '../engines.ts';
import type { CopyEnd, CopyTarget } from './port.ts';

/** Opens the database that is copied: nothing in it is changed, and it has to be migrated already. */
export async function openCopySource(url: string): Promise<CopyEnd> {
  const usable = nameEnd('source', url);
  const end = await usable(async () => (await requireEngine(url).load()).openCopySource(url));
  return named(end, usable);
}

/** Opens, and where it is new makes, the database that a source is copied into; one that holds anything else is not touched. */
export async function openCopyTarget(url: string, source: string): Promise<CopyTarget> {
  const usable = nameEnd('target', url);
  const end = await usable(async () => (await requireEngine(url).load()).openCopyTarget(url, source));
  return {
    ...named(end, usable),
    write: (batch) => usable(() => end.write(batch)),
    finish: () => usable(() => end.finish()),
  };
}

type Usable = <Result>(work: () => Promise<Result>) => Promise<Result>;

/** Says which end it is that cannot be used. */
function nameEnd(end: 'source' | 'target', url: string): Usable {
  return async (work) => {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof CannotStart)) throw error;
      throw new CannotStart(`The ${end} ${showDatabaseUrl(url)} is not usable. ${error.message}`);
    }
  };
}

function named(end: CopyEnd, usable: Usable): CopyEnd {
  return {
    ...end,
    count: (table) => usable(() => end.count(table)),
    page: (table, after) => usable(() => end.page(table, after)),
  };
}

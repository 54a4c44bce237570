import { CannotStart } from '../domain/failure.ts';
import type { CopyEnd, CopyTarget } from './copy-port.ts';
import { isPostgres, migrationsOf, pathOf, shownUrl } from './open.ts';
import { parsePostgresUrl } from './postgres/url.ts';

/** Opens the database that is copied: nothing in it is changed, and it has to be migrated already. */
export async function openCopySource(url: string): Promise<CopyEnd> {
  const usable = naming('source', url);
  const end = await usable(async () =>
    isPostgres(url)
      ? (await import('./postgres/copy.ts')).openSource(parsed(url), migrationsOf('postgresql'))
      : (await import('./sqlite/copy.ts')).openSource(pathOf(url), migrationsOf('sqlite')),
  );
  return named(end, usable);
}

/** Opens, and where it is new makes, the database that a source is copied into; one that holds anything else is not touched. */
export async function openCopyTarget(url: string, source: string): Promise<CopyTarget> {
  const usable = naming('target', url);
  const end = await usable(async () =>
    isPostgres(url)
      ? (await import('./postgres/copy.ts')).openTarget(parsed(url), migrationsOf('postgresql'), source)
      : (await import('./sqlite/copy.ts')).openTarget(pathOf(url), migrationsOf('sqlite'), source),
  );
  return {
    ...named(end, usable),
    write: (batch) => usable(() => end.write(batch)),
    finish: () => usable(() => end.finish()),
  };
}

function parsed(url: string) {
  const parts = parsePostgresUrl(url);
  if (!parts) throw new CannotStart('This is no URL of a database.');
  return parts;
}

type Usable = <Result>(work: () => Promise<Result>) => Promise<Result>;

/** Says which end it is that cannot be used. */
function naming(end: 'source' | 'target', url: string): Usable {
  return async (work) => {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof CannotStart)) throw error;
      throw new CannotStart(`The ${end} ${shownUrl(url)} is not usable. ${error.message}`);
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

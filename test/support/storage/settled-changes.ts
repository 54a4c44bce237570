import { setTimeout as sleep } from 'node:timers/promises';
import type { ChangesPage, ChangesQuery } from '../../../src/domain/experiment/change-feed.ts';
import type { ExperimentStore } from '../../../src/domain/experiment/store.ts';

/**
 * A page of changes, once none is pending. On a PostgreSQL server that tests share, the transactions of others hold
 * changes back, too.
 */
export async function listSettledChanges(experiments: ExperimentStore, query: ChangesQuery): Promise<ChangesPage> {
  for (;;) {
    const page = await experiments.listChanges(query);
    if (!page.isPending) return page;
    await sleep(20);
  }
}

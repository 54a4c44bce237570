import { desc, eq, sql } from 'drizzle-orm';
import type { Connection } from './connect.ts';
import { prepareQuery } from './statement.ts';
import { experiments, purgedExperiments } from './tables.ts';

/**
 * Returns a function that gives the next change of an organization its number, in a transaction. SQLite runs one
 * transaction at a time, so the numbers rise in the order of commits, whichever process writes. The last number is read
 * once a transaction: another process may have written in between.
 */
export function prepareChanges(
  { client, db }: Connection,
  countTransactions: () => number,
): (organization: string) => number {
  const readLast = prepareQuery<{ changed: number }>(
    client,
    db
      .select({ changed: experiments.changed })
      .from(experiments)
      .where(eq(experiments.organization, sql.placeholder('organization')))
      .orderBy(desc(experiments.changed))
      .limit(1),
    { changed: experiments.changed },
  );
  const readLastPurged = prepareQuery<{ changed: number }>(
    client,
    db
      .select({ changed: purgedExperiments.changed })
      .from(purgedExperiments)
      .where(eq(purgedExperiments.organization, sql.placeholder('organization')))
      .orderBy(desc(purgedExperiments.changed))
      .limit(1),
    { changed: purgedExperiments.changed },
  );
  const last = new Map<string, number>();
  let transaction = -1;

  return (organization) => {
    if (transaction !== countTransactions()) {
      transaction = countTransactions();
      last.clear();
    }
    const known =
      last.get(organization) ??
      Math.max(readLast.get({ organization })?.changed ?? 0, readLastPurged.get({ organization })?.changed ?? 0);
    last.set(organization, known + 1);
    return known + 1;
  };
}

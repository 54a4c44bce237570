import type { Command } from 'commander';
import type { Progress } from '../storage/copy/copy.ts';

/** How often progress is shown while a table is under way, in milliseconds. */
const showIntervalMs = 2_000;

const explanation = `
Both are database URLs as in DATABASE_URL. The four ways are possible: SQLite or PostgreSQL to either. The source must
exist. The target is what this command makes: a SQLite file may be new, a PostgreSQL database must exist and be empty.

  gateway copy --from file:./data/gateway.db --to postgres://gateway@db.example:5432/gateway

A password need not stand in the command: PostgreSQL's PGPASSWORD and ~/.pgpass work.

1. Start it while gateways go on serving the source, if you like.
2. Stop them, and run the same command again if the first run said that the copy differs: only what differs is written.
3. When it says "verified", start the gateways with DATABASE_URL set to the target.

An interrupted run is taken up by the same command. No gateway opens the target before it is verified.`;

export function addCopyCommand(gateway: Command): void {
  gateway
    .command('copy')
    .description('Copy an installation (experiments, revisions, keys, datasets) to an empty database, and verify it.')
    .requiredOption('--from <url>', 'the database that is copied; nothing in it is changed')
    .requiredOption('--to <url>', 'a new SQLite file, an empty database, or what an earlier run of the same copy left')
    .addHelpText('after', explanation)
    .action(copy);
}

async function copy({ from, to }: { from: string; to: string }, command: Command): Promise<void> {
  const [{ copyInstallation }, { acceptedDatabaseUrls, isDatabaseUrl, showDatabaseUrl }] = await Promise.all([
    import('../storage/copy/copy.ts'),
    import('../storage/engines.ts'),
  ]);
  for (const [flag, url] of Object.entries({ '--from': from, '--to': to })) {
    // Not by commander's own refusals: they repeat the value, which may hold a password.
    if (!isDatabaseUrl(url)) command.error(`error: ${flag} is not valid. Accepted: ${acceptedDatabaseUrls}.`);
  }
  const counts = await copyInstallation(from, to, createProgressLines());
  const rows = Object.entries(counts).map(([table, count]) => `${table} ${count}`);
  console.log(
    `Copied and verified: ${rows.join(', ')}. Set DATABASE_URL to ${showDatabaseUrl(to)}, with its credentials.`,
  );
}

/** A line for each table and kind of work, and one in between now and then. */
function createProgressLines(): (progress: Progress) => void {
  let begun = { what: '', at: 0 };
  let shownAt = 0;
  return ({ work, table, rows, total, isDone }) => {
    const now = performance.now();
    const what = `${table} ${work}`;
    if (begun.what !== what) {
      begun = { what, at: now };
      shownAt = now;
    }
    if (!isDone && now - shownAt < showIntervalMs) return;
    shownAt = now;
    const seconds = (now - begun.at) / 1_000;
    const rate = seconds >= 1 ? `, ${Math.round(rows / seconds)} rows a second` : '';
    console.error(`${what}: ${rows}${isDone ? '' : ` of ${total}`}${rate}`);
  };
}

import type { Command } from 'commander';
import type { Progress } from '../storage/copy/copy.ts';
import { InvalidCommandLine } from './failures.ts';

/** How often progress is shown within a table, in milliseconds. */
const showIntervalMs = 2_000;

const explanation = `
Both are database URLs as in DATABASE_URL. SQLite and PostgreSQL can each be copied to either. The source must exist.
A SQLite target is created when it does not exist; a PostgreSQL target must exist and be empty.

  gateway copy --from file:./data/gateway.db --to postgres://gateway@db.example:5432/gateway

The command need not contain a password: PostgreSQL's PGPASSWORD and ~/.pgpass work.

1. Run it, if you like while gateways still serve the source.
2. If it reports that the copy differs, stop the gateways and run the same command again: it writes only what differs.
3. When it says "verified", start the gateways with DATABASE_URL set to the target.

To resume an interrupted run, run the same command again. No gateway opens the target until it is verified.`;

export function addCopyCommand(gateway: Command): void {
  gateway
    .command('copy')
    .description('Copy an installation (experiments, revisions, keys, datasets) to an empty database, and verify it.')
    .requiredOption('--from <url>', 'the database to copy from; it is not changed')
    .requiredOption('--to <url>', 'a new SQLite file, an empty database, or what an earlier run of the same copy left')
    .addHelpText('after', explanation)
    .action(copy);
}

async function copy({ from, to }: { from: string; to: string }): Promise<void> {
  const [{ copyInstallation }, { acceptedDatabaseUrls, isDatabaseUrl, showDatabaseUrl }] = await Promise.all([
    import('../storage/copy/copy.ts'),
    import('../storage/engines.ts'),
  ]);
  for (const [flag, url] of Object.entries({ '--from': from, '--to': to })) {
    // Not checked by commander, whose error would repeat the value, which may hold a password.
    if (!isDatabaseUrl(url))
      throw new InvalidCommandLine(`error: option '${flag} <url>' is not valid. Accepted: ${acceptedDatabaseUrls}.`);
  }
  const counts = await copyInstallation(from, to, createProgressLines());
  const rows = Object.entries(counts).map(([table, count]) => `${table} ${count}`);
  console.log(
    `Copied and verified: ${rows.join(', ')}. Set DATABASE_URL to ${showDatabaseUrl(to)}, with its credentials.`,
  );
}

/** Prints a line when each table is copied or checked, and one every `showIntervalMs` meanwhile. */
function createProgressLines(): (progress: Progress) => void {
  let current = { step: '', startedAt: 0 };
  let shownAt = 0;
  return ({ work, table, rows, total, isDone }) => {
    const now = performance.now();
    const step = `${table} ${work}`;
    if (current.step !== step) {
      current = { step, startedAt: now };
      shownAt = now;
    }
    if (!isDone && now - shownAt < showIntervalMs) return;
    shownAt = now;
    const seconds = (now - current.startedAt) / 1_000;
    const rate = seconds >= 1 ? `, ${Math.round(rows / seconds)} rows a second` : '';
    console.error(`${step}: ${rows}${isDone ? '' : ` of ${total}`}${rate}`);
  };
}

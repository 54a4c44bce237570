import type { PoolConfig } from 'pg';
import { toClientConfig } from './server.ts';
import type { PostgresUrl } from './url.ts';

/** How long a statement waits for a lock, in milliseconds (contract, section 7). */
const lockTimeout = 2_000;

/**
 * The configuration of a pool whose statements may take `statementWait` milliseconds. `setting` is one for each session, as
 * `name=value`.
 */
export function buildPoolConfig(url: PostgresUrl, statementWait: number, setting: string | undefined): PoolConfig {
  return {
    ...toClientConfig(url),
    application_name: 'experiment-gateway',
    query_timeout: statementWait + 50,
    // A pooler in transaction mode refuses settings, as it does prepared statements.
    ...(url.isSession && {
      statement_timeout: statementWait,
      lock_timeout: lockTimeout,
      idle_in_transaction_session_timeout: statementWait,
      // The statements rely on READ COMMITTED, whatever the database's default is.
      options: `-c default_transaction_isolation=read\\ committed${setting === undefined ? '' : ` -c ${setting}`}`,
    }),
  };
}

/** The SQL that begins a transaction. Behind a pooler it includes the settings that a session would have. */
export function buildBegin(url: PostgresUrl, statementWait: number, setting: string | undefined): string {
  const begin = 'BEGIN ISOLATION LEVEL READ COMMITTED';
  if (url.isSession) return begin;
  const settings = [
    `lock_timeout=${lockTimeout}`,
    `statement_timeout=${statementWait}`,
    `idle_in_transaction_session_timeout=${statementWait}`,
    ...(setting === undefined ? [] : [setting]),
  ];
  return [begin, ...settings.map((each) => `SET LOCAL ${each}`)].join('; ');
}

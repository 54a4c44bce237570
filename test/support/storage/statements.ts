import Database from 'better-sqlite3';
import { onTestFinished } from 'vitest';

/** Counts the SQL statements that run in this process, on any connection, until the end of the test. */
export function countStatements(): { readonly texts: string[] } {
  const texts: string[] = [];
  const probe = new Database(':memory:');
  const prototype = Object.getPrototypeOf(probe.prepare('SELECT 1'));
  probe.close();
  for (const method of ['run', 'get', 'all', 'iterate'] as const) {
    const original: (...values: unknown[]) => unknown = prototype[method];
    prototype[method] = function counted(this: Database.Statement, ...values: unknown[]) {
      texts.push(this.source);
      return original.apply(this, values);
    };
    onTestFinished(() => {
      prototype[method] = original;
    });
  }
  return { texts };
}

import { CannotStart } from '../domain/faults.ts';
import { postgres } from './postgres/url.ts';
import { sqlite } from './sqlite/url.ts';
import type { Driver, Engine } from './storage.ts';

/** The engines, each with its driver, which is loaded on first use. */
const engines: readonly (Engine & { readonly load: () => Promise<Driver> })[] = [
  { ...sqlite, load: async () => (await import('./sqlite/driver.ts')).driver },
  { ...postgres, load: async () => (await import('./postgres/driver.ts')).driver },
];

/** The accepted database URLs, for messages. */
export const acceptedDatabaseUrls = engines.map(({ accepted }) => accepted).join(', or ');

/** The accepted URLs of read replicas, for messages. */
export const acceptedReplicaUrls = engines.flatMap(({ replicas }) => replicas?.accepted ?? []).join(', or ');

/** The engine for a URL, by its scheme; undefined for an unknown scheme. */
export function findEngine(url: string) {
  return engines.find(({ schemes }) => schemes.some((scheme) => url.startsWith(scheme)));
}

/** The engine for a URL. Throws `CannotStart` for an unknown scheme. */
export function requireEngine(url: string) {
  const engine = findEngine(url);
  if (!engine) throw new CannotStart('This is not a database URL.');
  return engine;
}

/** Whether a text is a database URL that some engine accepts. */
export function isDatabaseUrl(url: string): boolean {
  return findEngine(url)?.isUrl(url) ?? false;
}

/** Whether a text is a URL that some engine accepts for a read replica. */
export function isReplicaUrl(url: string): boolean {
  return findEngine(url)?.replicas?.isUrl(url) ?? false;
}

/** A database URL without its credentials, for messages. Throws `CannotStart` for an unknown scheme. */
export function showDatabaseUrl(url: string): string {
  return requireEngine(url).showUrl(url);
}

import { CannotStart } from '../domain/faults.ts';
import { postgres } from './postgres/url.ts';
import { sqlite } from './sqlite/url.ts';
import type { Driver, Engine } from './storage.ts';

/** The engines, each with its driver, which is loaded when it is used. */
const engines: readonly (Engine & { readonly load: () => Promise<Driver> })[] = [
  { ...sqlite, load: async () => (await import('./sqlite/driver.ts')).driver },
  { ...postgres, load: async () => (await import('./postgres/driver.ts')).driver },
];

/** The URLs that name a database, for people. */
export const acceptedDatabaseUrls = engines.map(({ accepted }) => accepted).join(', or ');

/** The URLs that name a read replica, for people. */
export const acceptedReplicaUrls = engines.flatMap(({ replicas }) => replicas?.accepted ?? []).join(', or ');

/** The engine whose scheme a text begins with; undefined when there is none. */
export function findEngine(url: string) {
  return engines.find(({ schemes }) => schemes.some((scheme) => url.startsWith(scheme)));
}

/** The same where there has to be one. Throws `CannotStart`. */
export function requireEngine(url: string) {
  const engine = findEngine(url);
  if (!engine) throw new CannotStart('This is no URL of a database.');
  return engine;
}

/** Whether a text is the URL of a database. */
export function isDatabaseUrl(url: string): boolean {
  return findEngine(url)?.isUrl(url) ?? false;
}

/** Whether a text is the URL of a read replica. */
export function isReplicaUrl(url: string): boolean {
  return findEngine(url)?.replicas?.isUrl(url) ?? false;
}

/** A database URL as people may see it: without credentials. */
export function showDatabaseUrl(url: string): string {
  return requireEngine(url).showUrl(url);
}

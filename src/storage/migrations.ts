import { fileURLToPath } from 'node:url';

/** The folder of an engine's migrations. */
export function findMigrations(engine: 'sqlite' | 'postgresql'): string {
  return fileURLToPath(new URL(`../../drizzle/${engine}`, import.meta.url));
}

import { fileURLToPath } from 'node:url';

/** The folder of an engine's migrations, by its name in `drizzle`. */
export function findMigrations(engine: string): string {
  return fileURLToPath(new URL(`../../drizzle/${engine}`, import.meta.url));
}

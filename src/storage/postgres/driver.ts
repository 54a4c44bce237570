import { CannotStart } from '../../domain/faults.ts';
import { findMigrations } from '../migrations.ts';
import type { Driver } from '../storage.ts';
import { createApiKeyStore } from './api-key-store.ts';
import { createDatasetStore } from './dataset-store.ts';
import { createExperimentStore } from './experiment-store.ts';
import { openPostgresDatabase } from './open.ts';
import { createOrganizationReads } from './organization-reads.ts';
import { type PostgresUrl, parsePostgresUrl } from './url.ts';

const migrations = findMigrations('postgresql');

export const driver: Driver = {
  accepted: 'postgres://<user>:<password>@<host>:<port>/<database> of a PostgreSQL database that can be reached',

  async open(url, publish, options) {
    const database = await openPostgresDatabase(parse(url), migrations, options);
    return {
      experiments: createExperimentStore(database, publish),
      datasets: createDatasetStore(database),
      apiKeys: createApiKeyStore(database),
      organizations: createOrganizationReads(database),
      check: () => database.check(),
      measureQueue: database.measureQueue,
      joinGateways: () => false,
      waitingWrites: () => database.waitingWrites(),
      backup: async () => {
        throw new CannotStart(
          "The backup command copies a SQLite file. Accepted here: pg_dump, or the server's own backups.",
        );
      },
      close: () => database.close(),
    };
  },

  async openCopySource(url) {
    const { openSource } = await import('./copy.ts');
    return openSource(parse(url), migrations);
  },

  async openCopyTarget(url, source) {
    const { openTarget } = await import('./copy.ts');
    return openTarget(parse(url), migrations, source);
  },

  async openReplicas(url, urls, options) {
    const { openPostgresReplicas } = await import('./replicas.ts');
    return openPostgresReplicas(parse(url), urls.map(parse), { ...options, migrations });
  },
};

/** The parts of a URL. Throws `CannotStart` when it is not a database URL. */
function parse(url: string): PostgresUrl {
  const parsed = parsePostgresUrl(url);
  if (!parsed) throw new CannotStart('This is not a database URL.');
  return parsed;
}

import { resolve } from 'node:path';
import { CannotStart } from '../../domain/faults.ts';
import { findMigrations } from '../migrations.ts';
import type { Driver } from '../storage.ts';
import { createApiKeyStore } from './api-key-store.ts';
import { createDatasetStore } from './dataset-store.ts';
import { createExperimentStore } from './experiment-store.ts';
import { openSqliteFile } from './open.ts';
import { createOrganizationReads } from './organization-reads.ts';
import { parseFileUrl } from './url.ts';

const migrations = findMigrations('sqlite');

export const driver: Driver = {
  accepted:
    'file:<path> of a SQLite database in a folder that may be written, for example file:./data/gateway.db or file:///data/gateway.db',

  async open(url, publish, options) {
    const file = openSqliteFile(parsePath(url), migrations, options);
    const probe = file.prepareOnce(({ client }) => client.prepare('SELECT count(*) FROM sqlite_schema'));
    return {
      experiments: createExperimentStore(file, publish),
      datasets: createDatasetStore(file),
      apiKeys: createApiKeyStore(file),
      organizations: createOrganizationReads(file),
      async check() {
        file.assertSettled();
        await file.read(() => void probe().get());
      },
      measureQueue: file.measureQueue,
      joinGateways: file.joinGateways,
      waitingWrites: file.waitingWrites,
      backup: (target) => file.backup(resolve(target)),
      close: async () => file.close(),
    };
  },

  async openCopySource(url) {
    const { openSource } = await import('./copy.ts');
    return openSource(parsePath(url), migrations);
  },

  async openCopyTarget(url, source) {
    const { openTarget } = await import('./copy.ts');
    return openTarget(parsePath(url), migrations, source);
  },
};

/** The path of a `file:` URL. Throws `CannotStart` when the URL holds anything but a path. */
function parsePath(url: string): string {
  const parsed = parseFileUrl(url);
  if ('fault' in parsed) throw new CannotStart(parsed.fault);
  return parsed.path;
}

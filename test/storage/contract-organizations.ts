import { expect, test } from 'vitest';
import { createApiKey } from '../../src/domain/api-key/api-key.ts';
import { anExperiment, author } from '../support/gateway/experiments.ts';
import { openStorageOn } from '../support/storage/storage.ts';
import type { NewDatabase } from './contract.ts';

/** Finding the organizations of an installation. */
export function organizationContract(newDatabase: NewDatabase): void {
  test('an organization exists from its first key, experiment or dataset on, by its exact id', async () => {
    const { organizations, apiKeys, experiments, datasets } = await openStorageOn(await newDatabase());
    const at = new Date(1);
    expect([await organizations.list(9), await organizations.exists('acme')]).toEqual([[], false]);
    for (const name of ['one', 'two'])
      await apiKeys.insert(createApiKey({ organization: 'of keys', name, scopes: [] }, at).key);
    for (const id of ['a', 'b', 'c']) {
      await experiments.insert(anExperiment({ organization: 'of experiments', id }), author);
      await datasets.register({ organization: 'of datasets/é', id, name: id, createdAt: at, updatedAt: at });
    }
    const used = ['of datasets/é', 'of experiments', 'of keys'];
    expect(await organizations.list(9)).toEqual(used);
    for (const id of used) expect(await organizations.exists(id)).toBe(true);
    for (const id of ['OF KEYS', 'of keys ', 'of', '']) expect(await organizations.exists(id)).toBe(false);
    expect(await organizations.list(2)).toEqual(used.slice(0, 2));
  });

  test('an organization still exists when its last experiment is deleted or its last key is revoked', async () => {
    const { organizations, apiKeys, experiments } = await openStorageOn(await newDatabase());
    await experiments.insert(anExperiment({ organization: 'acme' }), author);
    await experiments.remove({ organization: 'acme', id: anExperiment().id, ifRevision: null });
    expect(await organizations.list(9)).toEqual(['acme']);
    const { key } = createApiKey({ organization: 'blue', name: null, scopes: [] }, new Date(1));
    await apiKeys.insert(key);
    await apiKeys.revoke(key.id, new Date(2));
    expect(await organizations.exists('blue')).toBe(true);
  });
}

import { createApp } from '../../../src/app.ts';
import { readConfig } from '../../../src/config.ts';
import { scopes } from '../../../src/domain/actor.ts';
import { issueApiKey } from '../../../src/domain/api-key/api-key.ts';
import { openStorage } from '../../../src/storage/open.ts';
import type { Storage } from '../../../src/storage/storage.ts';
import { revisionFields } from '../gateway/calls.ts';
import { anExperiment, author, json, toReplace } from '../gateway/experiments.ts';
import { experimentFields } from '../gateway/operations.ts';
import { someExperiments } from '../storage/storage-model.ts';
import { type Ending, runGateway } from './process.ts';

/** Opens a database for the duration of some work. */
export async function inStorage<Result>(url: string, work: (storage: Storage) => Promise<Result>): Promise<Result> {
  const storage = await openStorage(url);
  try {
    return await work(storage);
  } finally {
    await storage.close();
  }
}

/** JSON that each engine would write differently without special care. */
const exact = String.raw`[{"type":"custom","config":{"b":1.0,"10":12345678901234567890,"1":-0,"a":"é/"}},{"n":1e400}]`;
const awkward = ['NULL', 'null', '{a,b}', '"', '\\', '\\N', 'a\tb\nc', "it's", '😀', '{}', ' ', '“”', '\u007f'];
const longTag = `[{"team":"search","${'k'.repeat(300)}":"${'v'.repeat(5_000)}"},{"sha256:x":{"b":1.0,"a":"sha256:y"}}]`;

/** An installation with data in every table and column. Returns the secrets of three keys; the second expires, the third is revoked. */
export async function anInstallation(url: string): Promise<{ acme: string; neighbour: string; revoked: string }> {
  return inStorage(url, async ({ apiKeys, datasets, experiments }) => {
    const issue = (organization: string, name: string | null) =>
      issueApiKey(apiKeys, {
        organization,
        name,
        scopes: name === null ? scopes : ['experiments:read'],
        expiresAt: organization === 'acme2' ? new Date('2126-01-01T00:00:00.001Z') : null,
      });
    const [acme, neighbour, revoked] = [
      await issue('acme', null),
      await issue('acme2', 'it’s "theirs"'),
      await issue('acme', 'old'),
    ];
    await apiKeys.revoke(revoked.key.id, new Date());
    await apiKeys.recordUse(new Map([[acme.key.id, new Date('2026-03-04T05:06:07.089Z')]]));
    const at = new Date('2026-01-01T00:00:00.001Z');
    for (const [organization, id] of [
      ['acme', 'dataset_1'],
      ['acme', 'é'],
      ['acme2', 'dataset_1'],
    ] as const)
      await datasets.register({ organization, id, name: `${id} of ${organization}`, createdAt: at, updatedAt: at });

    for (const experiment of someExperiments('acme', { count: 30, seed: 4 }))
      await experiments.insert(experiment, author);
    for (const [index, text] of awkward.entries())
      await experiments.insert(
        anExperiment({ id: `awkward ${index}`, description: text, errorMessage: text, generationMethod: text }),
        author,
      );
    const changes = { workflow: json(exact), tags: json(longTag), progress: 33.3, version: 9 };
    const ours = anExperiment({ id: 'exact', ...changes, clonedFromId: 'é', clonedFromRevision: 7 });
    await experiments.insert(ours, author, { key: 'key é', digest: 'digest' });
    await experiments.insert(
      anExperiment({ ...ours, organization: 'acme2', tags: json('[]'), startedAt: at, completedAt: at }),
      author,
      { key: 'key é', digest: 'another' },
    );
    for (let revision = 2; revision <= 12; revision++)
      await experiments.replace(
        toReplace(ours, { batchSize: revision }, { author: { kind: 'subject', id: 'user/é' } }),
      );
    await experiments.replace(
      toReplace(ours, { description: null, datasetId: null }, { tags: json(`${longTag.slice(0, -1)},{"n":1}]`) }),
    );
    for (const organization of ['acme', 'acme2']) {
      const gone = anExperiment({ organization, id: 'gone/é' });
      await experiments.insert(gone, author);
      await experiments.replace(toReplace(gone, { name: 'Gone' }));
      await experiments.remove({ organization, id: gone.id, ifRevision: null });
    }
    return { acme: acme.secret, neighbour: neighbour.secret, revoked: revoked.secret };
  });
}

const orders = ['CREATED_AT', 'NAME', 'STATUS'].map((field) => ({ orderBy: { field, direction: 'ASC' } }));
const filters = [
  { tag: { key: 'team', value: 'search' } },
  { tag: { key: 'k'.repeat(300), value: 'v'.repeat(5_000) } },
  { tag: { key: 'sha256:x', value: { a: 'sha256:y', b: 1 } } },
  { not: { tag: { key: 'n' } } },
  { nameContains: 'ärger' },
  { evaluatorId: 'kind' },
  { datasetId: 'dataset_1', status: ['PENDING', 'RUNNING'] },
].map((filter) => ({ filter }));
const list = `query ($orderBy: ExperimentOrder, $filter: ExperimentFilter) {
  viewer { organization scopes keyId }
  datasets(first: 9) { edges { cursor node { id datasetId name createdAt updatedAt } } }
  experiments(first: 99, orderBy: $orderBy, filter: $filter) {
    totalCount
    edges { cursor node { ${experimentFields} revisions(first: 20) { totalCount edges { node { ${revisionFields} } } } } }
  }
}`;

/** Exactly what a gateway over a database returns for a key. */
export async function readAnswers(url: string, key: string): Promise<string[]> {
  const app = await createApp(readConfig({ DATABASE_URL: url, REDIS_URL: '', LOG_LEVEL: 'silent' }));
  const ask = async (variables: object) => {
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${key}` };
    const body = JSON.stringify({ query: list, variables });
    const response = await app.fetch(new Request('http://gateway.test/graphql', { method: 'POST', headers, body }));
    return (await response.text()).replace(/"requestId":"[^"]+"/, '');
  };
  try {
    return await Promise.all([...orders, ...filters].map(ask));
  } finally {
    await app.close();
  }
}

/** Runs the copy command and waits for it to end. */
export const copying = (from: string, to: string): Promise<Ending> => runGateway(['copy', '--from', from, '--to', to]);

import { expect, test } from 'vitest';
import { type RunningGateway, startGateway } from '../support/process/process.ts';

const ids = ['one', 'two', 'three', 'four'];
const replace = `mutation ($id: ID!, $input: ReplaceExperimentInput!) {
  replaceExperiment(id: $id, input: $input) { ... on ReplaceExperimentSuccess { experiment { revision } } }
}`;

/**
 * Replaces one experiment again and again until the gateway is down; records the name of each acknowledged revision.
 */
async function replaceUntilTheEnd(gateway: RunningGateway, id: string, acknowledged: Map<number, string>) {
  for (let count = 1; ; count++) {
    const name = `${id} ${count}`;
    const answer = await gateway
      .graphql(replace, { id, input: { name, workflow: [{ type: 'custom', config: { count } }] } })
      .catch(() => undefined);
    if (answer === undefined) return;
    acknowledged.set(answer.data.replaceExperiment.experiment.revision, name);
  }
}

interface Revision {
  readonly revision: number;
  readonly name: string;
}
interface Page {
  readonly name: string;
  readonly revision: number;
  readonly revisions: {
    readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
    readonly edges: readonly { readonly node: Revision }[];
  };
}

async function readRevisions(gateway: RunningGateway, id: string, key: string): Promise<[Page, Revision[]]> {
  const query = `query ($id: ID!, $after: String) {
    experiment(id: $id) {
      name revision
      revisions(first: 100, after: $after) {
        pageInfo { hasNextPage endCursor }
        edges { node { revision name workflow } }
      }
    }
  }`;
  const found: Revision[] = [];
  for (let after: string | null = null; ; ) {
    const { data } = await gateway.graphql(query, { id, after }, key);
    const page: Page = data.experiment;
    for (const { node } of page.revisions.edges) found.push(node);
    if (!page.revisions.pageInfo.hasNextPage) return [page, found];
    after = page.revisions.pageInfo.endCursor;
  }
}

test('every acknowledged replace survives a kill -9, and no revision is missing', async () => {
  const gateway = await startGateway();
  const create = 'mutation ($id: ID!) { createExperiment(input: { experimentId: $id, name: "0" }) { __typename } }';
  for (const id of ids) await gateway.graphql(create, { id });

  const acknowledged = new Map(ids.map((id) => [id, new Map<number, string>()]));
  const streams = [...acknowledged].map(([id, names]) => replaceUntilTheEnd(gateway, id, names));
  const count = () => [...acknowledged.values()].reduce((sum, names) => sum + names.size, 0);
  await expect.poll(count, { timeout: 15_000, interval: 5 }).toBeGreaterThan(200);
  gateway.signal('SIGKILL');
  await Promise.all(streams);
  expect(await gateway.ended).toMatchObject({ signal: 'SIGKILL' });

  const again = await startGateway({ env: { DATABASE_URL: `file:${gateway.databasePath}` } });
  for (const [id, names] of acknowledged) {
    const [{ revision, name }, revisions] = await readRevisions(again, id, gateway.firstKey);
    const last = Math.max(...names.keys());
    // The write in flight at the kill was written completely or not at all.
    expect([last, last + 1]).toContain(revision);
    const numbers = revisions.map((kept) => kept.revision);
    expect(numbers).toEqual(Array.from({ length: revision }, (_, index) => revision - index));
    expect(revisions[0]?.name).toBe(name);
    const kept = new Map(revisions.map((found) => [found.revision, found]));
    for (const [number, given] of names) {
      expect(kept.get(number)).toMatchObject({ name: given, workflow: [{ config: { count: number - 1 } }] });
    }
  }
}, 40_000);

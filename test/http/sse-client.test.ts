import { createClient } from 'graphql-sse';
import { expect, onTestFinished, test } from 'vitest';
import { otherConnection } from '../support/gateway/calls.ts';
import type { ReceivedChange } from '../support/gateway/change-feed.ts';
import { mutations, steps } from '../support/gateway/operations.ts';
import { createTestGateway, type TestGateway } from '../support/gateway/test-gateway.ts';

test('the graphql-sse client follows a run over a socket, and its stream completes at shutdown', async () => {
  const gateway = await createTestGateway();
  const url = await gateway.app.listen();
  await gateway.data('mutation { createExperiment(input: {experimentId: "exp_1"}) { __typename } }');
  const headers = { authorization: `Bearer ${gateway.key}` };
  const client = createClient({ url: `${url}/graphql`, headers, retryAttempts: 0 });
  onTestFinished(() => client.dispose());

  const states: unknown[] = [];
  const results = client.iterate<{ experimentChanged: { status: string; progress: number } }>({
    query: 'subscription { experimentChanged(id: "exp_1") { status progress } }',
  });
  const run = [steps.start, steps.complete];
  for await (const { data } of results) {
    states.push(data?.experimentChanged);
    const next = run.shift();
    if (next) await gateway.data(next, { id: 'exp_1' });
    else void gateway.app.close();
  }
  expect(states).toEqual([
    { status: 'PENDING', progress: 0 },
    { status: 'RUNNING', progress: 0 },
    { status: 'COMPLETED', progress: 100 },
  ]);
});

/** A dashboard like that of docs/changes.md: it loads a list, follows its changes, and continues after each lost stream. */
function openDashboard(gateway: TestGateway, url: string) {
  const headers = { authorization: `Bearer ${gateway.key}` };
  const client = createClient({ url: `${url}/graphql`, headers, retryAttempts: 0 });
  onTestFinished(() => client.dispose());
  const filter = { status: ['PENDING', 'RUNNING'] };
  const query = `subscription ($filter: ExperimentFilter, $since: String) {
    experimentsChanged(filter: $filter, since: $since) { cursor kind experimentId experiment { id status } }
  }`;
  const dashboard = { rows: new Map<string, string>(), loads: 0, refusals: [] as unknown[], since: '' };

  async function load() {
    const list =
      'query ($filter: ExperimentFilter) { experiments(first: 100, filter: $filter) { changesCursor nodes { id status } } }';
    const { experiments } = await gateway.data(list, { filter });
    dashboard.rows = new Map(experiments.nodes.map((row: { id: string; status: string }) => [row.id, row.status]));
    dashboard.since = experiments.changesCursor;
    dashboard.loads++;
  }

  /** Follows the list until a change of this experiment, then loses the stream. */
  async function followUntil(id: string) {
    if (!dashboard.since) await load();
    const variables = { filter, since: dashboard.since };
    for await (const { data, errors } of client.iterate<{ experimentsChanged: ReceivedChange }>({ query, variables })) {
      if (errors?.[0]?.extensions?.code === 'CURSOR_EXPIRED') {
        dashboard.refusals.push(errors[0].extensions);
        dashboard.since = '';
      }
      if (!data) return;
      const { cursor, kind, experimentId, experiment } = data.experimentsChanged;
      if (kind === 'SAVED') dashboard.rows.set(experimentId, experiment.status);
      else dashboard.rows.delete(experimentId);
      dashboard.since = cursor;
      if (experimentId === id) return;
    }
  }
  return { dashboard, followUntil };
}

test('a dashboard with the graphql-sse client keeps its list over lost streams, and loads it anew when its cursor is expired', async () => {
  const gateway = await createTestGateway();
  const url = await gateway.app.listen();
  const create = (id: string) => gateway.data(mutations.create, { input: { experimentId: id } });
  for (const id of ['a', 'b', 'c']) await create(id);
  const { dashboard, followUntil } = openDashboard(gateway, url);
  const following = followUntil('d');
  await waitForLoad(dashboard);
  await create('d');
  await following;
  await gateway.data(steps.start, { id: 'a' });
  await gateway.data(steps.complete, { id: 'a' });
  await gateway.data(mutations.delete, { id: 'b' });
  await gateway.data(steps.start, { id: 'c' });
  await followUntil('c');
  const expected = new Map([
    ['c', 'RUNNING'],
    ['d', 'PENDING'],
  ]);
  expect([dashboard.rows, dashboard.loads]).toEqual([expected, 1]);
  otherConnection(gateway).exec("UPDATE change_feed SET name = 'another'");
  await gateway.app.close();
  const restarted = await createTestGateway({ DATABASE_URL: `file:${gateway.databasePath}` });
  const again = openDashboard(
    {
      ...restarted,
      key: gateway.key,
      data: (query, variables) => restarted.data(query, variables, { key: gateway.key }),
    },
    await restarted.app.listen(),
  );
  again.dashboard.since = dashboard.since;
  await again.followUntil('nobody');
  expect(again.dashboard.refusals).toEqual([{ code: 'CURSOR_EXPIRED', status: 410 }]);
  const reloading = again.followUntil('e');
  await waitForLoad(again.dashboard);
  await restarted.data(mutations.create, { input: { experimentId: 'e' } }, { key: gateway.key });
  await reloading;
  expect([again.dashboard.rows, again.dashboard.loads]).toEqual([new Map([...expected, ['e', 'PENDING']]), 1]);
});

async function waitForLoad(dashboard: { readonly loads: number }): Promise<void> {
  while (dashboard.loads === 0) await new Promise((resolve) => setTimeout(resolve, 5));
}

import { createClient } from 'graphql-sse';
import { expect, onTestFinished, test } from 'vitest';
import { steps } from '../support/gateway/operations.ts';
import { createTestGateway } from '../support/gateway/test-gateway.ts';

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

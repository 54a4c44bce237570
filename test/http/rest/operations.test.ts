import { expect, test } from 'vitest';
import { steps } from '../../support/gateway/operations.ts';
import { createTestGateway } from '../../support/gateway/test-gateway.ts';
import { callRest } from '../../support/http/rest.ts';

const body = {
  name: 'gpt-4o-mini quality run',
  dataset_id: 'ds_1',
  workflow: [{ type: 'completion', config: { model: 'gpt-4o-mini', temperature: 0.2 } }],
  evaluator_slugs: ['eval_quality'],
  batch_size: 5,
};
const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);

test('create and replace return every documented field, as in the documented example', async () => {
  const gateway = await createTestGateway();
  await gateway.data('mutation { registerDataset(input: {id: "ds_1", name: "Support QA"}) { __typename } }');
  const created = await callRest(gateway, 'POST', '', { experiment_id: 'exp 1/ä', ...body });
  expect(created.status).toBe(201);
  expect(created.headers.get('etag')).toBe('"1"');
  expect(created.headers.get('location')).toBe('/api/v2/experiments/exp%201%2F%C3%A4/');
  const replaced = await callRest(gateway, 'PUT', 'exp%201%2F%C3%A4/', { dataset_id: 'ds_1', evaluator_ids: ['tone'] });
  expect(replaced.status).toBe(200);
  expect(replaced.headers.get('etag')).toBe('"2"');
  expect(replaced.body).toEqual({
    id: 'exp 1/ä',
    name: 'gpt-4o-mini quality run',
    status: 'pending',
    created_at: time,
    updated_at: time,
    description: null,
    dataset: 'ds_1',
    dataset_id: 'ds_1',
    dataset_name: 'Support QA',
    workflow_count: 0,
    progress: 0,
    started_at: null,
    completed_at: null,
    tags: [],
    workflow: [],
    evaluator_ids: ['tone'],
    evaluator_slugs: ['tone'],
    evaluator_workflow_ids: [],
    span_workflow_name: 'workflow',
    batch_size: 100,
    concurrency: 15,
    enable_tracing: true,
    generation_method: null,
    error_message: null,
    revision: 2,
    warnings: [],
    changes: [
      { field: 'workflow', before: body.workflow, after: [], reason: 'CLEARED' },
      { field: 'evaluator_ids', before: ['eval_quality'], after: ['tone'], reason: 'SET' },
      { field: 'batch_size', before: 5, after: 100, reason: 'RESET_TO_DEFAULT' },
    ],
  });
  const { warnings: _, changes: __, ...experiment } = replaced.body;
  expect((await callRest(gateway, 'GET', 'exp%201%2F%C3%A4')).body).toEqual(experiment);
});

test('REST returns the status in lower case, and a failed experiment with its details', async () => {
  const gateway = await createTestGateway();
  await callRest(gateway, 'POST', '', { experiment_id: 'exp_1' });
  await gateway.data(steps.fail, { id: 'exp_1', errorMessage: 'Out of credit.' });
  expect((await callRest(gateway, 'GET', 'exp_1/')).body).toMatchObject({
    status: 'failed',
    error_message: 'Out of credit.',
    completed_at: time,
  });
});

test('PATCH changes only the fields that are present, tags included, and DELETE frees the id', async () => {
  const gateway = await createTestGateway();
  await callRest(gateway, 'POST', '', { experiment_id: 'exp_1', ...body });
  const patched = await callRest(gateway, 'PATCH', 'exp_1/', {
    batch_size: 9,
    evaluator_ids: null,
    tags: [{ team: 'qa' }],
  });
  expect(patched).toMatchObject({
    status: 200,
    body: { batch_size: 9, evaluator_ids: [], dataset_id: 'ds_1', tags: [{ team: 'qa' }], revision: 2 },
  });
  const deleted = await callRest(gateway, 'DELETE', 'exp_1/');
  expect([deleted.status, deleted.text]).toEqual([204, '']);
  expect((await callRest(gateway, 'GET', 'exp_1/')).status).toBe(404);
  expect((await callRest(gateway, 'POST', '', { experiment_id: 'exp_1' })).status).toBe(201);
});

test('repeating a POST is a safe retry; with other content it is a conflict', async () => {
  const gateway = await createTestGateway();
  const first = await callRest(gateway, 'POST', '', { experiment_id: 'exp_1', ...body });
  expect(await callRest(gateway, 'POST', '', { experiment_id: 'exp_1', ...body })).toMatchObject({
    status: 201,
    body: { ...first.body, changes: [] },
  });
  const other = await callRest(gateway, 'POST', '', { experiment_id: 'exp_1', batch_size: 6 });
  expect(other.status).toBe(409);
  expect(Object.keys(other.body)).toEqual(['detail']);
});

test.each(['PUT', 'PATCH', 'DELETE'])(
  '%s with a stale If-Match returns 412 with the current ETag and writes nothing',
  async (method) => {
    const gateway = await createTestGateway();
    await callRest(gateway, 'POST', '', { experiment_id: 'exp_1' });
    await callRest(gateway, 'PATCH', 'exp_1/', { batch_size: 3 });
    const { body: before } = await callRest(gateway, 'GET', 'exp_1/');
    for (const tag of ['"1"', '"nonsense"', 'W/"2"', '"1", "3"', '']) {
      const stale = await callRest(gateway, method, 'exp_1/', method === 'DELETE' ? undefined : { batch_size: 4 }, {
        headers: { 'if-match': tag },
      });
      expect([tag, stale.status, stale.headers.get('etag')]).toEqual([tag, 412, '"2"']);
    }
    expect((await callRest(gateway, 'GET', 'exp_1/')).body).toEqual(before);
    const fresh = await callRest(gateway, method, 'exp_1/', method === 'DELETE' ? undefined : { batch_size: 4 }, {
      headers: { 'if-match': '"2"' },
    });
    expect(fresh.status).toBe(method === 'DELETE' ? 204 : 200);
  },
);

test.each(['"2"', '*', '"1", "2"', '"nonsense","2",W/"9"'])(
  'If-Match: %s allows a write at revision 2',
  async (tag) => {
    const gateway = await createTestGateway();
    await callRest(gateway, 'POST', '', { experiment_id: 'exp_1' });
    await callRest(gateway, 'PATCH', 'exp_1/', { batch_size: 3 });
    const headers = { 'if-match': tag };
    const { status, headers: answered } = await callRest(gateway, 'PUT', 'exp_1/', { batch_size: 4 }, { headers });
    expect([status, answered.get('etag')]).toEqual([200, '"3"']);
  },
);

test('REST returns JSON as it was sent, digit for digit and key for key', async () => {
  const gateway = await createTestGateway();
  const workflow = '[{"z":1.0,"10":12345678901234567890,"2":1e400,"a":[-0]}]';
  const { text } = await callRest(gateway, 'POST', '', `{"experiment_id":"exp_1","workflow": ${workflow}}`);
  expect(text).toContain(`"workflow":${workflow}`);
  expect((await callRest(gateway, 'GET', 'exp_1')).text).toContain(`"workflow":${workflow}`);
});

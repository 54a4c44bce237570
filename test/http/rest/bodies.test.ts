import { describe, expect, test } from 'vitest';
import { createTestGateway } from '../../support/gateway/test-gateway.ts';
import { callRest } from '../../support/http/rest.ts';

const task = { type: 'completion', config: { model: 'gpt-4o-mini' } };
const other = { type: 'completion', config: { model: 'gpt-4o' } };

describe('workflows, the older name of workflow', () => {
  test.each([
    ['POST', ''],
    ['PUT', 'exp_1/'],
    ['PATCH', 'exp_1/'],
  ])('is accepted by %s, stored as sent and answered as workflow', async (method, path) => {
    const gateway = await createTestGateway();
    if (method !== 'POST') await callRest(gateway, 'POST', '', { experiment_id: 'exp_1' });
    const sent = '{"workflows":[{"type":"custom","10":1.0,"seed":12345678901234567890}]}';
    const { status, text, body } = await callRest(gateway, method, path, sent);
    expect([status, body.warnings]).toEqual([method === 'POST' ? 201 : 200, []]);
    expect(text).toContain('"workflow":[{"type":"custom","10":1.0,"seed":12345678901234567890}]');
    expect(body.changes).toEqual([expect.objectContaining({ field: 'workflow', before: [] })]);
    expect(body).not.toHaveProperty('workflows');
  });

  test.each(['PUT', 'PATCH'])(
    'with workflow in a %s, workflow wins, with a warning when they differ (as R6)',
    async (method) => {
      const gateway = await createTestGateway();
      await callRest(gateway, 'POST', '', { experiment_id: 'exp_1' });
      const differ = await callRest(gateway, method, 'exp_1/', { workflow: [task], workflows: [other] });
      expect(differ.body.workflow).toEqual([task]);
      expect(differ.body.warnings).toEqual([
        { code: 'WORKFLOWS_IGNORED', message: expect.stringContaining('workflow, which is used'), path: ['workflows'] },
      ]);
      const same = await callRest(gateway, method, 'exp_1/', { workflow: [task], workflows: [task] });
      expect([same.body.workflow, same.body.warnings]).toEqual([[task], []]);
      const onlyAlias = await callRest(gateway, method, 'exp_1/', { workflow: null, workflows: [other] });
      expect([onlyAlias.body.workflow, onlyAlias.body.warnings]).toEqual([[other], []]);
      const onlyWorkflow = await callRest(gateway, method, 'exp_1/', { workflow: [task], workflows: null });
      expect([onlyWorkflow.body.workflow, onlyWorkflow.body.warnings]).toEqual([[task], []]);
      expect((await callRest(gateway, method, 'exp_1/', { workflows: null })).body.workflow).toEqual([]);
    },
  );

  test('is named in errors and warnings by the name that was sent', async () => {
    const gateway = await createTestGateway();
    const refused = await callRest(gateway, 'POST', '', { workflows: [task, 5] });
    expect(refused.body.errors).toEqual({ workflows: [expect.stringMatching(/^workflows\.1: /)] });
    const warned = await callRest(gateway, 'POST', '', { workflows: [{ ...task, config: { temperature: 9 } }] });
    expect(warned.body.warnings).toMatchObject([
      { code: 'UNDOCUMENTED_SETTING', path: ['workflows', '0', 'config', 'temperature'] },
    ]);
  });
});

describe('fields that an operation does not know', () => {
  test('are ignored, and each is named in a warning', async () => {
    const gateway = await createTestGateway();
    const created = await callRest(gateway, 'POST', '', {
      experiment_id: 'exp_1',
      tags: [{ keep: true }],
      status: 'completed',
      id: 'x',
      nonsense: 1,
    });
    expect(created.status).toBe(201);
    expect(created.body).toMatchObject({ id: 'exp_1', status: 'pending' });
    const names = (answer: typeof created) => answer.body.warnings.map(({ path }: { path: string[] }) => path);
    expect(names(created)).toEqual([['status'], ['id'], ['nonsense']]);
    expect(created.body.warnings[2]).toEqual({
      code: 'UNKNOWN_FIELD',
      message: '"nonsense" is not a field of this operation and was ignored.',
      path: ['nonsense'],
    });

    const replaced = await callRest(gateway, 'PUT', 'exp_1', '{"tags":5,"batchSize":7,"constructor":1,"__proto__":2}');
    expect(replaced.body).toMatchObject({ id: 'exp_1', tags: [{ keep: true }], batch_size: 100, changes: [] });
    expect(names(replaced)).toEqual([['tags'], ['batchSize'], ['constructor'], ['__proto__']]);
    const updated = await callRest(gateway, 'PATCH', 'exp_1', { experiment_id: 'exp_1', batch_size: 7 });
    expect([updated.body.batch_size, names(updated)]).toEqual([7, [['experiment_id']]]);
  });

  test('are named at most 50 times, each with at most 100 characters', async () => {
    const gateway = await createTestGateway();
    const body = Object.fromEntries(
      Array.from({ length: 2_000 }, (_, index) => [`${index}-${'😀'.repeat(200)}`.slice(0, 150), 1]),
    );
    const { status, body: answered } = await callRest(gateway, 'POST', '', { ...body, name: 'x' });
    expect([status, answered.name, answered.warnings.length]).toEqual([201, 'x', 50]);
    expect(answered.warnings.at(-1)).toMatchObject({ message: expect.stringMatching(/^\d+ more names/), path: [] });
    for (const { path } of answered.warnings.slice(0, -1)) {
      expect(path).toHaveLength(1);
      expect([...path[0]].length).toBeLessThanOrEqual(100);
    }
  });

  test('do not make a refused body valid, and are not named in a refusal', async () => {
    const gateway = await createTestGateway();
    const { status, body } = await callRest(gateway, 'POST', '', { nonsense: 1, batch_size: 0 });
    expect([status, Object.keys(body.errors)]).toEqual([400, ['batch_size']]);
  });
});

test('a client that reads an experiment and puts the whole answer back succeeds and changes nothing', async () => {
  const gateway = await createTestGateway();
  const full = {
    name: 'Full',
    dataset_id: 'd',
    workflow: [task],
    evaluator_ids: ['a'],
    tags: [{ t: 1 }],
    concurrency: 3,
  };
  await callRest(gateway, 'POST', '', { experiment_id: 'exp_1', ...full });
  const { body: read } = await callRest(gateway, 'GET', 'exp_1/');
  const put = await callRest(gateway, 'PUT', 'exp_1/', read);
  expect([put.status, put.body.changes, put.headers.get('etag')]).toEqual([200, [], '"1"']);
  const named: string[] = put.body.warnings.map(({ code, path }: any) => `${code} ${path}`);
  const readOnly = [
    'id',
    'status',
    'created_at',
    'updated_at',
    'dataset',
    'dataset_name',
    'workflow_count',
    'progress',
  ];
  const others = ['started_at', 'completed_at', 'tags', 'error_message', 'revision'];
  expect(named.toSorted()).toEqual([...readOnly, ...others].map((name) => `UNKNOWN_FIELD ${name}`).toSorted());
  // The answer of a write may be put back too.
  expect((await callRest(gateway, 'PUT', 'exp_1/', put.body)).status).toBe(200);
});

test('warnings and changes use the documented names, also in their messages (R6, R12, R13)', async () => {
  const gateway = await createTestGateway();
  await callRest(gateway, 'POST', '', { experiment_id: 'exp_1', batch_size: 5 });
  const { body } = await callRest(gateway, 'PUT', 'exp_1/', {
    evaluator_ids: ['a', 'a'],
    evaluator_slugs: ['b'],
    dataset_id: 'd',
  });
  expect(body.warnings).toEqual([
    { code: 'DUPLICATES_REMOVED', message: expect.any(String), path: ['evaluator_ids'] },
    {
      code: 'EVALUATOR_SLUGS_IGNORED',
      message: expect.stringMatching(/^evaluator_slugs: the list differs from evaluator_ids/),
      path: ['evaluator_slugs'],
    },
  ]);
  expect(body.changes).toEqual([
    { field: 'dataset_id', before: null, after: 'd', reason: 'SET' },
    { field: 'evaluator_ids', before: [], after: ['a'], reason: 'SET' },
    { field: 'batch_size', before: 5, after: 100, reason: 'RESET_TO_DEFAULT' },
  ]);
});

test.each(['PUT', 'PATCH'])(
  'a %s during a run is warned of at experiment_id, with the revision that runs (R18)',
  async (method) => {
    const gateway = await createTestGateway();
    await callRest(gateway, 'POST', '', { experiment_id: 'exp_1' });
    await gateway.data('mutation { startExperiment(id: "exp_1") { __typename } }');
    const { body } = await callRest(gateway, method, 'exp_1/', { batch_size: 6 });
    expect(body.warnings).toEqual([
      {
        code: 'RUN_NOT_AFFECTED',
        message:
          'experiment_id: the experiment is RUNNING; the run uses revision 1, and this write does not affect it.',
        path: ['experiment_id'],
      },
    ]);
  },
);

test('changes hold JSON exactly as it was sent (R11)', async () => {
  const gateway = await createTestGateway();
  await callRest(gateway, 'POST', '', '{"experiment_id":"exp_1","workflow":[{"2":1.0,"1":-0}]}');
  const { text } = await callRest(gateway, 'PATCH', 'exp_1/', '{"workflow":[{"a":1e400}],"tags":[{"n":1.50}]}');
  expect(text).toContain(
    '"changes":[{"field":"workflow","before":[{"2":1.0,"1":-0}],"after":[{"a":1e400}],"reason":"SET"},{"field":"tags","before":[],"after":[{"n":1.50}],"reason":"SET"}]',
  );
});

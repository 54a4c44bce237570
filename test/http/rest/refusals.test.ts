import { expect, test } from 'vitest';
import { createRefusal } from '../../../src/http/refusal.ts';
import { answerError } from '../../../src/http/rest/failures.ts';
import { createTestGateway } from '../../support/gateway/test-gateway.ts';
import { callRest } from '../../support/http/rest.ts';

test('400 lists the messages of every invalid field at once, and wrong types are not coerced', async () => {
  const gateway = await createTestGateway();
  await callRest(gateway, 'POST', '', { experiment_id: 'exp_1' });
  const { status, body } = await callRest(gateway, 'PUT', 'exp_1/', {
    batch_size: '5',
    concurrency: 0,
    enable_tracing: 'true',
    evaluator_ids: ['a', 7],
    evaluator_workflow_ids: ['w'],
    workflow: [[]],
    experiment_id: 'exp_2',
    name: ' ',
  });
  expect(status).toBe(400);
  expect(body).toMatchObject({ detail: 'Validation error' });
  expect(Object.keys(body.errors).toSorted()).toEqual([
    'batch_size',
    'concurrency',
    'enable_tracing',
    'evaluator_ids',
    'evaluator_workflow_ids',
    'experiment_id',
    'name',
    'workflow',
  ]);
  for (const messages of Object.values(body.errors))
    expect(messages).toEqual(expect.arrayContaining([expect.any(String)]));
  expect((await callRest(gateway, 'GET', 'exp_1/')).body.revision).toBe(1);
});

test.each(['GET', 'PUT', 'PATCH', 'DELETE'])('%s returns 401, 403 and 404 as documented', async (method) => {
  const gateway = await createTestGateway();
  await callRest(gateway, 'POST', '', { experiment_id: 'exp_1' });
  const body = method === 'GET' || method === 'DELETE' ? undefined : {};
  const { secret: none } = await gateway.issueKey({ scopes: ['experiments:run'] });
  const { secret: stranger } = await gateway.issueKey({ organization: 'other' });

  const anonymous = await callRest(gateway, method, 'exp_1/', body, { key: null });
  expect([anonymous.status, anonymous.headers.get('www-authenticate'), Object.keys(anonymous.body)]).toEqual([
    401,
    'Bearer',
    ['detail'],
  ]);
  const forged = await callRest(gateway, method, 'exp_1/', body, { key: 'sk_forged' });
  expect([forged.status, forged.text]).toEqual([401, anonymous.text]);
  expect(await callRest(gateway, method, 'exp_1/', body, { key: none })).toMatchObject({
    status: 403,
    body: { detail: expect.any(String) },
  });
  const missing = await callRest(gateway, method, 'exp_9/', body);
  expect(missing).toMatchObject({ status: 404, body: { detail: expect.any(String) } });
  expect(await callRest(gateway, method, 'exp_1/', body, { key: stranger })).toMatchObject({
    status: 404,
    text: missing.text,
  });
});

test('REST authenticates the caller before it reads the body', async () => {
  const gateway = await createTestGateway();
  const { secret: reader } = await gateway.issueKey({ scopes: ['experiments:read'] });
  expect((await callRest(gateway, 'PUT', 'exp_1/', 'no json', { key: null })).status).toBe(401);
  expect((await callRest(gateway, 'PUT', 'exp_1/', 'no json', { key: reader })).status).toBe(403);
  expect((await callRest(gateway, 'PUT', 'exp_1/', 'no json')).status).toBe(400);
});

test.each([
  ['not JSON', '{', {}, 400],
  ['a list', [], {}, 400],
  ['null', 'null', {}, 400],
  ['a form', 'a=1', { 'content-type': 'application/x-www-form-urlencoded' }, 415],
  ['compressed', '{}', { 'content-encoding': 'gzip' }, 415],
  ['too large', `"${'x'.repeat(2 * 1024 * 1024)}"`, {}, 413],
] as const)('a REST body that is %s is refused with a detail', async (_, body, headers, status) => {
  const gateway = await createTestGateway();
  const answer = await callRest(gateway, 'PUT', 'exp_1/', body, { headers });
  const fields = status === 400 ? ['detail', 'errors'] : ['detail'];
  expect([answer.status, Object.keys(answer.body)]).toEqual([status, fields]);
});

test.each([
  ['POST', 'exp_1/', 'GET, HEAD, PUT, PATCH, DELETE'],
  ['OPTIONS', 'exp_1', 'GET, HEAD, PUT, PATCH, DELETE'],
  ['DELETE', '', 'GET, HEAD, POST'],
  ['PUT', 'list/', 'GET, HEAD, POST'],
  ['PATCH', 'list', 'GET, HEAD, POST'],
  ['DELETE', 'summary/', 'GET, HEAD, POST'],
  ['PUT', 's%75mmary', 'GET, HEAD, POST'],
])('%s on /%s returns 405 and lists the methods that work there', async (method, path, allow) => {
  const gateway = await createTestGateway();
  const answer = await callRest(gateway, method, path);
  expect([answer.status, answer.headers.get('allow')]).toEqual([405, allow]);
  expect((await callRest(gateway, 'HEAD', path)).status).toBe(path.startsWith('exp') ? 404 : 200);
});

test.each([
  'exp_1/logs',
  'exp_1/logs/',
  'exp_1/logs/list/',
  'exp_1/logs/log_1/',
  'none/histogram/',
  'list/logs/',
  'logs/summary/',
])('%s returns 404 and says that results are not kept here', async (path) => {
  const gateway = await createTestGateway();
  await callRest(gateway, 'POST', '', { experiment_id: 'exp_1' });
  for (const method of ['GET', 'POST', 'PATCH']) {
    const { status, body } = await callRest(gateway, method, path, method === 'GET' ? undefined : {});
    expect([status, body]).toEqual([404, { detail: expect.stringContaining('not their results') }]);
  }
});

test.each(['logs', 'histogram'])('an experiment may have the id %s', async (id) => {
  const gateway = await createTestGateway();
  expect((await callRest(gateway, 'POST', '', { experiment_id: id })).status).toBe(201);
  expect((await callRest(gateway, 'GET', `${id}/`)).body).toMatchObject({ id });
});

test('every REST answer has a request id, and unknown addresses return 404', async () => {
  const gateway = await createTestGateway();
  for (const path of ['exp_1/runs/', '%E0%A4%A', 'exp_1//']) {
    const answer = await callRest(gateway, 'GET', path, undefined, { headers: { 'x-request-id': 'mine' } });
    expect([path, answer.status, answer.headers.get('x-request-id')]).toEqual([path, 404, 'mine']);
  }
});

test('a refusal keeps its headers, and 503 always says when to try again', () => {
  const answer = (...refusal: Parameters<typeof createRefusal>) =>
    answerError(createRefusal(...refusal), { requestId: 'id', logFault: () => undefined });
  expect(answer(429, 'Too fast.', { 'retry-after': '7' }).headers).toEqual({ 'retry-after': '7' });
  expect(answer(503, 'No room.').headers).toEqual({ 'retry-after': '1' });
});

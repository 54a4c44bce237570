import { expect, test } from 'vitest';
import { readLog } from '../support/gateway/log.ts';
import { createTestGateway } from '../support/gateway/test-gateway.ts';
import { token, trusted } from '../support/http/jwt.ts';
import { exchange, post } from '../support/http/wire.ts';

const viewer = '{ viewer { organization } }';
const traceId = '0af7651916cd43dd8448eb211c80319c';

/** The lines of requests without what differs each time. */
const findLines = (log: readonly Record<string, any>[]): Record<string, any>[] =>
  log.filter(({ msg }) => msg === 'request').map(({ time: _, ms, ...line }) => Object.assign(line, { ms: typeof ms }));

test('the line of a request has its operation, status, error, organization, key, request id and trace id', async () => {
  const gateway = await createTestGateway({ LOG_LEVEL: 'info' });
  const url = await gateway.app.listen();
  const { id: keyId, secret: key } = await gateway.issueKey();
  const log = readLog(gateway);
  const traceparent = `00-${traceId}-b7ad6b7169203331-01`;
  const headers = { 'x-request-id': 'mine', traceparent };
  const rename = 'mutation Rename { updateExperiment(id: "none", input: { name: "x" }) { __typename } }';
  const bearer = { authorization: `Bearer ${key}` };
  const line = { level: 30, requestId: 'mine', traceId, ms: 'number', organization: 'acme', keyId, msg: 'request' };
  const operation = { method: 'POST', path: '/graphql', operation: 'mutation', operationName: 'Rename', status: 200 };

  await gateway.graphql(rename, {}, { key, headers });
  await exchange(url, post(JSON.stringify({ query: rename }), { ...bearer, ...headers }));
  await gateway.fetch('/api/v2/experiments/none/', { headers: { ...bearer, ...headers } });
  expect(findLines(log)).toEqual([
    { ...line, ...operation, errorCode: 'NOT_FOUND' },
    { ...line, ...operation, errorCode: 'NOT_FOUND' },
    {
      ...line,
      method: 'GET',
      path: '/api/v2/experiments/none/',
      operation: 'rest',
      operationName: 'GET experiment',
      status: 404,
      errorCode: 'NOT_FOUND',
    },
  ]);
});

test('the line of a request leaves out what it has not: a name, an error, a caller, a trace', async () => {
  const gateway = await createTestGateway({ LOG_LEVEL: 'info' });
  const log = readLog(gateway);
  await gateway.graphql(viewer, {}, { key: null, headers: { 'x-request-id': 'mine' } });
  expect(findLines(log)).toEqual([
    {
      level: 30,
      requestId: 'mine',
      method: 'POST',
      path: '/graphql',
      operation: 'query',
      status: 200,
      ms: 'number',
      msg: 'request',
    },
  ]);
});

test('the line of a request names the subject of a token instead of a key', async () => {
  const secret = 'a secret of more than 32 characters, for tests';
  const gateway = await createTestGateway({ LOG_LEVEL: 'info', ...trusted, JWT_SECRET: secret });
  const log = readLog(gateway);
  const key = await token('HS256', new TextEncoder().encode(secret));
  const { viewer: seen } = await gateway.data('{ viewer { organization subject } }', {}, { key });
  const [line] = findLines(log);
  expect(line).toMatchObject({ organization: seen.organization, subject: seen.subject });
  expect(line).not.toHaveProperty('keyId');
});

test.each([
  ['a typed failure', 'mutation { createExperiment(input: { name: "" }) { __typename } }', 'BAD_USER_INPUT'],
  ['a top-level error', '{ experiments(first: 0) { totalCount } }', 'BAD_USER_INPUT'],
  ['a document that is not valid', '{ nothing }', 'BAD_USER_INPUT'],
  ['a failure of a delete', 'mutation { deleteExperiment(id: "none") { __typename } }', 'NOT_FOUND'],
  [
    'a failed row of a batch, selected or not',
    'mutation { deleteExperiments(ids: ["none"]) { ... on DeleteExperimentsSuccess { failed } } }',
    'NOT_FOUND',
  ],
])('the line of a request has the code of %s', async (_name, query, errorCode) => {
  const gateway = await createTestGateway({ LOG_LEVEL: 'info' });
  const log = readLog(gateway);
  await gateway.graphql(query);
  expect(findLines(log)).toMatchObject([{ errorCode }]);
});

test.each([
  ['info', 0],
  ['debug', 3],
] as const)('at LOG_LEVEL %s, probes have %i lines in the log', async (level, count) => {
  const gateway = await createTestGateway({ LOG_LEVEL: level });
  const log = readLog(gateway);
  for (const path of ['/health', '/ready', '/metrics']) await gateway.fetch(path);
  const lines = findLines(log);
  expect(lines).toHaveLength(count);
  for (const line of lines) expect(line).toMatchObject({ level: 20, operation: 'probe', status: 200 });
});

test('what callers choose is cut in the log, and cannot begin a line of its own', async () => {
  const gateway = await createTestGateway({ LOG_LEVEL: 'info' });
  const url = await gateway.app.listen();
  const log = readLog(gateway);
  await gateway.graphql(`query ${'n'.repeat(100_000)} ${viewer}`);
  await gateway.fetch(`/${'p'.repeat(5_000)}`);
  const forged = '/"}\\n{"level":50}';
  await exchange(url, `GET ${forged} HTTP/1.1\r\nhost: a\r\nx-request-id: a"b\r\ntraceparent: {\r\n\r\n`);
  const lines = findLines(log);
  expect(lines.map(({ operationName, path }) => [operationName?.length, path.length])).toEqual([
    [100, 8],
    [undefined, 200],
    [undefined, forged.length],
  ]);
  expect(lines[2]).toMatchObject({ path: forged, requestId: expect.stringMatching(/^[\da-f-]{36}$/) });
  expect(lines[2]).not.toHaveProperty('traceId');
});

test.each([
  ['a valid one', `00-${traceId}-b7ad6b7169203331-01`, traceId],
  ['one of a later version, with more behind it', `cc-${traceId}-b7ad6b7169203331-01-what`, traceId],
  ['one in capitals', `00-${traceId.toUpperCase()}-b7ad6b7169203331-01`, undefined],
  ['one with more behind it', `00-${traceId}-b7ad6b7169203331-01-what`, undefined],
  ['one of the invalid version', `ff-${traceId}-b7ad6b7169203331-01`, undefined],
  ['one without a trace', `00-${'0'.repeat(32)}-b7ad6b7169203331-01`, undefined],
  ['one without a span', `00-${traceId}-${'0'.repeat(16)}-01`, undefined],
])('of traceparent headers, %s is read as W3C Trace Context requires', async (_name, traceparent, expected) => {
  const gateway = await createTestGateway({ LOG_LEVEL: 'info' });
  const log = readLog(gateway);
  await gateway.graphql(viewer, {}, { headers: { traceparent } });
  expect(findLines(log).map((line) => line.traceId)).toEqual([expected]);
});

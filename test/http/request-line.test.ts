import { array, assert, asyncProperty, constantFrom, oneof } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { runs } from '../support/gateway/arbitraries.ts';
import { readLog } from '../support/gateway/log.ts';
import { sharedApp } from '../support/gateway/shared-app.ts';
import { createTestGateway } from '../support/gateway/test-gateway.ts';
import { exchange, post } from '../support/http/wire.ts';

const requestId = /^[\da-f-]{36}$/;
const writeRequest = (line: string) => `${line} HTTP/1.1\r\nhost: gateway.test\r\nconnection: close\r\n\r\n`;

describe('request targets in absolute form', () => {
  const { url } = sharedApp();

  test.each([
    ['GET http://gateway.test/health', 200],
    ['GET http://other.test:81/health?x=1', 200],
    ['GET HTTPS://gateway.test/health', 200],
    ['GET http://gateway.test/graphql?query=%7B__typename%7D', 200],
    ['GET http://gateway.test?x=1', 200],
    ['GET http://gateway.test', 200],
    ['GET http://gateway.test/api/v2/experiments/x/', 401],
  ])('a request target in absolute form is treated as its path: %s', async (line, status) => {
    const answer = await exchange(url(), writeRequest(line));
    expect(answer.status).toBe(status);
    expect(answer.headers['x-request-id']).toMatch(requestId);
  });

  test.each(['/x/../health', '/./health', '/x/%2e%2e/health', '//health', '/api/../health', '/graphql/../ready'])(
    'dots and empty segments in a path are not resolved: %s',
    async (path) => {
      expect((await exchange(url(), writeRequest(`GET ${path}`))).status).toBe(404);
    },
  );

  test('an operation may be posted to a target in absolute form', async () => {
    const bytes = post('{"query":"{ __typename }"}').replace('POST /graphql', 'POST http://gateway.test/graphql');
    expect(await exchange(url(), bytes)).toMatchObject({ status: 200, body: '{"data":{"__typename":"Query"}}' });
  });
});

test.each([
  'OPTIONS *',
  'GET *',
  'GET health',
  'GET ftp://gateway.test/health',
  'CONNECT gateway.test:80',
  'GET http:///x',
])(
  'a request target that is not a path is refused with 400 in JSON, with a request id and a log line: %s',
  async (line) => {
    const gateway = await createTestGateway({ LOG_LEVEL: 'info' });
    const log = readLog(gateway);
    const answer = await exchange(await gateway.app.listen(), writeRequest(line));
    expect(answer).toMatchObject({ status: 400, headers: { 'content-type': 'application/json; charset=utf-8' } });
    const { errors } = JSON.parse(answer.body);
    expect(errors).toEqual([{ message: expect.any(String), extensions: { code: 'BAD_USER_INPUT', status: 400 } }]);
    expect(log).toMatchObject([{ requestId: answer.headers['x-request-id'], status: 400 }]);
  },
);

describe('random request lines', () => {
  const { url } = sharedApp();

  test('the answer to any request line has a request id and no internal details', async () => {
    const characters = '/:?#[]@!$&\'()*+,;=%\\"<>^`{|}~.-_aZ09\u00e9'.split('');
    const target = array(
      oneof(constantFrom(...characters), constantFrom('http://', '//', '/graphql', '/health', '%00')),
    )
      .map((parts) => parts.join(''))
      .filter((text) => text !== '');
    const method = constantFrom('GET', 'POST', 'PUT', 'OPTIONS', 'DELETE', 'TRACE', 'PROPFIND');
    await assert(
      asyncProperty(method, target, async (verb, text) => {
        const answer = await exchange(url(), Buffer.from(writeRequest(`${verb} ${text}`), 'latin1'));
        expect(answer.status).toBeLessThan(500);
        expect(answer.headers['x-request-id']).toMatch(requestId);
        expect(answer.body).not.toMatch(/node_modules|\.ts:|\.js:|at \w+ \(/);
        // The page at / is the only answer that is not JSON.
        if (answer.body !== '' && !answer.body.startsWith('<!doctype html>')) JSON.parse(answer.body);
      }),
      runs(100),
    );
  }, 60_000);
});

test.each(['other.test', 'gateway.test'])(
  'a request with a second Host header is refused with 400 (RFC 9112, section 3.2): %s',
  async (host) => {
    const gateway = await createTestGateway();
    const request = writeRequest('GET /health').replace('connection:', `host: ${host}\r\nconnection:`);
    expect(await exchange(await gateway.app.listen(), request)).toMatchObject({ status: 400 });
  },
);

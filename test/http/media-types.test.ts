import { describe, expect, test } from 'vitest';
import { sharedApp } from '../support/gateway/shared-app.ts';

const gateway = sharedApp();

function send(accept: string, query = '{ __typename }') {
  const headers = { accept, 'content-type': 'application/json' };
  return gateway.fetch('/graphql', { method: 'POST', headers, body: JSON.stringify({ query }) });
}

const json = 'application/json; charset=utf-8';
const response = 'application/graphql-response+json; charset=utf-8';

test.each([
  ['application/json; charset=utf8', json],
  ['application/json; charset="utf-8"', json],
  ['application/json;charset=UTF-8;q=0.4', json],
  ['application/graphql-response+json; charset="UTF8", application/json;q=0.1', response],
  ['application/json;q=0, */*', response],
  ['application/json;q=0, application/*', response],
  ['*/*, application/json;q=0.1', response],
  ['application/json;q=0.2, application/graphql-response+json;q=0.1, text/html', json],
  ['*/*;q=0.1', json],
  ['multipart/mixed;deferSpec=20220824', json],
  ['text/event-stream', 'text/event-stream'],
  ['text/event-stream;q=0.5, application/json', json],
  ['text/event-stream, application/json', json],
  ['text/event-stream, */*', json],
  ['text/event-stream, application/graphql-response+json', response],
  ['text/event-stream;q=0.9, application/json;q=0.9', json],
  ['text/event-stream, application/json;q=0.5', 'text/event-stream'],
  ['application/json;q=abc', json],
  ['application/json;q=', json],
  ['application/json;q=2', json],
  ['application/json;q=-1, text/html', json],
])('a client that accepts %s receives %s', async (accept, contentType) => {
  const { status, headers } = await send(accept);
  expect([status, headers.get('content-type')]).toEqual([200, contentType]);
});

test.each([
  'application/json;q=0',
  '*/*;q=0',
  'application/json; charset=latin1',
  'application/json;q=0, text/html',
  'application/json;q=0, application/graphql-response+json;q=0, text/event-stream;q=0, */*',
  'text/html;q=1, image/*',
])('a client that accepts only %s receives 406 with the reason in the body', async (accept) => {
  const answer = await send(accept);
  expect([answer.status, answer.headers.get('content-type')]).toEqual([406, json]);
  expect(await answer.json()).toEqual({
    errors: [{ message: expect.stringContaining('accept'), extensions: { code: 'NOT_ACCEPTABLE', status: 406 } }],
  });
});

test('a subscription from a client that accepts no stream is refused with 406 and the reason in the body', async () => {
  const answer = await send('application/json', 'subscription { experimentChanged(id: "x") { id } }');
  expect(answer.status).toBe(406);
  expect(await answer.json()).toMatchObject({ errors: [{ extensions: { code: 'NOT_ACCEPTABLE', status: 406 } }] });
});

describe('405', () => {
  test('405 always has the code METHOD_NOT_ALLOWED, whether the method or the operation is wrong', async () => {
    const mutation = new URLSearchParams({ query: 'mutation { cancelExperiment(id: "x") { __typename } }' });
    const answers = [
      await gateway.fetch('/graphql', { method: 'PUT' }),
      await gateway.fetch(`/graphql?${mutation}`),
      await gateway.fetch('/health', { method: 'POST' }),
    ];
    for (const answer of answers) {
      expect(answer.status).toBe(405);
      const { errors } = (await answer.json()) as { errors: { extensions: object }[] };
      expect(errors[0]?.extensions).toEqual({ code: 'METHOD_NOT_ALLOWED', status: 405 });
    }
  });
});

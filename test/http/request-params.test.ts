import { expect, test } from 'vitest';
import { sharedApp } from '../support/gateway/shared-app.ts';

const gateway = sharedApp();

async function post(body: object) {
  const headers = { 'content-type': 'application/json' };
  const response = await gateway.fetch('/graphql', { method: 'POST', headers, body: JSON.stringify(body) });
  return { status: response.status, body: await response.json() };
}

const typename = { status: 200, body: { data: { __typename: 'Query' } } };

test.each([
  ['an id, as Relay network layers send it', { id: 'Q', query: '{ __typename }' }],
  [
    'null for every optional member',
    { query: '{ __typename }', variables: null, operationName: null, extensions: null },
  ],
  ['unknown members', { query: '{ __typename }', documentId: 7, '': [], __proto: {} }],
  ['both a document and its hash', { query: '{ __typename }', extensions: { persistedQuery: { version: 1 } } }],
])('a POST is executed with %s', async (_what, body) => {
  expect(await post(body)).toEqual(typename);
});

test.each(['operationName=', 'variables=', 'extensions=', 'variables=&extensions=&operationName=', 'unknown=1'])(
  'a GET is executed with %s',
  async (more) => {
    const response = await gateway.fetch(`/graphql?query=%7B__typename%7D&${more}`);
    expect([response.status, await response.json()]).toEqual([200, typename.body]);
  },
);

test('an empty query parameter counts as absent', async () => {
  expect((await gateway.fetch('/graphql?query=')).status).toBe(400);
});

test('a client that sends only the hash of a persisted query is told to send the document', async () => {
  const extensions = { persistedQuery: { version: 1, sha256Hash: 'ecf4edb46db40b5132295c0291d62fb65d6759a9eedfa4d5' } };
  const error = { message: 'PersistedQueryNotSupported', extensions: { code: 'PERSISTED_QUERY_NOT_SUPPORTED' } };
  expect(await post({ extensions })).toMatchObject({ status: 200, body: { errors: [error] } });
  const search = new URLSearchParams({ extensions: JSON.stringify(extensions) });
  const response = await gateway.fetch(`/graphql?${search}`);
  expect(await response.json()).toMatchObject({ errors: [error] });
});

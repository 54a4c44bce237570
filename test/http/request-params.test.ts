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
  ['an id, as network layers of Relay send it', { id: 'Q', query: '{ __typename }' }],
  ['null for what is not needed', { query: '{ __typename }', variables: null, operationName: null, extensions: null }],
  ['any other member', { query: '{ __typename }', documentId: 7, '': [], __proto: {} }],
  ['the hash of a document beside it', { query: '{ __typename }', extensions: { persistedQuery: { version: 1 } } }],
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

test('an empty query parameter is an absent one', async () => {
  expect((await gateway.fetch('/graphql?query=')).status).toBe(400);
});

test('a client of automatic persisted queries learns to send the document', async () => {
  const extensions = { persistedQuery: { version: 1, sha256Hash: 'ecf4edb46db40b5132295c0291d62fb65d6759a9eedfa4d5' } };
  const error = { message: 'PersistedQueryNotSupported', extensions: { code: 'PERSISTED_QUERY_NOT_SUPPORTED' } };
  expect(await post({ extensions })).toMatchObject({ status: 200, body: { errors: [error] } });
  const search = new URLSearchParams({ extensions: JSON.stringify(extensions) });
  const response = await gateway.fetch(`/graphql?${search}`);
  expect(await response.json()).toMatchObject({ errors: [error] });
});

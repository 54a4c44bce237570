import { expect, test } from 'vitest';
import { createTestGateway } from '../support/gateway/test-gateway.ts';

test('in production a caller without a credential does not learn why a document is invalid', async () => {
  const gateway = await createTestGateway({ NODE_ENV: 'production' });
  const messages = new Set<string>();
  for (const query of ['{ unknown }', '{ experiment(id: 1, x: 2) { nam } }', '{ __schema { types { name } } }', '{']) {
    const { body } = await gateway.graphql(query, {}, { key: null });
    messages.add(JSON.stringify(body.errors.map(({ message }: { message: string }) => message)));
  }
  expect([...messages]).toEqual(['["The document is not valid. Send a valid credential to see why."]']);
  const known = await gateway.graphql('{ unknown }');
  expect(known.body.errors[0].message).toContain('unknown');
});

test('in production a caller without a credential does not learn why variables, arguments or the number of rows are refused', async () => {
  const gateway = await createTestGateway({ NODE_ENV: 'production' });
  const replace = 'mutation ($items: [ReplaceExperimentItem!]!) { replaceExperiments(items: $items) { __typename } }';
  const follow = 'subscription ($filter: ExperimentFilter) { experimentsChanged(filter: $filter) { cursor } }';
  const required = 'mutation ($i: UpdateExperimentInput = {}) { updateExperiment(id: "a", input: $i) { __typename } }';
  const find = 'query ($id: ID = "x") { experiment(id: $id) { id } }';
  const skip = 'query ($skip: Boolean = true) { experiments @skip(if: $skip) { totalCount } }';
  const watch = 'subscription ($id: ID = "x") { experimentChanged(id: $id) { id } }';
  const pages = '{ experiments(first: 100) { nodes { revisions(first: 100) { nodes { revision } } } } }';
  const requests = [
    { query: replace, variables: { items: [{}] }, reason: 'required field' },
    { query: follow, variables: { filter: { staus: [] } }, reason: 'unknown field' },
    { query: required, variables: { i: null }, reason: 'UpdateExperimentInput!' },
    { query: find, variables: { id: null }, reason: 'ID!' },
    { query: skip, variables: { skip: null }, reason: 'Boolean!' },
    { query: watch, variables: { id: null }, reason: 'ID!' },
    { query: pages, variables: {}, reason: '10100 rows' },
  ];
  for (const { query, variables, reason } of requests) {
    const accept = query.startsWith('subscription') ? 'text/event-stream' : 'application/json';
    const send = async (credential: Record<string, string>) => {
      const headers = { 'content-type': 'application/json', accept, ...credential };
      const body = JSON.stringify({ query, variables });
      return (await gateway.fetch('/graphql', { method: 'POST', headers, body })).text();
    };
    const anonymous = await send({});
    expect(anonymous).toContain('The document is not valid. Send a valid credential to see why.');
    expect(anonymous).not.toContain(reason);
    expect(await send({ authorization: `Bearer ${gateway.key}` })).toContain(reason);
  }
});

test('in production a valid operation tells a caller without a credential what is missing', async () => {
  const gateway = await createTestGateway({ NODE_ENV: 'production' });
  const list = await gateway.graphql('{ experiments { totalCount } }', {}, { key: null });
  expect(list.body.errors[0].extensions.code).toBe('UNAUTHENTICATED');
  const follow = 'subscription { experimentsChanged { cursor } }';
  const headers = { 'content-type': 'application/json', accept: 'text/event-stream' };
  const body = JSON.stringify({ query: follow });
  const stream = await gateway.fetch('/graphql', { method: 'POST', headers, body });
  expect(await stream.text()).toContain('UNAUTHENTICATED');
});

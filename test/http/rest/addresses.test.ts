import { expect, test } from 'vitest';
import { createTestGateway } from '../../support/gateway/test-gateway.ts';
import { callRest } from '../../support/http/rest.ts';

test.each(['health', 'ready', 'graphql', 'metrics', 'openapi.json', 'experiments'])(
  'an experiment with the id %s is written, read and deleted like any other, with and without a trailing slash',
  async (id) => {
    const gateway = await createTestGateway();
    for (const path of [id, `${id}/`]) {
      expect((await callRest(gateway, 'POST', '', { experiment_id: id, name: 'One' })).status).toBe(201);
      expect((await callRest(gateway, 'GET', path, undefined, { key: null })).status).toBe(401);
      expect(await callRest(gateway, 'PUT', path, { name: 'Two' })).toMatchObject({
        status: 200,
        body: { name: 'Two' },
      });
      expect(await callRest(gateway, 'PATCH', path, { name: 'Three' })).toMatchObject({ status: 200 });
      expect(await callRest(gateway, 'GET', path)).toMatchObject({ status: 200, body: { name: 'Three' } });
      expect(await callRest(gateway, 'DELETE', path)).toMatchObject({ status: 204 });
      expect(await callRest(gateway, 'GET', path)).toMatchObject({ status: 404 });
    }
  },
);

test.each(['/graphql?from=/health', '/graphql?x=/ready', '/graphql/?y=/health'])(
  'a mutation sent to %s is executed',
  async (address) => {
    const gateway = await createTestGateway();
    const query = 'mutation { createExperiment(input: { experimentId: "a" }) { __typename } }';
    const headers = { authorization: `Bearer ${gateway.key}`, 'content-type': 'application/json' };
    const response = await gateway.fetch(address, { method: 'POST', headers, body: JSON.stringify({ query }) });
    expect(await response.json()).toEqual({ data: { createExperiment: { __typename: 'CreateExperimentSuccess' } } });
    expect(await gateway.data('{ experiment(id: "a") { id } }')).toEqual({ experiment: { id: 'a' } });
  },
);

test.each(['constructor', 'valueOf', 'toString', '__proto__', 'BREW'])(
  'the method %s, which no address knows, is 405',
  async (method) => {
    const gateway = await createTestGateway();
    for (const path of ['', 'a/', 'list/', 'summary/'])
      expect(await callRest(gateway, method, path)).toMatchObject({ status: 405, headers: expect.anything() });
  },
);

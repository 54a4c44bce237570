import { expect, test } from 'vitest';
import { world } from '../../support/gateway/test-gateway.ts';
import { rest } from '../../support/http/rest.ts';

test.each(['health', 'ready', 'graphql', 'metrics', 'openapi.json', 'experiments'])(
  'an experiment with the id %s is written, read and deleted like any other, with and without the last slash',
  async (id) => {
    const gateway = await world();
    for (const path of [id, `${id}/`]) {
      expect((await rest(gateway, 'POST', '', { experiment_id: id, name: 'One' })).status).toBe(201);
      expect((await rest(gateway, 'GET', path, undefined, { key: null })).status).toBe(401);
      expect(await rest(gateway, 'PUT', path, { name: 'Two' })).toMatchObject({ status: 200, body: { name: 'Two' } });
      expect(await rest(gateway, 'PATCH', path, { name: 'Three' })).toMatchObject({ status: 200 });
      expect(await rest(gateway, 'GET', path)).toMatchObject({ status: 200, body: { name: 'Three' } });
      expect(await rest(gateway, 'DELETE', path)).toMatchObject({ status: 204 });
      expect(await rest(gateway, 'GET', path)).toMatchObject({ status: 404 });
    }
  },
);

test.each(['/graphql?from=/health', '/graphql?x=/ready', '/graphql/?y=/health'])(
  'a mutation sent to %s is executed',
  async (address) => {
    const gateway = await world();
    const query = 'mutation { createExperiment(input: { experimentId: "a" }) { __typename } }';
    const headers = { authorization: `Bearer ${gateway.key}`, 'content-type': 'application/json' };
    const response = await gateway.fetch(address, { method: 'POST', headers, body: JSON.stringify({ query }) });
    expect(await response.json()).toEqual({ data: { createExperiment: { __typename: 'CreateExperimentSuccess' } } });
    expect(await gateway.data('{ experiment(id: "a") { id } }')).toEqual({ experiment: { id: 'a' } });
  },
);

import SchemaBuilder from '@pothos/core';
import { describe, expect, test } from 'vitest';
import { type Scope, scopes } from '../../src/domain/actor.ts';
import { schema } from '../../src/schema/index.ts';
import PermissionPlugin from '../../src/schema/permission-plugin.ts';
import { buildCall } from '../support/gateway/arguments.ts';
import { createTestGateway } from '../support/gateway/test-gateway.ts';

const mutationFields = Object.values(schema.getMutationType()?.getFields() ?? {});
const queryFields = Object.values(schema.getQueryType()?.getFields() ?? {});
/** The queries that any valid credential may ask. */
const open = new Set(['viewer']);
const scopedQueries = queryFields.filter(({ name }) => !open.has(name));

/** The mutations that need `experiments:run`; all the others write. */
const runs = new Set([
  'startExperiment',
  'reportExperimentProgress',
  'completeExperiment',
  'failExperiment',
  'cancelExperiment',
]);
const findScope = (mutation: string): Scope => (runs.has(mutation) ? 'experiments:run' : 'experiments:write');

/** Valid ids and texts, and ones that would be refused by themselves. */
const texts = ['a', ''];

test('the schema has fields to walk', () => {
  expect(mutationFields.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['createExperiment', 'replaceExperiment']),
  );
  expect(queryFields.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['experiment', 'experiments', 'node', 'viewer']),
  );
});

test.each(['Query', 'Subscription'] as const)(
  'a schema with a field of %s that states no requirement is refused',
  (kind) => {
    const builder = new SchemaBuilder({ plugins: [PermissionPlugin] });
    builder.queryType({
      fields: (t) => ({ stated: t.string({ requires: 'authenticated', resolve: () => 'stated' }) }),
    });
    builder.subscriptionType({});
    expect(() => builder.toSchema()).not.toThrow(/silent/);
    if (kind === 'Query') builder.queryField('silent', (t) => t.string({ resolve: () => 'silent' }));
    else builder.subscriptionField('silent', (t) => t.string({ subscribe: async function* () {}, resolve: () => '' }));
    expect(() => builder.toSchema()).toThrow(
      `${kind}.silent has no \`requires\`: state what it requires of its caller.`,
    );
  },
);

describe.each(texts)('with %j for every text', (text) => {
  describe.each(mutationFields.map((field) => [field.name, field] as const))('the mutation %s', (name, field) => {
    const selection = '__typename ... on MutationError { code status } ... on PermissionError { requiredScope }';
    const { query, variables } = buildCall('mutation', field, { text, selection });

    test('answers AuthenticationError without a key', async () => {
      const gateway = await createTestGateway();
      expect(await gateway.data(query, variables, { key: null })).toEqual({
        result: { __typename: 'AuthenticationError', code: 'UNAUTHENTICATED', status: 401 },
      });
    });

    test('answers PermissionError to every key without its scope, and to no other', async () => {
      const gateway = await createTestGateway();
      const { secret: powerless } = await gateway.issueKey({ scopes: [] });
      const requiredScope = findScope(name);
      const { result } = await gateway.data(query, variables, { key: powerless });
      expect(result).toEqual({ __typename: 'PermissionError', code: 'FORBIDDEN', status: 403, requiredScope });

      const others = scopes.filter((scope) => scope !== requiredScope);
      const { secret: unfit } = await gateway.issueKey({ scopes: others });
      expect(await gateway.data(query, variables, { key: unfit })).toEqual({ result });

      const { secret: fit } = await gateway.issueKey({ scopes: [requiredScope] });
      const allowed = await gateway.data(query, variables, { key: fit });
      expect(allowed.result.__typename).not.toMatch(/^(Authentication|Permission)Error$/);
    });
  });

  const byName = (fields: typeof queryFields) => fields.map((field) => [field.name, field] as const);

  test.each(byName(queryFields))('the query %s fails with UNAUTHENTICATED without a key', async (_name, field) => {
    const gateway = await createTestGateway();
    const { query, variables } = buildCall('query', field, { text, selection: '__typename' });
    const { body } = await gateway.graphql(query, variables, { key: null });
    expect(body.errors).toMatchObject([{ path: ['result'], extensions: { code: 'UNAUTHENTICATED', status: 401 } }]);
    expect(body.data?.result ?? null).toBeNull();
  });

  test.each(byName(scopedQueries))(
    'the query %s fails with FORBIDDEN for a key without scopes',
    async (_name, field) => {
      const gateway = await createTestGateway();
      const { query, variables } = buildCall('query', field, { text, selection: '__typename' });
      const { secret: key } = await gateway.issueKey({ scopes: [] });
      const { body } = await gateway.graphql(query, variables, { key });
      const extensions = { code: 'FORBIDDEN', status: 403, requiredScope: 'experiments:read' };
      expect(body.errors).toMatchObject([{ path: ['result'], extensions }]);
      expect(body.data?.result ?? null).toBeNull();
    },
  );
});

test('a key that may only write reads no revisions, not even of what it wrote', async () => {
  const gateway = await createTestGateway();
  const { secret: key } = await gateway.issueKey({ scopes: ['experiments:write'] });
  const query = `mutation { createExperiment(input: { experimentId: "a" }) {
    ... on CreateExperimentSuccess { experiment { id revisions { totalCount } } }
  } }`;
  const { body } = await gateway.graphql(query, undefined, { key });
  expect(body).toMatchObject({
    errors: [{ extensions: { code: 'FORBIDDEN', status: 403, requiredScope: 'experiments:read' } }],
    data: null,
  });
});

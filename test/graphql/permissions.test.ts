import SchemaBuilder from '@pothos/core';
import { describe, expect, test } from 'vitest';
import { type Scope, scopes } from '../../src/domain/actor.ts';
import { schema } from '../../src/schema/index.ts';
import PermissionPlugin from '../../src/schema/permission-plugin.ts';
import { buildCall } from '../support/gateway/arguments.ts';
import { createTestGateway } from '../support/gateway/test-gateway.ts';
import { openStream } from '../support/http/stream.ts';

const mutationFields = Object.values(schema.getMutationType()?.getFields() ?? {});
const queryFields = Object.values(schema.getQueryType()?.getFields() ?? {});
/** The queries that anybody may execute: without a credential, or with any valid one. */
const unscopedQueries = new Set(['viewer', 'rateLimit']);
const scopedQueries = queryFields.filter(({ name }) => !unscopedQueries.has(name));

/** The mutations that need `experiments:run`; all the others write. */
const runs = new Set([
  'startExperiment',
  'reportExperimentProgress',
  'completeExperiment',
  'failExperiment',
  'cancelExperiment',
  'resetExperiment',
  'cancelExperiments',
]);
const findScope = (mutation: string): Scope => (runs.has(mutation) ? 'experiments:run' : 'experiments:write');

/** A valid value for every id and text, and an invalid one. */
const texts = ['a', ''];

test('the schema has the expected queries and mutations', () => {
  expect(mutationFields.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['createExperiment', 'replaceExperiment']),
  );
  expect(queryFields.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['experiment', 'experiments', 'node', 'viewer']),
  );
});

test.each(['Query', 'Subscription'] as const)(
  'a schema with a field of %s that declares no requirement is refused',
  (kind) => {
    const builder = new SchemaBuilder({ plugins: [PermissionPlugin] });
    builder.queryType({
      fields: (t) => ({ stated: t.string({ requires: 'anyone', resolve: () => 'stated' }) }),
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

describe.each(texts)('permissions with %j for every text', (text) => {
  describe.each(mutationFields.map((field) => [field.name, field] as const))(
    'permissions of the mutation %s',
    (name, field) => {
      const selection = '__typename ... on MutationError { code status } ... on PermissionError { requiredScope }';
      const { query, variables } = buildCall('mutation', field, { text, selection });

      test(`the mutation ${name} returns AuthenticationError without a key`, async () => {
        const gateway = await createTestGateway();
        expect(await gateway.data(query, variables, { key: null })).toEqual({
          result: { __typename: 'AuthenticationError', code: 'UNAUTHENTICATED', status: 401 },
        });
      });

      test(`the mutation ${name} returns PermissionError to exactly the keys without its scope`, async () => {
        const gateway = await createTestGateway();
        const { secret: withoutScopes } = await gateway.issueKey({ scopes: [] });
        const requiredScope = findScope(name);
        const { result } = await gateway.data(query, variables, { key: withoutScopes });
        expect(result).toEqual({ __typename: 'PermissionError', code: 'FORBIDDEN', status: 403, requiredScope });

        const others = scopes.filter((scope) => scope !== requiredScope);
        const { secret: withOtherScopes } = await gateway.issueKey({ scopes: others });
        expect(await gateway.data(query, variables, { key: withOtherScopes })).toEqual({ result });

        const { secret: withScope } = await gateway.issueKey({ scopes: [requiredScope] });
        const allowed = await gateway.data(query, variables, { key: withScope });
        expect(allowed.result.__typename).not.toMatch(/^(Authentication|Permission)Error$/);
      });
    },
  );

  const listByName = (fields: typeof queryFields) => fields.map((field) => [field.name, field] as const);

  test.each(listByName(queryFields))(
    'the query %s fails with UNAUTHENTICATED for a refused key, and without a key unless anybody may execute it',
    async (name, field) => {
      const gateway = await createTestGateway();
      const { query, variables } = buildCall('query', field, { text, selection: '__typename' });
      const read = async (key: string | null) => {
        const { body } = await gateway.graphql(query, variables, { key });
        return { result: body.data?.result ?? null, codes: body.errors?.map((error: any) => error.extensions) };
      };
      const refused = { result: null, codes: [{ code: 'UNAUTHENTICATED', status: 401 }] };
      expect(await read('sk_unknown')).toEqual(refused);
      expect(await read(null)).toEqual(unscopedQueries.has(name) ? { result: null, codes: undefined } : refused);
    },
  );

  test.each(listByName(scopedQueries))(
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

test.each(Object.values(schema.getSubscriptionType()?.getFields() ?? {}).map((field) => [field.name, field] as const))(
  'the subscription %s needs experiments:read, and fails before it starts otherwise',
  async (_name, field) => {
    const gateway = await createTestGateway();
    const { query, variables } = buildCall('subscription', field, { text: 'a', selection: '__typename' });
    const { secret: withOtherScopes } = await gateway.issueKey({ scopes: ['experiments:write', 'experiments:run'] });
    const refusals = [
      [withOtherScopes, { code: 'FORBIDDEN', status: 403, requiredScope: 'experiments:read' }],
      ['sk_unknown', { code: 'UNAUTHENTICATED', status: 401 }],
      [null, { code: 'UNAUTHENTICATED', status: 401 }],
    ] as const;
    for (const [key, extensions] of refusals) {
      const stream = await openStream(gateway, query, { key, variables });
      expect(await stream.next()).toMatchObject({ errors: [{ extensions }] });
      expect(await stream.next()).toBe('complete');
    }
  },
);

test('a key that may only write cannot read revisions, not even of its own writes', async () => {
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

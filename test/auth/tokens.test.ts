import type { JWTPayload } from 'jose';
import { describe, expect, test } from 'vitest';
import { createTestGateway, type TestGateway } from '../support/gateway/test-gateway.ts';
import { audience, secondsFromNow, type TokenOptions, token, trusted } from '../support/http/jwt.ts';

const secret = 'a secret of more than 32 characters, for tests';
const key = new TextEncoder().encode(secret);
const viewer = '{ viewer { organization scopes keyId subject } }';

async function readViewer(gateway: TestGateway, credential: string): Promise<unknown> {
  const { body } = await gateway.graphql(viewer, {}, { key: credential });
  return body.errors ? body.errors[0].extensions : body.data.viewer;
}

const unauthenticated = { code: 'UNAUTHENTICATED', status: 401 };
const caller = {
  organization: 'acme',
  scopes: ['experiments:read', 'experiments:write'],
  keyId: null,
  subject: 'user_1',
};

async function readViewerOfToken(
  options: TokenOptions = {},
  environment: Record<string, string> = {},
): Promise<unknown> {
  const gateway = await createTestGateway({ ...trusted, JWT_SECRET: secret, ...environment });
  return readViewer(gateway, await token('HS256', key, options));
}

test('viewer returns the subject, the organization and the scopes of a valid token', async () => {
  expect(await readViewerOfToken()).toEqual(caller);
});

test('the subject of a token is recorded as the author of its writes', async () => {
  const gateway = await createTestGateway({ ...trusted, JWT_SECRET: secret });
  const options = { key: await token('HS256', key) };
  await gateway.data('mutation { createExperiment(input: { experimentId: "e" }) { __typename } }', {}, options);
  const query = '{ experiment(id: "e") { revisions { edges { node { authorKind authorId } } } } }';
  expect(await gateway.data(query, {}, options)).toEqual({
    experiment: { revisions: { edges: [{ node: { authorKind: 'SUBJECT', authorId: 'user_1' } }] } },
  });
});

test('a token is refused where tokens are not configured', async () => {
  expect(await readViewer(await createTestGateway(), await token('HS256', key))).toEqual(unauthenticated);
});

describe('clock tolerance', () => {
  test.each<[string, JWTPayload]>([
    ['expired ten seconds ago', { exp: secondsFromNow(-10) }],
    ['becomes valid in ten seconds', { nbf: secondsFromNow(10) }],
  ])('a token that %s is accepted', async (_name, claims) => {
    expect(await readViewerOfToken({ claims })).toEqual(caller);
  });
});

test('a token for several audiences is accepted if one of them matches', async () => {
  expect(await readViewerOfToken({ claims: { aud: ['another-service', audience] } })).toEqual(caller);
});

describe('the scopes of a token', () => {
  test.each<[string, unknown, string[]]>([
    ['are the words of the scope claim', 'experiments:run experiments:read', ['experiments:run', 'experiments:read']],
    ['omit words that the gateway does not know', 'openid experiments:read admin *', ['experiments:read']],
    ['are matched exactly', 'Experiments:Read experiments:reads experiments', []],
    ['may be separated by several spaces', 'experiments:read   experiments:write', caller.scopes],
    ['are empty when the claim is missing', undefined, []],
    ['are empty when the claim is empty', '', []],
    [
      'may be a list',
      ['experiments:run', 'openid', 7, null, 'experiments:read'],
      ['experiments:run', 'experiments:read'],
    ],
    ['are matched exactly in a list', ['experiments:read experiments:write', ['experiments:run']], []],
    ['are empty when the claim is neither a string nor a list', { 'experiments:read': true }, []],
  ])('the scopes of a token %s', async (_name, scope, scopes) => {
    expect(await readViewerOfToken({ claims: { scope } })).toEqual({ ...caller, scopes });
  });

  test('the scopes of a token limit what it may do', async () => {
    const gateway = await createTestGateway({ ...trusted, JWT_SECRET: secret });
    const options = { key: await token('HS256', key, { claims: { scope: 'experiments:read' } }) };
    expect(await gateway.data('{ experiments { totalCount } }', {}, options)).toEqual({
      experiments: { totalCount: 0 },
    });
    const query =
      'mutation { createExperiment(input: {}) { __typename ... on PermissionError { status requiredScope } } }';
    expect(await gateway.data(query, {}, options)).toEqual({
      createExperiment: { __typename: 'PermissionError', status: 403, requiredScope: 'experiments:write' },
    });
  });
});

describe('JWT_ORGANIZATION_CLAIM', () => {
  const environment = { JWT_ORGANIZATION_CLAIM: 'https://dashboard.test/tenant' };

  test('JWT_ORGANIZATION_CLAIM names the claim that holds the organization', async () => {
    const claims = { org_id: 'blue', 'https://dashboard.test/tenant': 'acme' };
    expect(await readViewerOfToken({ claims }, environment)).toEqual(caller);
  });

  test('with JWT_ORGANIZATION_CLAIM the claim org_id is ignored', async () => {
    expect(await readViewerOfToken({}, environment)).toEqual(unauthenticated);
  });
});

import { createHmac } from 'node:crypto';
import type { JWTPayload } from 'jose';
import { describe, expect, test } from 'vitest';
import { createTestGateway, type TestGateway } from '../support/gateway/test-gateway.ts';
import {
  audience,
  issuer,
  secondsFromNow,
  signByHand,
  type TokenOptions,
  token,
  trusted,
} from '../support/http/jwt.ts';

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

describe('refused tokens', () => {
  test.each<[string, JWTPayload]>([
    ['that expired two minutes ago', { exp: secondsFromNow(-120) }],
    ['that expired 62 seconds ago', { exp: secondsFromNow(-62) }],
    ['that becomes valid in two minutes', { nbf: secondsFromNow(120) }],
    ['without an expiry', { exp: undefined }],
    ['with an expiry that is not a number', { exp: 'tomorrow' as unknown as number }],
    ['of another issuer', { iss: 'https://elsewhere.test' }],
    ['of an issuer with a trailing slash', { iss: `${issuer}/` }],
    ['without an issuer', { iss: undefined }],
    ['for another audience', { aud: 'another-service' }],
    ['for other audiences', { aud: ['another-service', 'a-third'] }],
    ['without an audience', { aud: undefined }],
    ['without a subject', { sub: undefined }],
    ['with an empty subject', { sub: '' }],
    ['with a subject that is not a string', { sub: 7 as unknown as string }],
    ['with a subject of 256 characters', { sub: 'a'.repeat(256) }],
    ['without an organization', { org_id: undefined }],
    ['with an empty organization', { org_id: '' }],
    ['with a null organization', { org_id: null }],
    ['with an organization that is a number', { org_id: 7 }],
    ['with several organizations', { org_id: ['acme', 'blue'] }],
    ['with a control character in the organization', { org_id: 'ac\nme' }],
  ])('a token %s is refused', async (_name, claims) => {
    expect(await readViewerOfToken({ claims })).toEqual(unauthenticated);
  });

  test('a token signed with another secret is refused', async () => {
    const gateway = await createTestGateway({ ...trusted, JWT_SECRET: secret });
    expect(await readViewer(gateway, await token('HS256', new TextEncoder().encode(`${secret}!`)))).toEqual(
      unauthenticated,
    );
  });

  test.each(['HS384', 'HS512'])(
    'a token signed with the right secret by %s, which is not the configured algorithm, is refused',
    async (name) => {
      expect(
        await readViewer(await createTestGateway({ ...trusted, JWT_SECRET: secret }), await token(name, key)),
      ).toEqual(unauthenticated);
    },
  );

  test('a token with a claim changed after signing is refused', async () => {
    const [header, , signature] = (await token('HS256', key)).split('.');
    const [, claims] = (await token('HS256', key, { claims: { org_id: 'blue' } })).split('.');
    const gateway = await createTestGateway({ ...trusted, JWT_SECRET: secret });
    expect(await readViewer(gateway, `${header}.${claims}.${signature}`)).toEqual(unauthenticated);
  });

  const claims = { iss: issuer, aud: audience, sub: 'user_1', org_id: 'acme', exp: secondsFromNow(300) };

  test.each(['none', 'None', 'NONE', ''])('a token with the algorithm %j is refused, signed or not', async (alg) => {
    const gateway = await createTestGateway({ ...trusted, JWT_SECRET: secret });
    const unsigned = signByHand({ alg }, claims);
    const signature = createHmac('sha256', secret).update(unsigned.slice(0, -1)).digest('base64url');
    for (const credential of [unsigned, unsigned + signature])
      expect(await readViewer(gateway, credential)).toEqual(unauthenticated);
  });

  test.each<[string, object]>([
    ['no algorithm', {}],
    ['an unknown critical extension', { alg: 'HS256', crit: ['x'], x: 1 }],
    ['an embedded key', { alg: 'HS256', jwk: { kty: 'oct', k: 'AAAA' } }],
  ])('a token with %s in its header is refused', async (_name, header) => {
    const gateway = await createTestGateway({ ...trusted, JWT_SECRET: secret });
    const unsigned = signByHand(header, claims).slice(0, -1);
    const own = 'jwk' in header ? Buffer.from('AAAA', 'base64url') : Buffer.from(secret);
    const signature = createHmac('sha256', own).update(unsigned).digest('base64url');
    expect(await readViewer(gateway, `${unsigned}.${signature}`)).toEqual(unauthenticated);
  });

  test('a token is refused where tokens are not configured', async () => {
    expect(await readViewer(await createTestGateway(), await token('HS256', key))).toEqual(unauthenticated);
  });
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

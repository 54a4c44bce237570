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

async function asked(gateway: TestGateway, credential: string): Promise<unknown> {
  const { body } = await gateway.graphql(viewer, {}, { key: credential });
  return body.errors ? body.errors[0].extensions : body.data.viewer;
}

const nobody = { code: 'UNAUTHENTICATED', status: 401 };
const somebody = {
  organization: 'acme',
  scopes: ['experiments:read', 'experiments:write'],
  keyId: null,
  subject: 'user_1',
};

async function withSecret(options: TokenOptions = {}, environment: Record<string, string> = {}): Promise<unknown> {
  const gateway = await createTestGateway({ ...trusted, JWT_SECRET: secret, ...environment });
  return asked(gateway, await token('HS256', key, options));
}

test('a good token is its subject, in its organization, with its scopes', async () => {
  expect(await withSecret()).toEqual(somebody);
});

test('what a subject writes is recorded as theirs', async () => {
  const gateway = await createTestGateway({ ...trusted, JWT_SECRET: secret });
  const options = { key: await token('HS256', key) };
  await gateway.data('mutation { createExperiment(input: { experimentId: "e" }) { __typename } }', {}, options);
  const query = '{ experiment(id: "e") { revisions { edges { node { authorKind authorId } } } } }';
  expect(await gateway.data(query, {}, options)).toEqual({
    experiment: { revisions: { edges: [{ node: { authorKind: 'SUBJECT', authorId: 'user_1' } }] } },
  });
});

describe('a token is refused', () => {
  test.each<[string, JWTPayload]>([
    ['expired two minutes ago', { exp: secondsFromNow(-120) }],
    ['expired a little more than a minute ago', { exp: secondsFromNow(-62) }],
    ['valid only in two minutes', { nbf: secondsFromNow(120) }],
    ['without an expiry', { exp: undefined }],
    ['with an expiry that is no number', { exp: 'tomorrow' as unknown as number }],
    ['of another issuer', { iss: 'https://elsewhere.test' }],
    ['of an issuer that only begins alike', { iss: `${issuer}/` }],
    ['without an issuer', { iss: undefined }],
    ['for another audience', { aud: 'another-service' }],
    ['for other audiences', { aud: ['another-service', 'a-third'] }],
    ['without an audience', { aud: undefined }],
    ['without a subject', { sub: undefined }],
    ['with an empty subject', { sub: '' }],
    ['with a subject that is no text', { sub: 7 as unknown as string }],
    ['with a subject beyond 255 characters', { sub: 'a'.repeat(256) }],
    ['without an organization', { org_id: undefined }],
    ['with an empty organization', { org_id: '' }],
    ['with an organization of null', { org_id: null }],
    ['with an organization that is a number', { org_id: 7 }],
    ['with several organizations', { org_id: ['acme', 'blue'] }],
    ['with a control character in the organization', { org_id: 'ac\nme' }],
  ])('%s', async (_name, claims) => {
    expect(await withSecret({ claims })).toEqual(nobody);
  });

  test('signed with another secret', async () => {
    const gateway = await createTestGateway({ ...trusted, JWT_SECRET: secret });
    expect(await asked(gateway, await token('HS256', new TextEncoder().encode(`${secret}!`)))).toEqual(nobody);
  });

  test.each(['HS384', 'HS512'])('signed with the right secret by %s, which is not the configured one', async (name) => {
    expect(await asked(await createTestGateway({ ...trusted, JWT_SECRET: secret }), await token(name, key))).toEqual(
      nobody,
    );
  });

  test('when one of its claims was changed afterwards', async () => {
    const [header, , signature] = (await token('HS256', key)).split('.');
    const [, claims] = (await token('HS256', key, { claims: { org_id: 'blue' } })).split('.');
    const gateway = await createTestGateway({ ...trusted, JWT_SECRET: secret });
    expect(await asked(gateway, `${header}.${claims}.${signature}`)).toEqual(nobody);
  });

  const claims = { iss: issuer, aud: audience, sub: 'user_1', org_id: 'acme', exp: secondsFromNow(300) };

  test.each(['none', 'None', 'NONE', ''])('with the algorithm %j, signed or not', async (alg) => {
    const gateway = await createTestGateway({ ...trusted, JWT_SECRET: secret });
    const unsigned = signByHand({ alg }, claims);
    const signature = createHmac('sha256', secret).update(unsigned.slice(0, -1)).digest('base64url');
    for (const credential of [unsigned, unsigned + signature]) expect(await asked(gateway, credential)).toEqual(nobody);
  });

  test.each<[string, object]>([
    ['no algorithm', {}],
    ['an extension that it declares critical', { alg: 'HS256', crit: ['x'], x: 1 }],
    ['a key of its own', { alg: 'HS256', jwk: { kty: 'oct', k: 'AAAA' } }],
  ])('with %s in its header', async (_name, header) => {
    const gateway = await createTestGateway({ ...trusted, JWT_SECRET: secret });
    const unsigned = signByHand(header, claims).slice(0, -1);
    const own = 'jwk' in header ? Buffer.from('AAAA', 'base64url') : Buffer.from(secret);
    const signature = createHmac('sha256', own).update(unsigned).digest('base64url');
    expect(await asked(gateway, `${unsigned}.${signature}`)).toEqual(nobody);
  });

  test('where tokens are not configured', async () => {
    expect(await asked(await createTestGateway(), await token('HS256', key))).toEqual(nobody);
  });
});

describe('clocks may differ a little:', () => {
  test.each<[string, JWTPayload]>([
    ['a token that expired ten seconds ago is accepted', { exp: secondsFromNow(-10) }],
    ['a token that is valid in ten seconds is accepted', { nbf: secondsFromNow(10) }],
  ])('%s', async (_name, claims) => {
    expect(await withSecret({ claims })).toEqual(somebody);
  });
});

test('one of several audiences is enough', async () => {
  expect(await withSecret({ claims: { aud: ['another-service', audience] } })).toEqual(somebody);
});

describe('the scopes of a token', () => {
  test.each<[string, unknown, string[]]>([
    ['are the words of scope', 'experiments:run experiments:read', ['experiments:run', 'experiments:read']],
    ['leave out words that the gateway does not know', 'openid experiments:read admin *', ['experiments:read']],
    ['are exact words', 'Experiments:Read experiments:reads experiments', []],
    ['may be separated by several spaces', 'experiments:read   experiments:write', somebody.scopes],
    ['are none when the claim is missing', undefined, []],
    ['are none when the claim is empty', '', []],
    [
      'may be a list',
      ['experiments:run', 'openid', 7, null, 'experiments:read'],
      ['experiments:run', 'experiments:read'],
    ],
    ['are exact entries of a list', ['experiments:read experiments:write', ['experiments:run']], []],
    ['are none when the claim is neither a text nor a list', { 'experiments:read': true }, []],
  ])('%s', async (_name, scope, scopes) => {
    expect(await withSecret({ claims: { scope } })).toEqual({ ...somebody, scopes });
  });

  test('are what it may do', async () => {
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

  test('names the claim that holds the organization', async () => {
    const claims = { org_id: 'blue', 'https://dashboard.test/tenant': 'acme' };
    expect(await withSecret({ claims }, environment)).toEqual(somebody);
  });

  test('makes org_id a claim like any other', async () => {
    expect(await withSecret({}, environment)).toEqual(nobody);
  });
});

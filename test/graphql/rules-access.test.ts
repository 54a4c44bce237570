import { setTimeout as sleep } from 'node:timers/promises';
import { SignJWT } from 'jose';
import { describe, expect, test } from 'vitest';
import { createCalls, otherConnection } from '../support/gateway/calls.ts';
import { createTestGateway, type TestGateway } from '../support/gateway/test-gateway.ts';

const unauthenticated = {
  __typename: 'AuthenticationError',
  code: 'UNAUTHENTICATED',
  status: 401,
  message: expect.any(String),
};
const forbidden = {
  __typename: 'PermissionError',
  code: 'FORBIDDEN',
  status: 403,
  message: expect.any(String),
  requiredScope: 'experiments:write',
};

describe('credentials', () => {
  const secret = 'a secret that is long enough for HMAC';
  const tokens = { JWT_ISSUER: 'https://issuer.test', JWT_AUDIENCE: 'gateway', JWT_SECRET: secret };

  async function signToken(scope: string, organization = 'acme', key = secret) {
    return new SignJWT({ scope, org_id: organization })
      .setProtectedHeader({ alg: 'HS256' })
      .setSubject('user-1')
      .setIssuer(tokens.JWT_ISSUER)
      .setAudience(tokens.JWT_AUDIENCE)
      .setExpirationTime('5 minutes')
      .sign(new TextEncoder().encode(key));
  }

  test.each([
    ['no credential', null],
    ['an unknown key', `sk_${'a'.repeat(43)}`],
    ['a text that is not a key', 'x'],
    ['a token signed with another secret', 'forged'],
  ])('R1: a write with %s is refused and changes nothing', async (_case, credential) => {
    const gateway = await createTestGateway(tokens);
    const calls = createCalls(gateway);
    await calls.created({ experimentId: 'a' });
    const key = credential === 'forged' ? await signToken('experiments:write', 'acme', 'x'.repeat(32)) : credential;
    const unknownCaller = createCalls(gateway, { key });
    const result = await calls.writingNothing(() => unknownCaller.replace({ id: 'a', input: { name: 'New' } }));
    expect(result).toEqual(unauthenticated);
  });

  test.each(['Basic', 'Token', ''])('R1: a key with the scheme "%s" is refused', async (scheme) => {
    const gateway = await createTestGateway();
    const authorization = `${scheme} ${gateway.key}`.trim();
    const calls = createCalls(gateway, { key: null, headers: { authorization } });
    expect(await calls.replace({ id: 'a', input: {} })).toEqual(unauthenticated);
  });

  test('R1: a revoked key is refused within a second', async () => {
    const gateway = await createTestGateway();
    const { id, secret: key } = await gateway.issueKey();
    const calls = createCalls(gateway, { key });
    await calls.created({ experimentId: 'a' });
    otherConnection(gateway).prepare('UPDATE api_keys SET revoked_at = 1 WHERE id = ?').run(id);
    await sleep(900);
    expect(await calls.replace({ id: 'a', input: {} })).toEqual(unauthenticated);
  });

  test.each([[['experiments:read']], [['experiments:run', 'experiments:read']], [[]]] as const)(
    'R1: a key with the scopes %j may not write',
    async (scopes) => {
      const gateway = await createTestGateway();
      const calls = createCalls(gateway);
      await calls.created({ experimentId: 'a' });
      const { secret: key } = await gateway.issueKey({ scopes: [...scopes] });
      const reader = createCalls(gateway, { key });
      const result = await calls.writingNothing(() => reader.replace({ id: 'a', input: { name: 'New' } }));
      expect(result).toEqual(forbidden);
    },
  );

  test('R1: a replace needs only experiments:write', async () => {
    const gateway = await createTestGateway();
    await createCalls(gateway).created({ experimentId: 'a' });
    const { secret: key } = await gateway.issueKey({ scopes: ['experiments:write'] });
    const { experiment } = await createCalls(gateway, { key }).replace({ id: 'a', input: { name: 'New' } });
    expect(experiment.name).toBe('New');
  });

  test('R1: a valid token writes only in its organization and within its scopes', async () => {
    const gateway = await createTestGateway(tokens);
    await createCalls(gateway).created({ experimentId: 'a' });
    const replaceBy = async (key: string) => createCalls(gateway, { key }).replace({ id: 'a', input: { name: 'New' } });
    expect(await replaceBy(await signToken('openid experiments:read'))).toEqual(forbidden);
    expect(await replaceBy(await signToken('experiments:write', 'other'))).toMatchObject({ code: 'NOT_FOUND' });
    expect(await replaceBy(await signToken('experiments:write'))).toMatchObject({ experiment: { name: 'New' } });
  });

  test("R1: a replace does not find another organization's experiment and does not change it", async () => {
    const gateway = await createTestGateway();
    const calls = createCalls(gateway);
    await calls.created({ experimentId: 'a' });
    const { secret: key } = await gateway.issueKey({ organization: 'other' });
    const other = createCalls(gateway, { key });
    const result = await calls.writingNothing(() => other.replace({ id: 'a', input: { name: 'New' } }));
    expect(result).toEqual({
      __typename: 'NotFoundError',
      code: 'NOT_FOUND',
      status: 404,
      message: expect.any(String),
      missingId: 'a',
    });
  });
});

describe('order of checks', () => {
  /** For each operation, calls whose first failing check after the scope is the input, existence or the revision. */
  const wrongs = {
    replace: {
      input: { id: '', input: { batchSize: 0 }, ifRevision: 9 },
      existence: { id: 'missing', input: { name: 'New' }, ifRevision: 9 },
      revision: { id: 'a', input: { name: 'New' }, ifRevision: 9 },
    },
    update: {
      input: { id: '', input: { batchSize: 0 }, ifRevision: 9 },
      existence: { id: 'missing', input: { name: 'New' }, ifRevision: 9 },
      revision: { id: 'a', input: { name: 'New' }, ifRevision: 9 },
    },
    delete: {
      input: { id: '', ifRevision: 9 },
      existence: { id: 'missing', ifRevision: 9 },
      revision: { id: 'a', ifRevision: 9 },
    },
    restore: {
      input: { id: '', revision: 0, ifRevision: 9 },
      existence: { id: 'missing', revision: 7, ifRevision: 9 },
      revision: { id: 'a', revision: 1, ifRevision: 9 },
    },
  } as const;

  const readKind = async (
    gateway: TestGateway,
    name: keyof typeof wrongs,
    variables: object,
    key = gateway.key as string | null,
  ) => (await createCalls(gateway, { key })[name]({ ...variables })).__typename;

  test.each(Object.entries(wrongs))(
    'R1, R10, R14: %s checks the key, the scope, the input, existence and the revision in this order',
    async (operation, { input, existence, revision }) => {
      const name = operation as keyof typeof wrongs;
      const gateway = await createTestGateway();
      const calls = createCalls(gateway);
      await calls.created({ experimentId: 'a' });
      await calls.replace({ id: 'a', input: { name: 'Second' } });
      const { secret: reader } = await gateway.issueKey({ scopes: ['experiments:read'] });
      const { secret: stranger } = await gateway.issueKey({ organization: 'other' });
      await calls.writingNothing(async () => {
        expect(await readKind(gateway, name, input, null)).toBe('AuthenticationError');
        expect(await readKind(gateway, name, revision, null)).toBe('AuthenticationError');
        expect(await readKind(gateway, name, input, reader)).toBe('PermissionError');
        expect(await readKind(gateway, name, existence, reader)).toBe('PermissionError');
        expect(await readKind(gateway, name, revision, reader)).toBe('PermissionError');
        expect(await readKind(gateway, name, input)).toBe('ValidationError');
        expect(await readKind(gateway, name, existence)).toBe('NotFoundError');
        expect(await readKind(gateway, name, revision, stranger)).toBe('NotFoundError');
        expect(await readKind(gateway, name, revision)).toBe('ConflictError');
      });
    },
  );

  test('R1, R10: create checks the key, the scope, the input and the id in this order', async () => {
    const gateway = await createTestGateway();
    const calls = createCalls(gateway);
    await calls.created({ experimentId: 'a' });
    const { secret: reader } = await gateway.issueKey({ scopes: ['experiments:read'] });
    const taken = { input: { experimentId: 'a', name: 'New' } };
    const wrong = { input: { experimentId: 'a', name: ' ' } };
    await calls.writingNothing(async () => {
      expect(await createCalls(gateway, { key: null }).create(wrong)).toEqual(unauthenticated);
      expect(await createCalls(gateway, { key: reader }).create(wrong)).toEqual(forbidden);
      expect(await calls.create(wrong)).toMatchObject({ __typename: 'ValidationError' });
      expect(await calls.create(taken)).toMatchObject({ __typename: 'ConflictError' });
    });
  });
});

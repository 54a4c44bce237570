import { expect, onTestFinished, test } from 'vitest';
import { openStorage } from '../../src/storage/open.ts';
import { mutations } from '../support/gateway/operations.ts';
import { createTestGateway, type TestGateway } from '../support/gateway/test-gateway.ts';
import { issuer, secondsFromNow, signByHand, signer, startKeySetServer, token, trusted } from '../support/http/jwt.ts';

const secret = new TextEncoder().encode('a secret of more than 32 characters, for tests');

/** Values of `Authorization` that identify no caller. */
async function badCredentials(gateway: TestGateway): Promise<Record<string, string>> {
  const storage = await openStorage(`file:${gateway.databasePath}`);
  onTestFinished(() => storage.close());
  const revoked = await gateway.issueKey();
  await storage.apiKeys.revoke(revoked.id, new Date());
  const own = await signer('ES256', 'own');
  return {
    'an unknown key': `Bearer sk_${'A'.repeat(43)}`,
    'a revoked key': `Bearer ${revoked.secret}`,
    'another scheme': 'Basic dXNlcjpwYXNz',
    'a scheme alone': 'Bearer',
    'an expired token': `Bearer ${await token('HS256', secret, { claims: { exp: secondsFromNow(-600) } })}`,
    'a token of another issuer': `Bearer ${await token('HS256', secret, { claims: { iss: 'https://other.test' } })}`,
    'a token for another audience': `Bearer ${await token('HS256', secret, { claims: { aud: 'other' } })}`,
    'a token without a subject': `Bearer ${await token('HS256', secret, { claims: { sub: undefined } })}`,
    'a token without an organization': `Bearer ${await token('HS256', secret, { claims: { org_id: undefined } })}`,
    'a token with an odd organization': `Bearer ${await token('HS256', secret, { claims: { org_id: 7 } })}`,
    'a token signed with another key': `Bearer ${await own.sign()}`,
    'an unsigned token': `Bearer ${signByHand({ alg: 'none' }, { iss: issuer, sub: 'user_1', org_id: 'acme' })}`,
    'three words between dots': 'Bearer a.b.c',
  };
}

/** Sends a request. Returns the whole answer except the request id, which differs every time. */
async function readAnswer(gateway: TestGateway, authorization: string | null, query: string, variables?: object) {
  const response = await gateway.fetch('/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(authorization !== null && { authorization }) },
    body: JSON.stringify({ query, variables }),
  });
  const headers = Object.fromEntries([...response.headers].filter(([name]) => name !== 'x-request-id'));
  return { status: response.status, headers, body: await response.text() };
}

const startKeySet = async () => ({ JWT_JWKS_URL: (await startKeySetServer((await signer('RS256', 'k')).jwk)).url });

test.each([
  ['a query', '{ experiments { totalCount } }', undefined],
  ['a replace', mutations.replace, { id: 'exp_1', input: { name: '' } }],
  ['a delete', mutations.delete, { id: 'exp_1' }],
])('for %s every refused credential gets the same bytes as a missing one', async (_name, query, variables) => {
  const answers = await readRefusedAnswers(query, variables);
  const first = answers['none, no tokens'];
  expect(first).toMatchObject({ status: 200, body: expect.stringContaining('UNAUTHENTICATED') });
  expect(answers).toEqual(Object.fromEntries(Object.keys(answers).map((name) => [name, first])));
});

test('for the viewer every refused credential gets the same bytes, and a missing one gets null', async () => {
  const answers = Object.entries(await readRefusedAnswers('{ viewer { organization } }'));
  const [refused, missing] = [false, true].map((isMissing) =>
    answers.filter(([name]) => name.startsWith('none') === isMissing).map(([, answer]) => answer),
  ) as [unknown[], unknown[]];
  expect(refused[0]).toMatchObject({ status: 200, body: expect.stringContaining('UNAUTHENTICATED') });
  expect(refused).toEqual(refused.map(() => refused[0]));
  expect(missing[0]).toMatchObject({ status: 200, body: '{"data":{"viewer":null}}' });
  expect(missing).toEqual(missing.map(() => missing[0]));
});

/** The answers to a request without a credential and with each bad one, by gateways of different configurations. */
async function readRefusedAnswers(query: string, variables?: object): Promise<Record<string, unknown>> {
  const withSecret = { ...trusted, JWT_SECRET: 'a secret of more than 32 characters, for tests' };
  const answers: Record<string, unknown> = {};
  for (const [kind, environment] of Object.entries({
    'no tokens': {},
    'a secret': withSecret,
    'a key set': { ...trusted, ...(await startKeySet()) },
  })) {
    const gateway = await createTestGateway(environment);
    answers[`none, ${kind}`] = await readAnswer(gateway, null, query, variables);
    for (const [name, authorization] of Object.entries(await badCredentials(gateway)))
      answers[`${name}, ${kind}`] = await readAnswer(gateway, authorization, query, variables);
  }
  return answers;
}

test('a mutation returns AuthenticationError before it validates the input', async () => {
  const gateway = await createTestGateway();
  const { body } = await gateway.graphql(mutations.replace, { id: 'exp_1', input: { batchSize: 0 } }, { key: 'sk_no' });
  expect(body).toEqual({
    data: {
      result: {
        __typename: 'AuthenticationError',
        code: 'UNAUTHENTICATED',
        status: 401,
        message: expect.any(String),
      },
    },
  });
});

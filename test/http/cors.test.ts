import { describe, expect, test } from 'vitest';
import { createTestGateway, type TestGateway } from '../support/gateway/test-gateway.ts';

const one = 'https://app.example.com';
const two = 'https://other.example.com:8443';
const stranger = 'https://evil.example';

async function preflight(gateway: TestGateway, origin: string): Promise<Response> {
  return gateway.fetch('/graphql', {
    method: 'OPTIONS',
    headers: {
      origin,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'authorization,content-type',
    },
  });
}

/** Whether a browser lets a page of this origin read the answer. */
function isAllowed({ headers }: { headers: Headers }, origin: string): boolean {
  return [origin, '*'].includes(headers.get('access-control-allow-origin') ?? '');
}

function splitList(value: string | null): string[] {
  return (value ?? '').toLowerCase().split(/\s*,\s*/);
}

describe('without CORS_ORIGINS', () => {
  test('without CORS_ORIGINS no page of another origin may call the gateway', async () => {
    const gateway = await createTestGateway();
    for (const origin of [one, 'null', 'http://127.0.0.1:4000']) {
      const { headers } = await preflight(gateway, origin);
      expect([...headers.keys()].filter((name) => name.startsWith('access-control-'))).toEqual([]);
      expect(isAllowed(await gateway.graphql('{ __typename }', {}, { headers: { origin } }), origin)).toBe(false);
    }
  });
});

describe.each([
  ['one origin', one],
  ['two origins', `${one}, ${two}`],
])('with CORS_ORIGINS of %s', (_name, origins) => {
  test('pages of the configured origins may send a key and JSON by POST', async () => {
    const gateway = await createTestGateway({ CORS_ORIGINS: origins });
    for (const origin of origins.split(', ')) {
      const answer = await preflight(gateway, origin);
      expect(answer.status).toBe(204);
      expect(isAllowed(answer, origin)).toBe(true);
      expect(splitList(answer.headers.get('access-control-allow-methods'))).toEqual(
        expect.arrayContaining(['get', 'post']),
      );
      expect(splitList(answer.headers.get('access-control-allow-headers'))).toEqual(
        expect.arrayContaining(['authorization', 'content-type']),
      );
    }
  });

  test('pages of the configured origins may read answers and refusals alike', async () => {
    const gateway = await createTestGateway({ CORS_ORIGINS: origins });
    const headers = { origin: one };
    expect(isAllowed(await gateway.graphql('{ __typename }', {}, { headers }), one)).toBe(true);
    expect(isAllowed(await gateway.graphql('{ viewer { organization } }', {}, { headers, key: null }), one)).toBe(true);
    expect(isAllowed(await gateway.fetch('/graphql', { method: 'POST', headers, body: 'x' }), one)).toBe(true);
  });

  test.each([stranger, 'null', `${one}.evil.example`, one.replace('https', 'http'), `${one}:8443`])(
    'a page of the origin %s may not call the gateway',
    async (origin) => {
      const gateway = await createTestGateway({ CORS_ORIGINS: origins });
      expect(isAllowed(await preflight(gateway, origin), origin)).toBe(false);
      expect(isAllowed(await gateway.graphql('{ __typename }', {}, { headers: { origin } }), origin)).toBe(false);
    },
  );
});

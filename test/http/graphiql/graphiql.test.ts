import { createHash } from 'node:crypto';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { js as bundle } from '@graphql-yoga/render-graphiql/graphiql';
import { describe, expect, test } from 'vitest';
import { adaptBundle } from '../../../src/http/graphiql/adapt-bundle.ts';
import { sharedApp } from '../../support/gateway/shared-app.ts';

const gateway = sharedApp();
const production = sharedApp({ NODE_ENV: 'production' });

const browser = { accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8' };

async function readPage(): Promise<string> {
  return (await gateway.fetch('/graphql', { headers: browser })).text();
}

/** Lists the assets that the page and its scripts refer to. */
async function listAssets(): Promise<string[]> {
  const found = new Set<string>();
  const collect = (text: string) => {
    for (const [address] of text.matchAll(/\/graphql\/assets\/[\w.-]+/g)) found.add(address);
  };
  collect(await readPage());
  for (const address of found) collect(await (await gateway.fetch(address)).text());
  return [...found];
}

describe('the GraphiQL page', () => {
  test('the GraphiQL page is small HTML that browsers revalidate each time', async () => {
    const response = await gateway.fetch('/graphql', { headers: browser });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(response.headers.get('cache-control')).toBe('no-cache');
    expect((await response.text()).length).toBeLessThan(50_000);
  });

  test('the GraphiQL page refers only to addresses of the gateway', async () => {
    const page = await readPage();
    const addresses = [...page.matchAll(/(?:src|href)\s*=\s*["']?([^"'\s>]+)/gi)].map(([, address]) => address);
    expect(addresses.length).toBeGreaterThan(1);
    for (const address of addresses) expect(address).toMatch(/^(\/graphql\/assets\/|data:)/);
    // The SVG namespace looks like an address, but is never fetched.
    expect(page.replace("xmlns='http://www.w3.org/2000/svg'", '')).not.toMatch(/(?:https?:)?\/\/[\w-]+\.[\w.]+/);
  });

  test('the content security policy lets the GraphiQL page load only from the gateway', async () => {
    const { headers } = await gateway.fetch('/graphql', { headers: browser });
    const policy = headers.get('content-security-policy') ?? '';
    expect(policy).toMatch(/default-src 'none'/);
    expect(policy).not.toMatch(/https?:|\*|unsafe-eval|script-src[^;]*unsafe-inline/);
  });

  test('only browsers that open the address get the GraphiQL page, not GraphQL requests', async () => {
    for (const headers of [{ accept: 'application/json' }, { accept: '*/*' }]) {
      const response = await gateway.fetch('/graphql?query={__typename}', { headers });
      expect(await response.json()).toEqual({ data: { __typename: 'Query' } });
    }
    const withQuery = await gateway.fetch('/graphql?query={__typename}', { headers: browser });
    expect(withQuery.headers.get('content-type')).toMatch(/json/);
  });

  test('the script that takes the key out of the address is the first thing that the GraphiQL page loads', async () => {
    const [first] = /<(script|link|style)\b[^>]*>/.exec(await readPage()) ?? [];
    expect(first).toMatch(/^<script src="\/graphql\/assets\/key\.\w+\.js">$/);
  });

  test("every change to GraphiQL's own script fits it", () => {
    expect(adaptBundle(bundle).missing).toEqual([]);
    expect(adaptBundle('another build')).toEqual({
      script: 'another build',
      missing: expect.arrayContaining(['history']),
    });
  });

  test('the GraphiQL page is not served in production', async () => {
    const [asset = ''] = await listAssets();
    const response = await production.fetch('/graphql', { headers: browser });
    expect(response.headers.get('content-type')).not.toMatch(/html/);
    expect(await response.text()).not.toMatch(/<html|<script/i);
    expect((await production.fetch(asset)).status).toBe(404);
  });
});

describe('GraphiQL assets', () => {
  test('GraphiQL assets are cached permanently, because their names contain a hash of their content', async () => {
    const addresses = await listAssets();
    expect(addresses.length).toBeGreaterThanOrEqual(5);
    for (const address of addresses) {
      const response = await gateway.fetch(address);
      expect(response.status).toBe(200);
      expect(response.headers.get('cache-control')).toMatch(/max-age=31536000.*immutable/);
      const isStyle = address.endsWith('.css');
      expect(response.headers.get('content-type')).toBe(`text/${isStyle ? 'css' : 'javascript'}; charset=utf-8`);
      const content = Buffer.from(await response.arrayBuffer());
      expect(address).toContain(createHash('sha256').update(content).digest('hex').slice(0, 16));
    }
  });

  test('GraphiQL assets are compressed for clients that accept it, with the same content', async () => {
    for (const address of await listAssets()) {
      const get = async (encoding: string) => {
        const response = await gateway.fetch(address, { headers: { 'accept-encoding': encoding } });
        const bytes = Buffer.from(await response.arrayBuffer());
        expect(response.headers.get('vary')).toMatch(/accept-encoding/i);
        expect(response.headers.get('content-length')).toBe(String(bytes.length));
        return { bytes, coding: response.headers.get('content-encoding') };
      };
      const plain = await get('identity');
      const [brotli, gzip] = [await get('gzip, deflate, br'), await get('gzip')];
      expect([plain.coding, brotli.coding, gzip.coding]).toEqual([null, 'br', 'gzip']);
      expect(brotliDecompressSync(brotli.bytes).equals(plain.bytes)).toBe(true);
      expect(gunzipSync(gzip.bytes).equals(plain.bytes)).toBe(true);
      expect(brotli.bytes.length).toBeLessThan(plain.bytes.length / 2);
      expect((await get('br;q=0, gzip')).coding).toBe('gzip');
    }
  });

  test('HEAD of a GraphiQL asset returns the headers of GET and no body', async () => {
    const [address = ''] = await listAssets();
    const [head, get] = [await gateway.fetch(address, { method: 'HEAD' }), await gateway.fetch(address)];
    expect(await head.text()).toBe('');
    for (const name of ['content-type', 'content-length', 'cache-control'])
      expect(head.headers.get(name)).toBe(get.headers.get(name));
  });

  test('an unknown GraphiQL asset is a 404 that is not cached', async () => {
    for (const path of ['/graphql/assets/', '/graphql/assets/boot.js', '/graphql/assets/../../package.json']) {
      const response = await gateway.fetch(path);
      expect(response.status).toBe(404);
      expect(response.headers.get('cache-control')).toBe('no-store');
    }
  });
});

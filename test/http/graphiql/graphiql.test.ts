import { createHash } from 'node:crypto';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { sharedApp } from '../../support/gateway/shared-app.ts';

const gateway = sharedApp();
const production = sharedApp({ NODE_ENV: 'production' });

const browser = { accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8' };

async function readPage(): Promise<string> {
  return (await gateway.fetch('/graphql', { headers: browser })).text();
}

/** The addresses that the page and the scripts it starts with name. */
async function listAssets(): Promise<string[]> {
  const found = new Set<string>();
  const look = (text: string) => {
    for (const [address] of text.matchAll(/\/graphql\/assets\/[\w.-]+/g)) found.add(address);
  };
  look(await readPage());
  for (const address of found) look(await (await gateway.fetch(address)).text());
  return [...found];
}

describe('the page', () => {
  test('is small, HTML, and asked for anew each time', async () => {
    const response = await gateway.fetch('/graphql', { headers: browser });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(response.headers.get('cache-control')).toBe('no-cache');
    expect((await response.text()).length).toBeLessThan(50_000);
  });

  test('names no address but those of the gateway', async () => {
    const page = await readPage();
    const addresses = [...page.matchAll(/(?:src|href)\s*=\s*["']?([^"'\s>]+)/gi)].map(([, address]) => address);
    expect(addresses.length).toBeGreaterThan(1);
    for (const address of addresses) expect(address).toMatch(/^(\/graphql\/assets\/|data:)/);
    // The name of the SVG language looks like an address, but nobody goes there.
    expect(page.replace("xmlns='http://www.w3.org/2000/svg'", '')).not.toMatch(/(?:https?:)?\/\/[\w-]+\.[\w.]+/);
  });

  test('may load nothing from elsewhere: its policy names the gateway alone', async () => {
    const { headers } = await gateway.fetch('/graphql', { headers: browser });
    const policy = headers.get('content-security-policy') ?? '';
    expect(policy).toMatch(/default-src 'none'/);
    expect(policy).not.toMatch(/https?:|\*|unsafe-eval|script-src[^;]*unsafe-inline/);
  });

  test('is for browsers that open the address, not for GraphQL requests', async () => {
    for (const headers of [{ accept: 'application/json' }, { accept: '*/*' }]) {
      const response = await gateway.fetch('/graphql?query={__typename}', { headers });
      expect(await response.json()).toEqual({ data: { __typename: 'Query' } });
    }
    const withQuery = await gateway.fetch('/graphql?query={__typename}', { headers: browser });
    expect(withQuery.headers.get('content-type')).toMatch(/json/);
  });

  test('shows create, replace, a refused input and where the key goes', async () => {
    const addresses = await listAssets();
    const boot = addresses.find((address) => address.includes('/boot.')) ?? '';
    const text = await (await gateway.fetch(boot)).text();
    for (const word of ['createExperiment', 'replaceExperiment', 'ValidationError', 'Authorization', 'Bearer'])
      expect(text).toContain(word);
  });

  test('does not exist in production', async () => {
    const [asset = ''] = await listAssets();
    const response = await production.fetch('/graphql', { headers: browser });
    expect(response.headers.get('content-type')).not.toMatch(/html/);
    expect(await response.text()).not.toMatch(/<html|<script/i);
    expect((await production.fetch(asset)).status).toBe(404);
  });
});

describe('its assets', () => {
  test('are script, style and workers, kept by browsers for good, since their names follow their content', async () => {
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

  test('come compressed to who accepts that, and are the same then', async () => {
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

  test('answer HEAD with what GET would say, and no body', async () => {
    const [address = ''] = await listAssets();
    const [head, get] = [await gateway.fetch(address, { method: 'HEAD' }), await gateway.fetch(address)];
    expect(await head.text()).toBe('');
    for (const name of ['content-type', 'content-length', 'cache-control'])
      expect(head.headers.get(name)).toBe(get.headers.get(name));
  });

  test('that there are not answer 404, and nothing keeps that', async () => {
    for (const path of ['/graphql/assets/', '/graphql/assets/boot.js', '/graphql/assets/../../package.json']) {
      const response = await gateway.fetch(path);
      expect(response.status).toBe(404);
      expect(response.headers.get('cache-control')).toBe('no-store');
    }
  });
});

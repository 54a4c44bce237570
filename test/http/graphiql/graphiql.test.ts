import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import * as bundle from '@graphql-yoga/render-graphiql/graphiql';
import { getIntrospectionQuery } from 'graphql';
import { describe, expect, test } from 'vitest';
import { adaptBundle } from '../../../src/http/graphiql/adapt-bundle.ts';
import { splitBundle } from '../../../src/http/graphiql/split-bundle.ts';
import { sharedApp } from '../../support/gateway/shared-app.ts';
import { createTemporaryFolder } from '../../support/gateway/test-gateway.ts';

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
    // The page with the experiments is served wherever GraphiQL is.
    for (const address of addresses) expect(address).toMatch(/^(\/$|\/graphql\/assets\/|data:)/);
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
    const adapted = adaptBundle(bundle.js);
    const address = () => '/address';
    expect(adapted.missing.concat(splitBundle({ ...bundle, js: adapted.script }, address).missing)).toEqual([]);
    const js = 'another build';
    expect(adaptBundle(js)).toEqual({ script: js, missing: expect.arrayContaining(['history']) });
    expect(splitBundle({ ...bundle, js, graphqlWorker: js }, address)).toMatchObject({
      script: js,
      missing: ['formatter', 'formatter of the worker'],
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

const contentTypes: Record<string, string> = {
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  json: 'application/json',
  woff2: 'font/woff2',
  woff: 'font/woff',
  ttf: 'font/ttf',
};

describe('GraphiQL assets', () => {
  test('GraphiQL assets are cached permanently, because their names contain a hash of their content', async () => {
    const addresses = await listAssets();
    expect(addresses.length).toBeGreaterThanOrEqual(5);
    for (const address of addresses) {
      const response = await gateway.fetch(address);
      expect(response.status).toBe(200);
      expect(response.headers.get('cache-control')).toMatch(/max-age=31536000.*immutable/);
      expect(response.headers.get('content-type')).toBe(contentTypes[/\w+$/.exec(address)?.[0] ?? '']);
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
      // Fonts are compressed already.
      const least = address.includes('/font.') ? 0.9 : 2;
      expect(brotli.bytes.length).toBeLessThan(plain.bytes.length / least);
      expect((await get('br;q=0, gzip')).coding).toBe('gzip');
    }
  });

  test('a first visit to GraphiQL loads less than 1.5 MB', async () => {
    const fonts = new Map<string, boolean>();
    for (const address of (await listAssets()).filter((name) => name.endsWith('.css'))) {
      const stylesheet = await (await gateway.fetch(address)).text();
      for (const [rule, font = ''] of stylesheet.matchAll(/@font-face\{[^}]*url\(([^)]+)\)[^}]*\}/g))
        fonts.set(font, /font-style:normal.*unicode-range:U\+0000-00FF|^[^:]*[^}]*codicon/.test(rule));
    }
    expect([...fonts.values()].filter(Boolean)).toHaveLength(4); // Roboto in two weights, Fira Code and the icons
    const loaded = (await listAssets()).filter((name) => !name.includes('/formatter.') && (fonts.get(name) ?? true));
    const sizes = await Promise.all(
      loaded.map(async (name) => {
        const { headers } = await gateway.fetch(name, { method: 'HEAD', headers: { 'accept-encoding': 'br' } });
        return Number(headers.get('content-length'));
      }),
    );
    const page = (await readPage()).length;
    expect(sizes.reduce((sum, size) => sum + size, page)).toBeLessThan(1_500_000);
  });

  test('the formatter of GraphiQL, which is loaded when it is needed, formats documents and variables', async () => {
    const address = (await listAssets()).find((name) => name.includes('/formatter.')) ?? '';
    const path = join(createTemporaryFolder(), 'formatter.mjs');
    writeFileSync(path, await (await gateway.fetch(address)).text());
    const { standalone, printer, parser, estree, babel } = await import(pathToFileURL(path).href);
    const { printers } = printer;
    const document = await standalone.format('{a,b}', { parser: 'graphql', plugins: [{ printers }, parser] });
    const variables = await standalone.format('{"a":[1, 2]}', { parser: 'jsonc', plugins: [estree, babel] });
    expect([document, variables]).toEqual(['{\n  a\n  b\n}\n', '{ "a": [1, 2] }\n']);
    expect(await standalone.format('{a,b}', { parser: 'graphql', plugins: [parser] })).toBe(document);
  });

  test('the introspection that GraphiQL loads is the one that the gateway answers', async () => {
    const address = (await listAssets()).find((name) => name.includes('/introspection.')) ?? '';
    const query = getIntrospectionQuery({
      schemaDescription: true,
      inputValueDeprecation: true,
      specifiedByUrl: true,
      oneOf: true,
    });
    const body = JSON.stringify({ query });
    const headers = { 'content-type': 'application/json' };
    const answer = await gateway.fetch('/graphql', { method: 'POST', headers, body });
    expect(await (await gateway.fetch(address)).json()).toEqual(await answer.json());
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

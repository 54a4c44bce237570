import { readdirSync, readFileSync } from 'node:fs';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { sharedApp } from '../../support/gateway/shared-app.ts';
import { createTestGateway } from '../../support/gateway/test-gateway.ts';

const gateway = sharedApp();
const production = sharedApp({ NODE_ENV: 'production' });
const dashboard = sharedApp({ NODE_ENV: 'production', DASHBOARD: 'on' });

const browserFolder = new URL('../../../src/http/browser/', import.meta.url);
const addressPattern = /\/assets\/[0-9a-f]{16}\/[\w./-]+/g;

async function readPage(from = gateway): Promise<string> {
  return (await from.fetch('/')).text();
}

/** The assets that the page names. */
async function listAssets(): Promise<string[]> {
  return [...new Set((await readPage()).match(addressPattern))];
}

describe('the page at /', () => {
  test('the page is small HTML that browsers revalidate each time', async () => {
    const response = await gateway.fetch('/', { headers: { 'accept-encoding': 'br' } });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(response.headers.get('cache-control')).toBe('no-cache');
    const compressed = Buffer.from(await response.arrayBuffer());
    expect(compressed.length).toBeLessThan(2_000);
    const page = brotliDecompressSync(compressed).toString();
    expect(page.length).toBeLessThan(8_000);
    expect(page).toBe(await readPage());
  });

  test('the page has the same address with a query string, in which it keeps what is shown', async () => {
    expect(await (await gateway.fetch('/?experiment=exp_1&tab=history')).text()).toBe(await readPage());
  });

  test('the policy of the page allows only what the gateway serves, no inline script or style, and no HTML from texts', async () => {
    const { headers } = await gateway.fetch('/');
    expect(headers.get('content-security-policy')?.split('; ').toSorted()).toEqual([
      "base-uri 'none'",
      "connect-src 'self'",
      "default-src 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
      "img-src 'self'",
      "require-trusted-types-for 'script'",
      "script-src 'self'",
      "style-src 'self'",
      "trusted-types 'none'",
    ]);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(await readPage()).not.toMatch(/<style|style=|<script(?![^>]* src=)|\son\w+=/);
  });

  test('the script that takes the key out of the address is the first thing that the page loads', async () => {
    const [first] = /<(script|link|style)\b[^>]*>/.exec(await readPage()) ?? [];
    expect(first).toMatch(/^<script src="\/assets\/\w+\/key\.js">$/);
  });

  test('the page refers only to addresses of the gateway', async () => {
    const page = await readPage();
    const addresses = [...page.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, address]) => address);
    expect(addresses.length).toBeGreaterThan(10);
    // GraphiQL takes long to build, and has tests of its own.
    for (const address of addresses.filter((each) => each !== '/graphql'))
      expect((await gateway.fetch(address ?? '', browser)).status).toBe(200);
    expect(page).not.toMatch(/\/\/[\w-]+\.[\w.]+/);
  });

  test('POST and other methods find nothing at the address of the page', async () => {
    for (const method of ['POST', 'PUT', 'DELETE']) expect((await gateway.fetch('/', { method })).status).toBe(404);
  });

  test('HEAD of the page returns the headers of GET and no body', async () => {
    const [head, get] = [await gateway.fetch('/', { method: 'HEAD' }), await gateway.fetch('/')];
    expect(await head.text()).toBe('');
    for (const name of ['content-type', 'content-length', 'cache-control'])
      expect(head.headers.get(name)).toBe(get.headers.get(name));
  });
});

const browser = { headers: { accept: 'text/html' } };

describe('the page in production', () => {
  test('without DASHBOARD the page and its assets are 404 in production', async () => {
    for (const address of ['/', ...(await listAssets())]) {
      const response = await production.fetch(address, browser);
      expect(response.status).toBe(404);
      expect(response.headers.get('content-type')).toMatch(/json/);
    }
  });

  test('with DASHBOARD=on the page is served in production, without a link to GraphiQL, which is not', async () => {
    const page = await readPage(dashboard);
    expect(page).toContain('<title>Experiment gateway</title>');
    expect(page).not.toContain('"/graphql"');
    expect(await readPage()).toContain('"/graphql"');
    for (const address of await listAssets()) expect((await dashboard.fetch(address)).status).toBe(200);
    expect(await (await dashboard.fetch('/graphql', browser)).text()).not.toMatch(/<html/);
  });

  test('with DASHBOARD=off the page is 404 in production and served in development', async () => {
    for (const [NODE_ENV, status] of [
      ['production', 404],
      ['development', 200],
    ] as const) {
      const off = await createTestGateway({ NODE_ENV, DASHBOARD: 'off' });
      expect((await off.fetch('/')).status).toBe(status);
    }
  });
});

describe('the assets of the page', () => {
  test('every module and stylesheet of the page is served permanently under a hash of them all, compressed and unchanged', async () => {
    const [folder = ''] = /\/assets\/\w+\//.exec(await readPage()) ?? [];
    const names = ['key.js', ...readdirSync(new URL('page/', browserFolder)).map((name) => `page/${name}`)];
    const types = { js: 'text/javascript; charset=utf-8', css: 'text/css; charset=utf-8', svg: 'image/svg+xml' };
    for (const name of names) {
      const content = readFileSync(new URL(name, browserFolder), 'utf8');
      for (const [accepted, decode] of [
        ['gzip, deflate, br', brotliDecompressSync],
        ['gzip', gunzipSync],
        ['identity', (bytes: Buffer) => bytes],
      ] as const) {
        const response = await gateway.fetch(folder + name, { headers: { 'accept-encoding': accepted } });
        expect([name, response.status]).toEqual([name, 200]);
        expect(response.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
        expect(response.headers.get('content-type')).toBe(types[name.split('.').at(-1) as keyof typeof types]);
        expect(response.headers.get('vary')).toBe('accept-encoding');
        expect(decode(Buffer.from(await response.arrayBuffer())).toString()).toBe(content);
      }
    }
  });

  test('every module that a module of the page imports exists and is loaded in advance', async () => {
    const page = await readPage();
    const modules = readdirSync(new URL('page/', browserFolder)).filter((name) => name.endsWith('.js'));
    for (const name of modules) {
      const text = readFileSync(new URL(`page/${name}`, browserFolder), 'utf8');
      for (const [, imported] of text.matchAll(/from '\.\/([^']+)'/g)) expect(modules).toContain(imported);
      expect(page).toMatch(new RegExp(`<link rel="modulepreload" href="/assets/\\w+/page/${name}">`));
    }
  });

  test('an unknown asset of the page is a 404 that is not cached', async () => {
    for (const path of ['/assets/', '/assets/page/main.js', '/assets/../package.json', '/assets/%2e%2e/key.js']) {
      const response = await gateway.fetch(path);
      expect(response.status).toBe(404);
      expect(response.headers.get('cache-control')).toBe('no-store');
    }
  });
});

describe('the colours of the page', () => {
  const css = readFileSync(new URL('page/base.css', browserFolder), 'utf8');
  const [light = '', dark = ''] = css.split('@media (prefers-color-scheme: dark)');
  const read = (text: string) =>
    Object.fromEntries([...text.matchAll(/--([\w-]+): (#[0-9a-f]{6})/g)].map(([, name, colour]) => [name, colour]));

  test.each([
    ['light', read(light)],
    ['dark', read(dark)],
  ])('every text of the page has the contrast that WCAG AA asks for, in %s', (_scheme, colours) => {
    const plain = ['text', 'quiet', 'accent', 'green', 'red', 'amber'];
    const grounds = ['ground', 'surface', 'raised', 'accent-soft'];
    const pairs = [
      ...plain.flatMap((text) => grounds.map((ground) => [text, ground])),
      ...['green', 'blue', 'red', 'amber'].map((text) => [text, `${text}-soft`]),
      ['accent-text', 'accent'],
    ] as [string, string][];
    const contrasts = pairs.map(([text, ground]) => [text, ground, measureContrast(colours[text], colours[ground])]);
    expect(contrasts.filter(([, , contrast]) => !(Number(contrast) >= 4.5))).toEqual([]);
  });
});

/** The contrast of two colours, by WCAG 2. */
function measureContrast(...colours: (string | undefined)[]): number {
  const [darker = 0, lighter = 0] = colours
    .map((colour = '') => {
      const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
        const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
        return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
      });
      return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    })
    .toSorted((a, b) => a - b);
  return (lighter + 0.05) / (darker + 0.05);
}

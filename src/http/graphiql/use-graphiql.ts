import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { brotliCompress, constants, gunzip, gzip } from 'node:zlib';
import type { Plugin } from 'graphql-yoga';
import { adaptBundle } from './adapt-bundle.ts';
import { introspectSchema } from './introspection.ts';
import { renderGraphiQLPage } from './page.ts';
import { splitBundle } from './split-bundle.ts';
import { tabs } from './tabs.ts';

type Bytes = Uint8Array<ArrayBuffer>;

interface Asset {
  readonly contentType: string;
  readonly brotli: Bytes;
  readonly gzip: Bytes;
}

interface GraphiQL {
  readonly page: string;
  readonly assets: ReadonlyMap<string, Asset>;
}

const types = {
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  json: 'application/json',
  woff2: 'font/woff2',
  woff: 'font/woff',
  ttf: 'font/ttf',
};

/** Sent with the assets too: a worker obeys the policy of its own script, not the page's. */
const securityHeaders = {
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "worker-src 'self'",
    "style-src 'self' 'unsafe-inline'", // monaco and GraphiQL write styles at run time
    "font-src 'self'",
    "img-src 'self' data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
};

/**
 * GraphiQL for browsers at the GraphQL endpoint, served entirely by the gateway: a small page, and its assets under
 * `{endpoint}/assets/` with their content hash in the name, compressed once and cached by browsers permanently.
 *
 * It comes before everything that answers GraphQL requests, because a browser's `GET` of the endpoint has no document,
 * and before Yoga's own 404, which covers every address below the endpoint. Nothing is loaded at start-up: the first
 * browser waits about half a second while 9 MB are read and compressed, and a gateway without browsers never pays.
 */
export function useGraphiQL({ endpoint }: { endpoint: string }): Plugin {
  let graphiql: Promise<GraphiQL> | undefined;
  const assetFolder = `${endpoint}/assets/`;

  return {
    async onRequest({ request, url, fetchAPI, endResponse }) {
      if (request.method !== 'GET' && request.method !== 'HEAD') return;
      const isAsset = url.pathname.startsWith(assetFolder);
      if (!isAsset && !isPageRequest(request, url, endpoint)) return;

      graphiql ??= buildGraphiQL(endpoint, assetFolder);
      const { page, assets } = await graphiql;
      const answer = isAsset ? await answerAsset(assets.get(url.pathname), request) : answerPage(page);
      const body = request.method === 'HEAD' ? null : answer.body;
      endResponse(
        new fetchAPI.Response(body, {
          status: answer.status,
          headers: { ...securityHeaders, ...answer.headers, 'content-length': String(answer.body.byteLength) },
        }),
      );
    },
  };
}

/** Whether a browser navigates to the endpoint, as opposed to a GraphQL request by `GET`. */
function isPageRequest(request: Request, url: URL, endpoint: string): boolean {
  return (
    (url.pathname === endpoint || url.pathname === `${endpoint}/`) &&
    !url.searchParams.has('query') &&
    (request.headers.get('accept') ?? '').includes('text/html')
  );
}

interface Answer {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: Bytes;
}

function answerPage(page: string): Answer {
  const headers = { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-cache', vary: 'accept' };
  return { status: 200, headers, body: toBytes(page) };
}

async function answerAsset(asset: Asset | undefined, request: Request): Promise<Answer> {
  if (!asset) {
    const headers = { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' };
    return { status: 404, headers, body: toBytes('Not found') };
  }
  const headers = {
    'content-type': asset.contentType,
    'cache-control': 'public, max-age=31536000, immutable',
    vary: 'accept-encoding',
  };
  const accepted = request.headers.get('accept-encoding') ?? '';
  if (acceptsCoding(accepted, 'br'))
    return { status: 200, headers: { ...headers, 'content-encoding': 'br' }, body: asset.brotli };
  if (acceptsCoding(accepted, 'gzip'))
    return { status: 200, headers: { ...headers, 'content-encoding': 'gzip' }, body: asset.gzip };
  return { status: 200, headers, body: await promisify(gunzip)(asset.gzip) };
}

/** Whether an `Accept-Encoding` header names a coding without excluding it by `q=0`. */
function acceptsCoding(acceptEncoding: string, coding: string): boolean {
  return acceptEncoding.split(',').some((entry) => {
    const [name, weight] = entry.toLowerCase().split(';', 2);
    return name?.trim() === coding && !/^\s*q\s*=\s*0(\.0*)?\s*$/.test(weight ?? '');
  });
}

async function buildGraphiQL(endpoint: string, assetFolder: string): Promise<GraphiQL> {
  const source = await import('@graphql-yoga/render-graphiql/graphiql');
  const pending: Promise<[string, Asset]>[] = [];

  /** Starts compressing an asset and returns its address. */
  function add(name: string, extension: keyof typeof types, file: string | Buffer): string {
    const content = typeof file === 'string' ? toBytes(file) : new Uint8Array(file);
    const hash = createHash('sha256').update(content).digest('hex').slice(0, 16);
    const address = `${assetFolder}${name}.${hash}.${extension}`;
    pending.push(compress(content, types[extension]).then((asset) => [address, asset]));
    return address;
  }

  const { stylesheet, script, worker } = splitBundle({ ...source, js: adaptBundle(source.js).script }, add);
  const graphiql = add('graphiql', 'js', script);
  const key = add('key', 'js', await readBrowserScript('key'));
  const settings = JSON.stringify({
    endpoint,
    tabs,
    worker: add('worker', 'js', worker),
    introspection: add('introspection', 'json', introspectSchema()),
  });
  const boot = add('boot', 'js', `const graphiqlSettings = ${settings};\n${await readBrowserScript('graphiql')}`);
  return {
    page: renderGraphiQLPage({ key, stylesheet: add('graphiql', 'css', stylesheet), scripts: [graphiql, boot] }),
    assets: new Map(await Promise.all(pending)),
  };
}

function readBrowserScript(name: string): Promise<string> {
  return readFile(new URL(`../browser/${name}.js`, import.meta.url), 'utf8');
}

async function compress(content: Bytes, contentType: string): Promise<Asset> {
  // Quality 6: a third of a second for everything; 9 takes twice that and saves 3 %.
  const params = { [constants.BROTLI_PARAM_QUALITY]: 6, [constants.BROTLI_PARAM_SIZE_HINT]: content.byteLength };
  const [brotli, gzipped] = await Promise.all([
    promisify(brotliCompress)(content, { params }),
    promisify(gzip)(content),
  ]);
  return { contentType, brotli, gzip: gzipped };
}

function toBytes(text: string): Bytes {
  return new TextEncoder().encode(text);
}

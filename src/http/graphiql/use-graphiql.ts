import { readFile } from 'node:fs/promises';
import type { Plugin } from 'graphql-yoga';
import {
  type Asset,
  type AssetType,
  answerAsset,
  type BrowserAnswer,
  caching,
  compressAsset,
  createSecurityHeaders,
  hashContent,
  toBytes,
  toResponse,
} from '../assets.ts';
import { adaptBundle } from './adapt-bundle.ts';
import { introspectSchema } from './introspection.ts';
import { renderGraphiQLPage } from './page.ts';
import { splitBundle } from './split-bundle.ts';
import { tabs } from './tabs.ts';

interface GraphiQL {
  readonly page: string;
  readonly assets: ReadonlyMap<string, Asset>;
}

const securityHeaders = createSecurityHeaders([
  "script-src 'self'",
  "worker-src 'self'",
  "style-src 'self' 'unsafe-inline'", // monaco and GraphiQL write styles at run time
  "font-src 'self'",
  "img-src 'self' data:",
]);

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
      const answer = isAsset
        ? await answerAsset(assets.get(url.pathname), request, caching.permanent)
        : answerPage(page);
      endResponse(toResponse(answer, request, securityHeaders, fetchAPI));
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

function answerPage(page: string): BrowserAnswer {
  const headers = { 'content-type': 'text/html; charset=utf-8', 'cache-control': caching.none, vary: 'accept' };
  return { status: 200, headers, body: toBytes(page) };
}

async function buildGraphiQL(endpoint: string, assetFolder: string): Promise<GraphiQL> {
  const source = await import('@graphql-yoga/render-graphiql/graphiql');
  const pending: Promise<[string, Asset]>[] = [];

  /** Starts compressing an asset and returns its address. */
  function add(name: string, extension: AssetType, content: string | Buffer): string {
    const address = `${assetFolder}${name}.${hashContent(content)}.${extension}`;
    pending.push(compressAsset(content, extension).then((asset) => [address, asset]));
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

import { readdir, readFile } from 'node:fs/promises';
import type { Plugin } from 'graphql-yoga';
import {
  type Asset,
  type AssetType,
  answerAsset,
  assetTypes,
  caching,
  compressAsset,
  createSecurityHeaders,
  hashContent,
  toResponse,
} from '../assets.ts';
import { findExchange } from '../use-exchange.ts';
import { type PageParts, renderPage } from './render-page.ts';

type PageOptions = Pick<PageParts, 'hasGraphiQL' | 'trashDays'>;

interface Page {
  readonly html: Asset;
  readonly assets: ReadonlyMap<string, Asset>;
}

const securityHeaders = createSecurityHeaders([
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  // No script can turn text into HTML: what experiments contain is never interpreted.
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
]);

const assetFolder = '/assets/';

/**
 * The page at `/`: experiments to look at and edit. The HTML is small; its modules and styles are under
 * `/assets/<hash>/`, where the hash covers all of them, so that modules import each other by relative addresses and
 * browsers keep them permanently. They are read and compressed when the first browser asks.
 *
 * It comes after the exchange, whose path it compares as it was sent, and before the service routes, which answer 404 to
 * `/` where this step is left out.
 */
export function usePage(options: PageOptions): Plugin {
  let page: Promise<Page> | undefined;
  return {
    async onRequest({ request, fetchAPI, endResponse }) {
      const { path } = findExchange(request);
      const isAsset = path.startsWith(assetFolder);
      if ((path !== '/' && !isAsset) || (request.method !== 'GET' && request.method !== 'HEAD')) return;
      page ??= buildPage(options);
      const { html, assets } = await page;
      const answer = isAsset
        ? await answerAsset(assets.get(path), request, caching.permanent)
        : await answerAsset(html, request, caching.none);
      endResponse(toResponse(answer, request, securityHeaders, fetchAPI));
    },
  };
}

const browserFolder = new URL('../browser/', import.meta.url);

async function buildPage(options: PageOptions): Promise<Page> {
  const own = (await readdir(new URL('page/', browserFolder))).toSorted();
  const names = ['key.js', ...own.map((name) => `page/${name}`)];
  const texts = await Promise.all(names.map((name) => readFile(new URL(name, browserFolder), 'utf8')));
  const folder = `${assetFolder}${hashContent(...texts)}/`;
  const compressed = await Promise.all(
    texts.map((text, index) => compressAsset(text, findExtension(names[index] ?? ''))),
  );
  const addresses = names.map((name) => folder + name);
  return {
    html: await compressAsset(renderPage({ folder, names: own, ...options }), 'html'),
    assets: new Map(compressed.map((asset, index) => [addresses[index] ?? '', asset])),
  };
}

function findExtension(name: string): AssetType {
  const extension = name.slice(name.lastIndexOf('.') + 1);
  if (!(extension in assetTypes)) throw new Error(`No content type is known for ${name}.`);
  return extension as AssetType;
}

import type { Exchange } from '../exchange.ts';
import type { Call } from './handler.ts';

interface PageLinks {
  readonly next: string | null;
  readonly previous: string | null;
}

/**
 * The addresses of the next and the previous page: that of the request, with another `page`. Where the list goes on
 * beyond the deepest page, there is a next link too: a client that follows it sees the refusal, and does not take the
 * list for complete.
 */
export function buildPageLinks({ exchange, origin }: Call, page: number, size: number, count: number): PageLinks {
  const linkTo = (number: number) => {
    const query = new URLSearchParams(exchange.search);
    query.set('page', String(number));
    return `${origin}${exchange.path}?${query}`;
  };
  // From beyond the end, the way back leads to the last page.
  const before = Math.min(page - 1, Math.max(1, Math.ceil(count / size)));
  return { next: page * size < count ? linkTo(page + 1) : null, previous: before >= 1 ? linkTo(before) : null };
}

const hostPattern = /^(?:[\w.-]{1,255}|\[[\da-f:.]{2,45}\])(?::\d{1,5})?$/i;

/**
 * The scheme and host by which a caller reached the gateway, or the proxy before it if that says so. A caller who lies
 * about them only gets links that do not work: no answer is cached.
 */
export function findOrigin(url: string, exchange: Exchange): string {
  const [, scheme = 'http', host = ''] = /^(https?):\/\/([^/?#]*)/.exec(url) ?? [];
  const readForwarded = (name: string) =>
    exchange.header(`x-forwarded-${name}`)?.split(',')[0]?.trim().toLowerCase() ?? '';
  const forwardedScheme = readForwarded('proto');
  const forwardedHost = readForwarded('host');
  const isScheme = forwardedScheme === 'https' || forwardedScheme === 'http';
  return `${isScheme ? forwardedScheme : scheme}://${hostPattern.test(forwardedHost) ? forwardedHost : host}`;
}

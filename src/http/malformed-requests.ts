import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';

/** Why bytes on a connection were refused before they became a request to the gateway. */
export type WireFault = readonly [status: number, code: string, message: string];

export const wireFaults = {
  noHttp: [400, 'BAD_USER_INPUT', 'The request is not valid HTTP.'],
  noHost: [400, 'BAD_USER_INPUT', 'The Host header is missing or is not a valid host.'],
  noPath: [400, 'BAD_USER_INPUT', 'The request target is not a path.'],
  expectation: [417, 'BAD_USER_INPUT', 'The gateway cannot meet this expectation.'],
  slow: [408, 'REQUEST_TIMEOUT', 'The request took too long to arrive.'],
  largeHeaders: [431, 'BAD_USER_INPUT', 'The headers are too large.'],
  fault: [500, 'INTERNAL_SERVER_ERROR', 'Something went wrong on our side.'],
} as const satisfies Record<string, WireFault>;

const clientFaults: Record<string, WireFault> = {
  ERR_HTTP_REQUEST_TIMEOUT: wireFaults.slow,
  HPE_HEADER_OVERFLOW: wireFaults.largeHeaders,
};

/** The fault that an error of Node's parser stands for. */
export function findClientFault({ code = '' }: NodeJS.ErrnoException): WireFault {
  return clientFaults[code] ?? wireFaults.noHttp;
}

/** URLs are built from the Host header, so an invalid one is refused before anything uses it. */
export function findHostFault({ headers: { host }, httpVersion }: IncomingMessage): WireFault | undefined {
  if (host === undefined) return httpVersion === '1.0' ? undefined : wireFaults.noHost;
  return /^[\w.:[\]-]+$/.test(host) && URL.canParse(`http://${host}`) ? undefined : wireFaults.noHost;
}

/**
 * The path and query of a request target; undefined when it has none. Of the absolute form, which servers must accept
 * (RFC 9112, section 3.2.2), only the path and query count.
 */
export function toPath(target: string): string | undefined {
  if (target.startsWith('/')) return target;
  const [, rest] = /^https?:\/\/[^/?#]+(.*)$/i.exec(target) ?? [];
  if (rest === undefined) return undefined;
  return rest.startsWith('/') ? rest : `/${rest}`;
}

/** The status, headers and body of the answer to a wire fault. */
export function describeWireFault([status, code, message]: WireFault, requestId: string) {
  const isFault = status >= 500;
  const extensions = { code, status, ...(isFault && { requestId }) };
  const body = JSON.stringify({ errors: [{ message, extensions }] });
  const headers = {
    connection: 'close',
    'content-type': 'application/json; charset=utf-8',
    'content-length': String(Buffer.byteLength(body)),
    'x-request-id': requestId,
  };
  return { status, headers, body };
}

/** Writes an answer where Node has created no response object, and closes the connection. */
export function writeByHand(socket: Socket, { status, headers, body }: ReturnType<typeof describeWireFault>): void {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  socket.end([`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, ...lines, '', body].join('\r\n'), () => socket.destroy());
}

import { createServer, type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { CannotStart } from '../domain/failure.ts';
import { saneRequestId } from './request-id.ts';

type Listener = (request: IncomingMessage, response: ServerResponse) => unknown;
/** Hears of requests that were refused before they reached the listener. */
type RefusalListener = (refused: { readonly requestId: string; readonly status: number }) => void;

/** How long a client may take to send its headers and its body, and how often that is looked at, in milliseconds. */
const arrivalLimit = 15_000;
const arrivalCheck = 1_000;
/** How long requests in flight may take once a shutdown has begun, in milliseconds. */
const shutdownLimit = 8_000;

export interface HttpServer {
  readonly url: string;
  /** Starts answering; connections made before wait. */
  serve(listener: Listener, onRefusal: RefusalListener): void;
  /** Stops accepting, lets requests in flight finish, and resolves when the last connection is closed. */
  close(): Promise<void>;
}

/**
 * Takes the port, without answering yet: a port that is busy is found out before anything else is touched. Rejects
 * with `CannotStart`.
 */
export async function takePort(host: string, port: number): Promise<HttpServer> {
  const { promise: ready, resolve: serve } = Promise.withResolvers<Listener>();
  let onRefusal: RefusalListener = () => undefined;
  let isClosing = false;
  /** The request that a connection is sending: when it never arrives whole, its id is known all the same. */
  const arriving = new WeakMap<Socket, IncomingMessage>();
  const server = createServer(
    {
      headersTimeout: arrivalLimit,
      requestTimeout: arrivalLimit,
      connectionsCheckingInterval: arrivalCheck,
      requireHostHeader: false, // refused below, with an id
    },
    async (request, response) => {
      const fault = hostFault(request);
      if (fault) return refuse(request, response, fault);
      arriving.set(request.socket, request);
      const listener = await ready;
      // A client that keeps its connection would keep us from closing.
      if (isClosing) response.setHeader('connection', 'close');
      await listener(request, response);
    },
  );
  const refuse = (request: IncomingMessage, response: ServerResponse, fault: Fault) => {
    const { status, headers, body } = refusalOf(fault, request);
    onRefusal({ requestId: headers['x-request-id'], status });
    response.writeHead(status, headers).end(body);
  };
  server.on('checkExpectation', (request, response) => refuse(request, response, faults.expectation));
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
    const request = arriving.get(socket);
    const fault = clientFaults[error.code ?? ''] ?? faults.noHttp;
    const { status, headers, body } = refusalOf(fault, request?.complete ? undefined : request);
    onRefusal({ requestId: headers['x-request-id'], status });
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
    socket.end([`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, ...lines, '', body].join('\r\n'), () => socket.destroy());
  });
  await listening(server, host, port);
  return {
    url: urlOf(server, host),
    serve(listener, hear) {
      onRefusal = hear;
      serve(listener);
    },
    close: async () => {
      isClosing = true;
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      const idle = setInterval(() => server.closeIdleConnections(), 50);
      const timeout = setTimeout(() => server.closeAllConnections(), shutdownLimit);
      await closed;
      clearInterval(idle);
      clearTimeout(timeout);
    },
  };
}

function listening(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(
        new CannotStart(`Cannot listen on HOST ${host}, PORT ${port}: ${reasons[error.code ?? ''] ?? error.code}.`),
      );
    });
    server.listen(port, host, resolve);
  });
}

const reasons: Record<string, string> = {
  EADDRINUSE: 'another program has the port. Accepted: a free port',
  EACCES: 'not permitted. Accepted: a port above 1023, as a rule',
  EADDRNOTAVAIL: 'this machine has no such address. Accepted: an address of this machine',
  ENOTFOUND: 'no such host. Accepted: an address or name of this machine',
};

function urlOf(server: Server, host: string): string {
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

type Fault = readonly [status: number, code: string, message: string];

const faults = {
  noHttp: [400, 'BAD_USER_INPUT', 'This is not HTTP.'],
  noHost: [400, 'BAD_USER_INPUT', 'The Host header is missing, or names no host.'],
  expectation: [417, 'BAD_USER_INPUT', 'The gateway cannot meet this expectation.'],
} as const;

const clientFaults: Record<string, Fault> = {
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'REQUEST_TIMEOUT', 'The request took too long to arrive.'],
  HPE_HEADER_OVERFLOW: [431, 'BAD_USER_INPUT', 'The headers are too large.'],
};

/** Addresses are made of the Host header, so one that is no host is refused before anybody tries. */
function hostFault({ headers: { host }, httpVersion }: IncomingMessage): Fault | undefined {
  if (host === undefined) return httpVersion === '1.0' ? undefined : faults.noHost;
  return /^[\w.:[\]-]+$/.test(host) && URL.canParse(`http://${host}`) ? undefined : faults.noHost;
}

/** The answer to what never became a request: too slow, too large or no HTTP at all. */
function refusalOf([status, code, message]: Fault, request: IncomingMessage | undefined) {
  const body = JSON.stringify({ errors: [{ message, extensions: { code, status } }] });
  const headers = {
    connection: 'close',
    'content-type': 'application/json; charset=utf-8',
    'content-length': String(Buffer.byteLength(body)),
    'x-request-id': saneRequestId(request?.headers['x-request-id']),
  };
  return { status, headers, body };
}

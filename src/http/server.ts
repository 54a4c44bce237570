import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { CannotStart } from '../domain/failure.ts';

type Listener = (request: IncomingMessage, response: ServerResponse) => unknown;

/** How long a client may take to send its headers and its body, and how often that is looked at, in milliseconds. */
const arrivalLimit = 15_000;
const arrivalCheck = 1_000;
/** How long requests in flight may take once a shutdown has begun, in milliseconds. */
const shutdownLimit = 8_000;

export interface HttpServer {
  readonly url: string;
  /** Starts answering; connections made before wait. */
  serve(listener: Listener): void;
  /** Stops accepting, lets requests in flight finish, and resolves when the last connection is closed. */
  close(): Promise<void>;
}

/**
 * Takes the port, without answering yet: a port that is busy is found out before anything else is touched. Rejects
 * with `CannotStart`.
 */
export async function takePort(host: string, port: number): Promise<HttpServer> {
  const { promise: ready, resolve: serve } = Promise.withResolvers<Listener>();
  let isClosing = false;
  const server = createServer(
    { headersTimeout: arrivalLimit, requestTimeout: arrivalLimit, connectionsCheckingInterval: arrivalCheck },
    async (request, response) => {
      const listener = await ready;
      // A client that keeps its connection would keep us from closing.
      if (isClosing) response.setHeader('connection', 'close');
      await listener(request, response);
    },
  );
  server.on('clientError', refuseConnection);
  await listening(server, host, port);
  return {
    url: urlOf(server, host),
    serve,
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

const clientFaults: Record<string, readonly [status: string, code: string, message: string]> = {
  ERR_HTTP_REQUEST_TIMEOUT: ['408 Request Timeout', 'REQUEST_TIMEOUT', 'The request took too long to arrive.'],
  HPE_HEADER_OVERFLOW: ['431 Request Header Fields Too Large', 'BAD_USER_INPUT', 'The headers are too large.'],
};

/** Answers what never became a request: too slow, too large or no HTTP at all. */
function refuseConnection(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const [status, code, message] = clientFaults[error.code ?? ''] ?? [
    '400 Bad Request',
    'BAD_USER_INPUT',
    'This is not HTTP.',
  ];
  const body = JSON.stringify({ errors: [{ message, extensions: { code, status: Number.parseInt(status, 10) } }] });
  const headers = [
    `HTTP/1.1 ${status}`,
    'connection: close',
    'content-type: application/json; charset=utf-8',
    `content-length: ${Buffer.byteLength(body)}`,
    `x-request-id: ${randomUUID()}`,
  ];
  socket.end(`${headers.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
}

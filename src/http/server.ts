import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Server as NetServer, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { CannotStart } from '../domain/faults.ts';
import {
  describeWireFault,
  findClientFault,
  findHostFault,
  toPath,
  type WireFault,
  wireFaults,
  writeByHand,
} from './wire-refusals.ts';

type Listener = (request: IncomingMessage, response: ServerResponse) => unknown;

/** A request that was refused before it reached the listener, or that the listener failed to answer. */
export interface RefusedRequest {
  readonly requestId: string;
  readonly status: number;
  readonly err?: unknown;
}
type RefusalListener = (refused: RefusedRequest) => void;

/** In milliseconds. */
export interface ServerTimeouts {
  /** How long a client may take to send its headers and its body. */
  readonly arrival: number;
  /** How long a client may take nothing of its answer. */
  readonly stalledReader: number;
  /** After a shutdown has begun: how long requests on open connections are still taken. */
  readonly lastRequests: number;
  /** After a shutdown has begun: how long requests in flight may take. */
  readonly shutdown: number;
}

const contractTimeouts: ServerTimeouts = { arrival: 15_000, stalledReader: 30_000, lastRequests: 500, shutdown: 8_000 };

/** How many connections are open at once; more are closed at once. One that is idle takes about 20 KB. */
const maxConnections = 5_000;
/** How often timeouts are looked at, in milliseconds. */
const checkIntervalMs = 1_000;

export interface HttpServer {
  readonly url: string;
  /** Starts answering; connections made before wait. */
  serve(listener: Listener, onRefusal: RefusalListener): void;
  /** How many bytes of answers wait for their readers to take them. */
  pendingBytes(): number;
  /**
   * Stops accepting, finishes the answers that have begun and the requests that arrive in the next half second, and
   * resolves when the last connection is closed.
   */
  close(): Promise<void>;
}

/**
 * The latest request and answer of a connection. They are kept here and not in a set of all answers: a set that every
 * request joins and leaves made the garbage collector promote requests, and cost a replace a tenth of its CPU.
 */
interface Connection {
  /** When it never arrives whole, its id is known all the same. */
  request: IncomingMessage | undefined;
  response: ServerResponse | undefined;
}

/** Whether an answer has not left yet. */
function isAnswering({ response }: Connection): boolean {
  return response !== undefined && !response.writableFinished && !response.destroyed;
}

/**
 * Takes the port, without answering yet: a port that is busy is detected before anything else is touched. Rejects with
 * `CannotStart`.
 */
export async function bindPort(
  host: string,
  port: number,
  timeouts: ServerTimeouts = contractTimeouts,
): Promise<HttpServer> {
  const { promise: ready, resolve: serve } = Promise.withResolvers<Listener>();
  let onRefusal: RefusalListener = () => undefined;
  let isClosing = false;
  const connections = new Map<Socket, Connection>();
  let acceptedConnections = 0;
  const server = createServer(
    {
      headersTimeout: timeouts.arrival,
      requestTimeout: timeouts.arrival,
      connectionsCheckingInterval: checkIntervalMs,
      requireHostHeader: false, // refused below, with an id
    },
    async (request, response) => {
      const connection = connections.get(request.socket);
      if (connection) connection.response = response;
      response.shouldKeepAlive &&= !isClosing;
      const path = toPath(request.url ?? '');
      const fault = path === undefined ? wireFaults.noPath : findHostFault(request);
      if (fault) return refuse(request, response, fault);
      request.url = path;
      if (connection) connection.request = request;
      try {
        const listener = await ready;
        response.shouldKeepAlive &&= !isClosing;
        await listener(request, response);
      } catch (error) {
        refuse(request, response, wireFaults.fault, error);
      }
    },
  );
  server.maxConnections = maxConnections;
  server.on('connection', (socket: Socket) => {
    acceptedConnections++;
    connections.set(socket, { request: undefined, response: undefined });
    socket.once('close', () => connections.delete(socket));
  });
  const refuse = (request: IncomingMessage, response: ServerResponse, fault: WireFault, err?: unknown) => {
    const { status, headers, body } = describeWireFault(fault, request);
    onRefusal({ requestId: headers['x-request-id'], status, ...(err !== undefined && { err }) });
    if (response.headersSent) response.destroy();
    else response.writeHead(status, headers).end(body);
  };
  const refuseByHand = (socket: Duplex, fault: WireFault, request: IncomingMessage | undefined) => {
    const refusal = describeWireFault(fault, request);
    onRefusal({ requestId: refusal.headers['x-request-id'], status: refusal.status });
    writeByHand(socket as Socket, refusal);
  };
  server.on('checkExpectation', (request, response) => refuse(request, response, wireFaults.expectation));
  server.on('connect', (request, socket) => refuseByHand(socket, wireFaults.noPath, request));
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
    const request = connections.get(socket as Socket)?.request;
    refuseByHand(socket, findClientFault(error), request?.complete ? undefined : request);
  });
  /**
   * Accepts the connections that clients have made so far: the system keeps them in a queue, from which a turn of the
   * loop takes one, and resets what is in it when the port is closed, with the requests that were sent over it.
   */
  const acceptQueued = async (until: number) => {
    // The first turn may have looked at its connections already.
    for (let idleTurns = 0; idleTurns < 2 && performance.now() < until; ) {
      const before = acceptedConnections;
      await nextTurn();
      idleTurns = acceptedConnections === before ? idleTurns + 1 : 0;
    }
  };
  // Set for answers that take a while, so that the others set no timer. Yoga takes it off its streams.
  const watchingReaders = setInterval(() => {
    for (const [socket, connection] of connections)
      if (!socket.timeout && isAnswering(connection)) socket.setTimeout(timeouts.stalledReader);
  }, checkIntervalMs).unref();
  await listening(server, host, port);
  return {
    url: toUrl(server, host),
    serve(listener, hear) {
      onRefusal = hear;
      serve(listener);
    },
    pendingBytes() {
      let bytes = 0;
      for (const [socket, { response }] of connections) {
        // An answer that waits for the one before it on its connection is not on the socket yet.
        bytes += response?.socket ? response.writableLength : socket.writableLength + (response?.writableLength ?? 0);
      }
      return bytes;
    },
    close: async () => {
      isClosing = true;
      for (const { response } of connections.values()) if (response) response.shouldKeepAlive = false;
      const lastRequests = performance.now() + timeouts.lastRequests;
      await acceptQueued(lastRequests);
      // Not `server.close()`: that ends idle connections at once, and with them what their clients have just sent.
      const closed = new Promise<void>((resolve) => NetServer.prototype.close.call(server, () => resolve()));
      const closing = setInterval(() => {
        if (performance.now() <= lastRequests) return;
        // Node takes an answer for finished that was written and has not left yet.
        if (![...connections.values()].some(isAnswering)) server.closeIdleConnections();
        // Node takes a connection that never carried a byte for busy: browsers and balancers open some ahead.
        for (const socket of connections.keys()) if (socket.bytesRead === 0) socket.destroy();
      }, 50);
      const timeout = setTimeout(() => server.closeAllConnections(), timeouts.shutdown);
      await closed;
      clearInterval(closing);
      clearInterval(watchingReaders);
      clearTimeout(timeout);
      server.close(); // ends Node's own checking of timeouts
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

function toUrl(server: Server, host: string): string {
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

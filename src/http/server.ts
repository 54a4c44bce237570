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
} from './malformed-requests.ts';
import { toRequestId } from './request-id.ts';

type Listener = (request: IncomingMessage, response: ServerResponse) => unknown;

/** A request that was refused before it reached the listener, or that the listener failed to answer. */
export interface RefusedRequest {
  readonly requestId: string;
  readonly status: number;
  readonly code: string;
  readonly err?: unknown;
}
type RefusalListener = (refused: RefusedRequest) => void;

/** In milliseconds. */
export interface ServerTimeouts {
  /** How long a client may take to send its headers and its body. */
  readonly arrival: number;
  /** How long a client may read nothing of its answer. */
  readonly stalledReader: number;
  /** How long after the start of a shutdown requests on open connections are still accepted. */
  readonly lastRequests: number;
  /** How long after the start of a shutdown requests in flight may take. */
  readonly shutdown: number;
}

const contractTimeouts: ServerTimeouts = { arrival: 15_000, stalledReader: 30_000, lastRequests: 500, shutdown: 8_000 };

/** The most open connections; any further one is closed immediately. An idle one takes about 20 KB. */
const maxConnections = 5_000;
/** How many connections the system queues for a port: Node's default. */
const maxQueued = 511;
/** How often timeouts are checked, in milliseconds. */
const checkIntervalMs = 1_000;

export interface HttpServer {
  readonly url: string;
  /** Starts answering. Connections made earlier wait until then. */
  serve(listener: Listener, onRefusal: RefusalListener): void;
  /** How many bytes of answers are still waiting for their readers. */
  pendingBytes(): number;
  countConnections(): number;
  /** How many connections have been accepted since the start. */
  countAccepted(): number;
  /**
   * Stops accepting connections, finishes the answers that have begun and the requests that arrive in the next half
   * second, and resolves when the last connection is closed, after 8 s at the latest.
   */
  close(): Promise<void>;
}

/**
 * The latest request and response of a connection. They are not kept in a set of all responses: every request joined
 * and left that set, so the garbage collector promoted requests, which cost a replace a tenth of its CPU.
 */
interface Connection {
  /** Kept for its request id, in case the rest of the request never arrives. */
  request: IncomingMessage | undefined;
  response: ServerResponse | undefined;
  /** Whether bytes have arrived, after the latest request, that are no request. */
  isFaulty: boolean;
  /** The last valid `Host` header: nearly all requests of a connection have the same one. */
  host: string | undefined;
}

/** Whether an answer has not been fully sent yet. */
function isAnswering({ response }: Connection): boolean {
  return response !== undefined && !response.writableFinished && !response.destroyed;
}

/**
 * Binds the port without answering yet, so that a busy port is detected before anything else is touched. Rejects with
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
      // Otherwise the first `Authorization` would count here and the last one for a proxy that adds its own. Joined,
      // they are no credential, as for the fetch standard.
      joinDuplicateHeaders: true,
    },
    async (request, response) => {
      const connection = connections.get(request.socket);
      if (connection) connection.response = response;
      response.shouldKeepAlive &&= !isClosing;
      const path = toPath(request.url ?? '');
      if (path === undefined) return refuse(request, response, wireFaults.noPath);
      const { host } = request.headers;
      if (host === undefined || host !== connection?.host) {
        const fault = findHostFault(request);
        if (fault) return refuse(request, response, fault);
      }
      request.url = path;
      if (connection) {
        connection.request = request;
        connection.host = host;
      }
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
    connections.set(socket, { request: undefined, response: undefined, isFaulty: false, host: undefined });
    socket.once('close', () => connections.delete(socket));
  });
  const refuse = (request: IncomingMessage, response: ServerResponse, fault: WireFault, err?: unknown) => {
    const { status, headers, body } = describeWireFault(fault, toRequestId(request.headers['x-request-id']));
    onRefusal({ requestId: headers['x-request-id'], status, code: fault[1], ...(err !== undefined && { err }) });
    if (response.headersSent) response.destroy();
    else response.writeHead(status, headers).end(body);
  };
  const refuseByHand = (socket: Duplex, fault: WireFault, request: IncomingMessage | undefined) => {
    const refusal = describeWireFault(fault, toRequestId(request?.headers['x-request-id']));
    onRefusal({ requestId: refusal.headers['x-request-id'], status: refusal.status, code: fault[1] });
    writeByHand(socket as Socket, refusal);
  };
  server.on('checkExpectation', (request, response) => refuse(request, response, wireFaults.expectation));
  server.on('connect', (request, socket) => refuseByHand(socket, wireFaults.noPath, request));
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
    const connection = connections.get(socket as Socket);
    const { request, response } = connection ?? {};
    const fault = findClientFault(error);
    if (!request?.complete) return refuseByHand(socket, fault, request);
    if (!connection || !isAnswering(connection)) return refuseByHand(socket, fault, undefined);
    // The fault is in what follows a request: its answer comes first, or its sender would take the refusal for it.
    if (connection.isFaulty) return;
    connection.isFaulty = true;
    // Each further byte would count as a sign of life of a client that reads nothing.
    socket.pause();
    response?.once('close', () => socket.writable && refuseByHand(socket, fault, undefined));
  });
  /**
   * Accepts the connections that clients have made so far. The system keeps them in a queue, from which each turn of
   * the loop takes one. Closing the port would reset the connections left in it, and lose the requests sent over them.
   */
  const acceptQueued = async () => {
    // Two idle turns: the first one may already have polled for connections.
    for (let turns = 0, idleTurns = 0; turns < maxQueued && idleTurns < 2; turns++) {
      const before = acceptedConnections;
      await nextTurn();
      idleTurns = acceptedConnections === before ? idleTurns + 1 : 0;
    }
  };
  // Only slow answers get a timeout, so that the fast ones set no timer. Yoga removes it from its streams.
  const watchingReaders = setInterval(() => {
    for (const [socket, connection] of connections)
      if (!socket.timeout && isAnswering(connection)) socket.setTimeout(timeouts.stalledReader);
  }, checkIntervalMs).unref();
  await listen(server, host, port);
  return {
    url: toUrl(server, host),
    serve(listener, hear) {
      onRefusal = hear;
      serve(listener);
    },
    pendingBytes() {
      let bytes = 0;
      for (const [socket, { response }] of connections) {
        // A pipelined answer has no socket until the one before it is sent.
        bytes += response?.socket ? response.writableLength : socket.writableLength + (response?.writableLength ?? 0);
      }
      return bytes;
    },
    countConnections: () => connections.size,
    countAccepted: () => acceptedConnections,
    close: async () => {
      isClosing = true;
      for (const { response } of connections.values()) if (response) response.shouldKeepAlive = false;
      const lastRequests = performance.now() + timeouts.lastRequests;
      await acceptQueued();
      // Not `server.close()`: it closes idle connections immediately, and loses what their clients have just sent.
      const closed = new Promise<void>((resolve) => NetServer.prototype.close.call(server, () => resolve()));
      let isOver = false;
      const closing = setInterval(() => {
        if (performance.now() <= lastRequests) return;
        // What has arrived while the process had no CPU is read between two ticks.
        if (!isOver) return void (isOver = true);
        // Node considers a connection idle whose answer is written but not sent yet.
        if (![...connections.values()].some(isAnswering)) server.closeIdleConnections();
        // Node considers a connection busy that never carried a byte. Browsers and load balancers open some in advance.
        for (const socket of connections.keys()) if (socket.bytesRead === 0) socket.destroy();
      }, 50);
      const timeout = setTimeout(() => server.closeAllConnections(), timeouts.shutdown);
      await closed;
      clearInterval(closing);
      clearInterval(watchingReaders);
      clearTimeout(timeout);
      server.close(); // stops Node's own timeout checks
    },
  };
}

function listen(server: Server, host: string, port: number): Promise<void> {
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
  EADDRINUSE: 'another program is using the port. Accepted: a free port',
  EACCES: 'not permitted. Accepted: usually a port above 1023',
  EADDRNOTAVAIL: 'this machine has no such address. Accepted: an address of this machine',
  ENOTFOUND: 'no such host. Accepted: an address or name of this machine',
};

function toUrl(server: Server, host: string): string {
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

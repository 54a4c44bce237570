import { connect, type Socket } from 'node:net';
import { json } from 'node:stream/consumers';
import type { WorkRequest } from './works.ts';

/**
 * The load generator, which runs in a separate process: `node bench/load.ts`, with its job as JSON on standard input.
 * It sends requests over keep-alive connections, one at a time on each, checks every response, and prints the
 * latencies. It speaks HTTP over plain sockets, so that it costs less than what it measures.
 */
export interface Job extends WorkRequest {
  readonly port: number;
  readonly key: string;
  readonly requests: number;
  readonly connections: number;
  /** How many experiments `{id}` cycles through. */
  readonly size: number;
}
export interface Outcome {
  readonly seconds: number;
  readonly p50: number;
  readonly p99: number;
}

if (import.meta.main) {
  try {
    console.log(JSON.stringify(await run((await json(process.stdin)) as Job)));
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  }
}

async function run(job: Job): Promise<Outcome> {
  const latencies: number[] = [];
  const nextRequest = createRequests(job);
  let next = 0;
  const start = performance.now();
  await Promise.all(
    Array.from({ length: job.connections }, async () => {
      const connection = await open(job.port);
      while (next < job.requests) {
        const { bytes, expect } = nextRequest(next++);
        const sent = performance.now();
        const { status, body } = await connection.exchange(bytes);
        latencies.push(performance.now() - sent);
        if (status !== 200 || !expect.every((part) => body.includes(part))) {
          throw new Error(`Unexpected response: ${status} ${body.subarray(0, 500).toString()}`);
        }
      }
      connection.close();
    }),
  );
  const seconds = (performance.now() - start) / 1000;
  latencies.sort((one, other) => one - other);
  const at = (share: number) => latencies[Math.floor(latencies.length * share)] ?? Number.NaN;
  return { seconds, p50: at(0.5), p99: at(0.99) };
}

/** Builds the request with a number: its bytes, and the texts that its response must contain. */
function createRequests({ method, path, body, expect, port, key, size }: Job) {
  const head = parseTemplate(
    `${method} ${path} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\nauthorization: Bearer ${key}\r\n`,
  );
  const rest = parseTemplate(body);
  const expected = expect.map(parseTemplate);
  return (n: number) => {
    // Consecutive requests are far apart in the table.
    const id = toExperimentId((n * 7919) % size);
    const text = rest(n, id);
    const type = text === '' ? '' : `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(text)}\r\n`;
    return { bytes: `${head(n, id)}${type}\r\n${text}`, expect: expected.map((part) => part(n, id)) };
  };
}

export function toExperimentId(index: number): string {
  return `exp_${String(index).padStart(7, '0')}`;
}

function parseTemplate(text: string): (n: number, id: string) => string {
  const parts = text.split(/(\{n\}|\{id\})/);
  return (n, id) => {
    let result = '';
    for (const part of parts) result += part === '{n}' ? n : part === '{id}' ? id : part;
    return result;
  };
}

interface Answer {
  readonly status: number;
  readonly body: Buffer;
}

async function open(port: number) {
  const socket = await new Promise<Socket>((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true }, () => resolve(socket));
    socket.once('error', reject);
  });
  let received: Buffer = Buffer.alloc(0);
  let waiting: PromiseWithResolvers<Answer> | undefined;
  const fail = (error: Error) => waiting?.reject(error);
  socket.on('error', fail).on('close', () => fail(new Error('The server closed a connection.')));
  socket.on('data', (chunk: Buffer) => {
    received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
    const answer = answerIn(received);
    if (!answer) return;
    received = Buffer.alloc(0);
    waiting?.resolve(answer);
  });
  return {
    exchange(request: string): Promise<Answer> {
      waiting = Promise.withResolvers();
      socket.write(request);
      return waiting.promise;
    },
    close() {
      waiting = undefined;
      socket.destroy();
    },
  };
}

/** Parses the response in the received bytes; returns nothing while it is incomplete. */
function answerIn(received: Buffer): Answer | undefined {
  const end = received.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const head = received.toString('latin1', 0, end);
  const status = Number(head.slice(9, 12));
  const [, length] = /\r\ncontent-length: *(\d+)/i.exec(head) ?? [];
  if (length === undefined) {
    const body = countChunks(received, end + 4);
    return body && { status, body };
  }
  const stop = end + 4 + Number(length);
  return received.length < stop ? undefined : { status, body: received.subarray(end + 4, stop) };
}

/** Parses a chunked body; returns nothing while it is incomplete. */
function countChunks(received: Buffer, start: number): Buffer | undefined {
  const chunks: Buffer[] = [];
  for (let at = start; ; ) {
    const line = received.indexOf('\r\n', at);
    if (line < 0) return undefined;
    const size = Number.parseInt(received.toString('latin1', at, line), 16);
    const stop = line + 2 + size;
    if (received.length < stop + 2) return undefined;
    if (size === 0) return Buffer.concat(chunks);
    chunks.push(received.subarray(line + 2, stop));
    at = stop + 2;
  }
}

import { connect } from 'node:net';
import { onTestFinished } from 'vitest';

/** A response as received over the wire, before any client parses it. */
export interface WireAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A connection on which a test can write any bytes. */
export interface Wire {
  /** Resolves when the bytes have been passed to the operating system. */
  send(bytes: string | Uint8Array): Promise<void>;
  /** The next complete response. Rejects if the connection ends without one. Use `hasBody: false` for HEAD. */
  answer(options?: { hasBody?: boolean }): Promise<WireAnswer>;
  /** Every further response until the connection closes. Rejects if something follows that is none. */
  answers(): Promise<WireAnswer[]>;
  /** Resolves when the connection closes, with the error, if any. */
  readonly closed: Promise<Error | undefined>;
  /** Every byte received so far. */
  received(): string;
  destroy(): void;
}

/** Connects to the gateway at a URL such as `http://127.0.0.1:4000`. Closed at the end of the test. */
export async function openWire(url: string): Promise<Wire> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  let all = '';
  let taken = 0;
  let fault: Error | undefined;
  let notify = Promise.withResolvers<void>();
  const changed = () => {
    notify.resolve();
    notify = Promise.withResolvers();
  };
  socket.setEncoding('latin1').on('data', (text: string) => {
    all += text;
    changed();
  });
  const closed = new Promise<Error | undefined>((resolve) => {
    socket.on('error', (error) => (fault = error));
    socket.on('close', () => {
      resolve(fault);
      changed();
    });
  });
  onTestFinished(() => void socket.destroy());
  await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));

  const answer: Wire['answer'] = async ({ hasBody = true } = {}) => {
    for (;;) {
      const parsed = parseAnswer(all.slice(taken), hasBody, socket.destroyed);
      if (parsed) {
        taken += parsed.length;
        if (parsed.answer.status >= 200) return parsed.answer;
      } else if (socket.destroyed) {
        throw new Error(`The connection ended without an answer, after ${JSON.stringify(all.slice(taken))}`);
      } else await notify.promise;
    }
  };

  return {
    send: (bytes) => new Promise((resolve) => socket.write(bytes, () => resolve())),
    answer,
    async answers() {
      await closed;
      const found: WireAnswer[] = [];
      while (taken < all.length) found.push(await answer());
      return found;
    },
    closed,
    received: () => all,
    destroy: () => void socket.destroy(),
  };
}

/** Sends one request exactly as written and returns the response. */
export async function exchange(url: string, bytes: string | Uint8Array): Promise<WireAnswer> {
  const connection = await openWire(url);
  await connection.send(bytes);
  const answer = await connection.answer();
  connection.destroy();
  return answer;
}

/** The raw text of a POST to `/graphql`. */
export function post(body: string, headers: Readonly<Record<string, string>> = {}): string {
  const all = { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(body)), ...headers };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`);
  return ['POST /graphql HTTP/1.1', 'host: gateway.test', ...lines, '', body].join('\r\n');
}

function parseAnswer(
  text: string,
  hasBody: boolean,
  isOver: boolean,
): { answer: WireAnswer; length: number } | undefined {
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const [statusLine = '', ...lines] = text.slice(0, end).split('\r\n');
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(statusLine)?.[1]);
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const colon = line.indexOf(':');
    headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
  }
  const from = end + 4;
  const whole = (body: string, length: number) => ({ answer: { status, headers, body }, length: from + length });
  if (!hasBody || status < 200 || status === 204) return whole('', 0);
  if (headers['content-length'] !== undefined) {
    const length = Number(headers['content-length']);
    return text.length < from + length ? undefined : whole(text.slice(from, from + length), length);
  }
  if (headers['transfer-encoding'] === 'chunked') return parseChunks(text.slice(from), whole);
  return isOver ? whole(text.slice(from), text.length - from) : undefined;
}

function parseChunks<Result>(text: string, whole: (body: string, length: number) => Result): Result | undefined {
  let body = '';
  for (let at = 0; ; ) {
    const line = text.indexOf('\r\n', at);
    if (line < 0) return undefined;
    const size = Number.parseInt(text.slice(at, line), 16);
    const next = line + 2 + size + 2;
    if (text.length < next) return undefined;
    if (size === 0) return whole(body, next);
    body += text.slice(line + 2, line + 2 + size);
    at = next;
  }
}

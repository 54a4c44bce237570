import { nestsDeeperThan, parseJson } from '../domain/json.ts';
import { refusal } from './refusal.ts';

/** The most bytes that a request body may have. */
export const bodyLimit = 2 * 1024 * 1024;
/** How deep a body may nest: far more than any field takes, and few enough for everything that walks it. */
const mostLevels = 1_000;
/** How much of a body that is too large is still read, so that its sender can read the answer, in bytes. */
const drainLimit = 64 * 1024 * 1024;

/** The JSON of a request's body, parsed without losing a digit. Throws a `refusal` for everything else. */
export async function readJson(request: Request): Promise<unknown> {
  assertJson(request.headers);
  return jsonOf(await readBody(request), 'The body');
}

/** Refuses every body but plain JSON in UTF-8. */
function assertJson(headers: Headers): void {
  const [type = '', ...parameters] = (headers.get('content-type') ?? '')
    .toLowerCase()
    .split(';')
    .map((part) => part.trim());
  const charset = parameters
    .find((parameter) => parameter.startsWith('charset='))
    ?.slice('charset='.length)
    .replaceAll('"', '');
  if (type !== 'application/json' || (charset !== undefined && charset !== 'utf-8' && charset !== 'utf8')) {
    throw refusal(415, 'Send the request as application/json in UTF-8.');
  }
  const encoding = headers.get('content-encoding')?.toLowerCase() ?? 'identity';
  if (encoding !== 'identity') throw refusal(415, 'Send the body without compression.');
}

/** The body as text, counted while it streams. */
async function readBody(request: Request): Promise<string> {
  if (Number(request.headers.get('content-length') ?? 0) > bodyLimit) {
    if (request.body) void drain(request.body.getReader());
    throw tooLarge();
  }
  if (!request.body) return '';
  const reader = request.body.getReader();
  const chunks: Uint8Array[] = [];
  for (let size = 0; ; ) {
    const { done, value } = await reader.read().catch(() => {
      throw refusal(408, 'The body did not arrive whole.'); // for the log: the sender has gone
    });
    if (done) break;
    size += value.byteLength;
    if (size > bodyLimit) {
      void drain(reader);
      throw tooLarge();
    }
    chunks.push(value);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks));
  } catch {
    throw refusal(400, 'The body is not valid UTF-8.');
  }
}

/** Reads on for a while and throws away: a sender who is still sending would not see an answer otherwise. */
async function drain(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
  try {
    for (let size = 0; size < drainLimit; ) {
      const { done, value } = await reader.read();
      if (done) return;
      size += value.byteLength;
    }
    await reader.cancel();
  } catch {
    // The sender has gone.
  }
}

function tooLarge() {
  return refusal(413, `The body must have at most ${bodyLimit} bytes.`);
}

export function jsonOf(text: string, what: string): unknown {
  let value: unknown;
  try {
    value = parseJson(text);
  } catch {
    throw refusal(400, `${what} is not valid JSON.`);
  }
  if (nestsDeeperThan(mostLevels, text)) throw refusal(400, `${what} nests deeper than ${mostLevels} levels.`);
  return value;
}

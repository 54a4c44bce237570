import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import type { Caller } from '../domain/actor.ts';
import { type ByteBudget, createByteBudget } from './byte-budget.ts';
import { createRefusal } from './refusal.ts';

const kibibyte = 1024;
const mebibyte = 1024 * kibibyte;

/** The largest body that a known caller may send, in bytes. */
const maxBodyBytes = 2 * mebibyte;
/** The largest body of a caller who is not known, in bytes: there is nothing large for them to say. */
const maxUnknownBodyBytes = 64 * kibibyte;
/** What all bodies under way may hold together, in bytes. */
const maxAllBodyBytes = 64 * mebibyte;
/** The share of unknown callers in it, in bytes: they cannot keep a known caller's body from arriving. */
const maxAllUnknownBodyBytes = 16 * mebibyte;
/** How much of a body that is too large is still read from a fetch request, so that its sender sees the answer, in bytes. */
const maxDrainedBytes = 64 * mebibyte;

/** What the bodies of a gateway's requests may hold while they are under way. */
export interface BodyBudgets {
  readonly known: ByteBudget;
  readonly unknown: ByteBudget;
}

export function createBodyBudgets(): BodyBudgets {
  const known = createByteBudget(maxAllBodyBytes);
  return { known, unknown: createByteBudget(maxAllUnknownBodyBytes, known) };
}

/**
 * The body of one request while it arrives. It is counted against the limit of its caller and against the budget of all
 * bodies, until `release` is called.
 */
export class ArrivingBody {
  readonly #limit: number;
  readonly #budget: ByteBudget;
  readonly #chunks: Uint8Array[] = [];
  #size = 0;

  /** Throws a refusal (413) when the sender announces more than may come. */
  constructor(budgets: BodyBudgets, caller: Caller, declaredLength: string | undefined) {
    this.#limit = caller ? maxBodyBytes : maxUnknownBodyBytes;
    this.#budget = caller ? budgets.known : budgets.unknown;
    if (Number(declaredLength ?? 0) > this.#limit) throw this.#tooLarge();
  }

  /** Throws a refusal (413, 503) for a chunk that is too much. */
  add(chunk: Uint8Array): void {
    if (this.#size + chunk.byteLength > this.#limit) throw this.#tooLarge();
    if (!this.#budget.take(chunk.byteLength))
      throw createRefusal(503, 'Too many request bodies are under way: try again in a moment.', { 'retry-after': '1' });
    this.#size += chunk.byteLength;
    this.#chunks.push(chunk);
  }

  /** The whole body. Throws a refusal (400) when it is not UTF-8. */
  text(): string {
    const [first] = this.#chunks;
    const bytes = first && this.#chunks.length === 1 ? first : Buffer.concat(this.#chunks);
    if (!isUtf8(bytes)) throw createRefusal(400, 'The body is not valid UTF-8.');
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString();
    return text.startsWith('\uFEFF') ? text.slice(1) : text;
  }

  release(): void {
    this.#budget.give(this.#size);
    this.#size = 0;
    this.#chunks.length = 0;
  }

  #tooLarge() {
    const hint = this.#limit < maxBodyBytes ? ' without a valid credential' : '';
    return createRefusal(413, `The body must have at most ${this.#limit} bytes${hint}.`);
  }
}

/** Collects the body of a Node request. Rejects with a refusal. */
export function collectNodeBody(request: IncomingMessage, body: ArrivingBody): Promise<ArrivingBody> {
  return new Promise((resolve, reject) => {
    if (request.destroyed) throw createNotWholeRefusal();
    const add = (chunk: Buffer) => {
      try {
        body.add(chunk);
      } catch (error) {
        // What is still sent is discarded, so that the sender gets to read the answer.
        request.removeListener('data', add).resume();
        reject(error);
      }
    };
    request
      .on('data', add)
      .on('end', () => resolve(body))
      .on('error', ignore) // 'close' follows
      // Emitted behind the end of every body, so nothing is made before it is needed.
      .on('close', () => request.complete || reject(createNotWholeRefusal()));
  });
}

const ignore = () => undefined;

/** Collects the body of a fetch request. Rejects with a refusal, and reads on for a while behind its back. */
export async function collectFetchBody(request: Request, body: ArrivingBody): Promise<ArrivingBody> {
  const reader = request.body?.getReader();
  if (!reader) return body;
  try {
    for (;;) {
      const { done, value } = await reader.read().catch(() => Promise.reject(createNotWholeRefusal()));
      if (done) return body;
      body.add(value);
    }
  } catch (error) {
    void drain(reader);
    throw error;
  }
}

/** For the log: the sender has gone. */
function createNotWholeRefusal() {
  return createRefusal(408, 'The body did not arrive whole.');
}

/** A sender who is still sending would not see an answer otherwise. */
async function drain(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
  try {
    for (let size = 0; size < maxDrainedBytes; ) {
      const { done, value } = await reader.read();
      if (done) return;
      size += value.byteLength;
    }
    await reader.cancel();
  } catch {
    // The sender has gone.
  }
}

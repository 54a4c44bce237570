import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import type { Caller } from '../domain/actor.ts';
import { bodyLimits } from '../domain/limits.ts';
import { type ByteBudget, createByteBudget } from './byte-budget.ts';
import { createRefusal } from './refusal.ts';

/** How many bytes of a refused fetch body are read and discarded, so that its sender gets to see the answer. */
const maxDrainedBytes = 64 * 1024 * 1024;

/** The memory budgets that the bodies of all requests in progress share. */
export interface BodyBudgets {
  readonly known: ByteBudget;
  readonly unknown: ByteBudget;
}

export function createBodyBudgets(): BodyBudgets {
  const known = createByteBudget(bodyLimits.all);
  return { known, unknown: createByteBudget(bodyLimits.allOfUnknownCallers, known) };
}

/**
 * The body of one request while it arrives. It counts against the limit of its caller and, until `release` is called,
 * against the budget that all bodies share.
 */
export class ArrivingBody {
  readonly #limit: number;
  readonly #budget: ByteBudget;
  readonly #chunks: Uint8Array[] = [];
  #size = 0;

  /** Throws a refusal (413) when `Content-Length` exceeds the caller's limit. */
  constructor(budgets: BodyBudgets, caller: Caller, declaredLength: string | undefined) {
    this.#limit = caller ? bodyLimits.knownCaller : bodyLimits.unknownCaller;
    this.#budget = caller ? budgets.known : budgets.unknown;
    if (Number(declaredLength ?? 0) > this.#limit) throw this.#tooLarge();
  }

  /** Throws a refusal when the chunk exceeds the caller's limit (413) or the shared budget (503). */
  add(chunk: Uint8Array): void {
    if (this.#size + chunk.byteLength > this.#limit) throw this.#tooLarge();
    if (!this.#budget.take(chunk.byteLength))
      throw createRefusal(503, 'Too many request bodies are in progress: try again in a moment.', {
        'retry-after': '1',
      });
    this.#size += chunk.byteLength;
    this.#chunks.push(chunk);
  }

  /** The whole body without its byte order mark. Throws a refusal (400) when it is not UTF-8. */
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
    const hint = this.#limit < bodyLimits.knownCaller ? ' without a valid credential' : '';
    return createRefusal(413, `The body must be at most ${this.#limit} bytes${hint}.`);
  }
}

/** Collects the body of a Node request. Rejects with a refusal. */
export function collectNodeBody(request: IncomingMessage, body: ArrivingBody): Promise<ArrivingBody> {
  return new Promise((resolve, reject) => {
    if (request.destroyed) throw createIncompleteRefusal();
    const add = (chunk: Buffer) => {
      try {
        body.add(chunk);
      } catch (error) {
        // The rest is discarded, so that the sender gets to read the answer.
        request.removeListener('data', add).resume();
        reject(error);
      }
    };
    request
      .on('data', add)
      .on('end', () => resolve(body))
      .on('error', ignore) // 'close' follows
      // Every body ends with 'close', so the refusal is only created when it is needed.
      .on('close', () => request.complete || reject(createIncompleteRefusal()));
  });
}

const ignore = () => undefined;

/** Collects the body of a fetch request. Rejects with a refusal, and drains the rest in the background. */
export async function collectFetchBody(request: Request, body: ArrivingBody): Promise<ArrivingBody> {
  const reader = request.body?.getReader();
  if (!reader) return body;
  try {
    for (;;) {
      const { done, value } = await reader.read().catch(() => Promise.reject(createIncompleteRefusal()));
      if (done) return body;
      body.add(value);
    }
  } catch (error) {
    void drain(reader);
    throw error;
  }
}

/** Only the log sees it: the sender has disconnected. */
function createIncompleteRefusal() {
  return createRefusal(408, 'The body is incomplete: its sender disconnected.');
}

/** Reads and discards the rest: a client that is still sending would not see the answer otherwise. */
async function drain(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
  try {
    for (let size = 0; size < maxDrainedBytes; ) {
      const { done, value } = await reader.read();
      if (done) return;
      size += value.byteLength;
    }
    await reader.cancel();
  } catch {
    // The sender has disconnected.
  }
}

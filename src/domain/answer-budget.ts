import { answerLimits } from './limits.ts';

/**
 * While an answer is smaller than `answer` bytes, texts shorter than `text` characters are charged by their characters,
 * everything else by its exact bytes. A character takes at most six bytes (`\u0001`), and an exact count of a short
 * text would cost more than the rest of the charge.
 */
const exactThresholds = { answer: 512 * 1024, text: 1_000 } as const;
/** Room is taken in blocks of this many bytes. The first block of each answer is free. */
const blockBytes = 64 * 1024;

/** The room that all answers in progress share. */
export interface AnswerRoom {
  /** Takes room for `bytes` bytes. Returns false, and takes nothing, when there is not enough. */
  take(bytes: number): boolean;
  give(bytes: number): void;
}

/** Thrown when an answer exceeds its budget. Never caught below the operation. */
export class AnswerRefused extends Error {
  override readonly name = 'AnswerRefused';
  readonly reason: 'tooLarge' | 'noRoom';

  constructor(reason: AnswerRefused['reason']) {
    super(
      reason === 'tooLarge'
        ? `The answer is larger than ${answerLimits.one} bytes.`
        : 'There is no room for this answer at the moment.',
    );
    this.reason = reason;
  }
}

/** The budget that storage charges for the texts that it has read, before it reads more. */
export interface ReadBudget {
  /** How many bytes may still be read. */
  readonly bytesLeft: number;
  /** Charges bytes that were read, or that turned out to be too many to read. Throws `AnswerRefused`. */
  chargeRead(bytes: number): void;
}

/**
 * Limits the size of the answer to one request, or of one event of a stream. Everything that goes into it is charged
 * before it is parsed, copied or written. Reads from storage are charged separately: each text that is read for an
 * answer appears in it at least once, so a read beyond the limit means an answer beyond it.
 */
export class AnswerBudget implements ReadBudget {
  readonly #room: AnswerRoom | undefined;
  #written = 0;
  #read = 0;
  #reserved = blockBytes;
  #refused: AnswerRefused | undefined;

  /** Without `room`, other answers in progress do not limit this one. */
  constructor(room?: AnswerRoom) {
    this.#room = room;
  }

  /** Why the answer was refused: the first reason, or undefined while it is within its budget. */
  get refused(): AnswerRefused | undefined {
    return this.#refused;
  }

  get bytesLeft(): number {
    return this.#refused ? 0 : Math.max(0, answerLimits.one - this.#read);
  }

  /** Charges bytes of the answer. Throws `AnswerRefused`, the same instance every time. */
  charge(bytes: number): void {
    if (this.#refused) throw this.#refused;
    this.#written += bytes;
    if (this.#written > this.#reserved) this.#reserve();
  }

  /** Charges a text that the answer holds as a JSON string. */
  chargeText(text: string): void {
    const isSmall = this.#written < exactThresholds.answer && text.length < exactThresholds.text;
    this.charge(isSmall ? text.length + 2 : countJsonStringBytes(text));
  }

  /** Charges JSON text that the answer holds unchanged. */
  chargeJson(text: string): void {
    this.charge(Buffer.byteLength(text));
  }

  chargeRead(bytes: number): void {
    if (this.#refused) throw this.#refused;
    this.#read += bytes;
    if (this.#read > answerLimits.one) this.#refuse('tooLarge');
  }

  /** Gives back the room that was taken: the answer has been written, and the next one of a stream may start. */
  restart(): void {
    this.#room?.give(this.#reserved - blockBytes);
    this.#reserved = blockBytes;
    this.#written = 0;
    this.#read = 0;
    this.#refused = undefined;
  }

  #reserve(): void {
    if (this.#written > answerLimits.one) this.#refuse('tooLarge');
    const bytes = Math.ceil((this.#written - this.#reserved) / blockBytes) * blockBytes;
    if (this.#room?.take(bytes) === false) this.#refuse('noRoom');
    this.#reserved += bytes;
  }

  #refuse(reason: AnswerRefused['reason']): never {
    this.#refused = new AnswerRefused(reason);
    throw this.#refused;
  }
}

/** The size of a text as JSON, in bytes. */
function countJsonStringBytes(text: string): number {
  return /[^ !#-[\]-~]/.test(text) ? Buffer.byteLength(JSON.stringify(text)) : text.length + 2;
}

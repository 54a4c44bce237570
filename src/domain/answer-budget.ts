import { answerLimits } from './limits.ts';

/**
 * In an answer below so many bytes, texts below so many characters are charged by their characters, everything else by
 * its bytes: a character takes six of them at most (`\u0001`), and looking costs more than the rest of the charge.
 */
const exactFrom = { answer: 512 * 1024, text: 1_000 } as const;
/** Room for answers under way is asked for in blocks of so many bytes, and for what an answer has beyond the first. */
const blockBytes = 64 * 1024;

/** What all answers under way share. */
export interface AnswerRoom {
  /** Takes room for so many bytes, or returns false when there is none. */
  take(bytes: number): boolean;
  give(bytes: number): void;
}

/** Thrown, and never caught below the operation, once an answer has no room left. */
export class AnswerRefused extends Error {
  override readonly name = 'AnswerRefused';
  readonly reason: 'tooLarge' | 'noRoom';

  constructor(reason: AnswerRefused['reason']) {
    super(reason === 'tooLarge' ? `The answer is larger than ${answerLimits.one} bytes.` : 'No room for this answer.');
    this.reason = reason;
  }
}

/** What storage charges for the texts that it reads, before it reads more. */
export interface ReadBudget {
  /** How many bytes may still be read. */
  readonly bytesLeft: number;
  /** Counts bytes that were read, or that were found to be too many to read. Throws `AnswerRefused`. */
  chargeRead(bytes: number): void;
}

/**
 * How large the answer to one request, or one event of a stream, may become. Everything that goes into it is charged
 * before it is parsed, copied or written. What storage reads is charged apart: each text that is read for an answer
 * stands in it at least once, so a read beyond the limit is an answer beyond it.
 */
export class AnswerBudget implements ReadBudget {
  readonly #room: AnswerRoom | undefined;
  #written = 0;
  #read = 0;
  #reserved = blockBytes;
  #refused: AnswerRefused | undefined;

  /** Without `room`, the answer has it whatever else is under way. */
  constructor(room?: AnswerRoom) {
    this.#room = room;
  }

  /** Why the answer is refused; undefined while it has room. The first reason stays. */
  get refused(): AnswerRefused | undefined {
    return this.#refused;
  }

  get bytesLeft(): number {
    return this.#refused ? 0 : Math.max(0, answerLimits.one - this.#read);
  }

  /** Charges bytes of the answer. Throws `AnswerRefused`, the same one every time. */
  charge(bytes: number): void {
    if (this.#refused) throw this.#refused;
    this.#written += bytes;
    if (this.#written > this.#reserved) this.#reserve();
  }

  /** Charges a text that the answer holds as a JSON string. */
  chargeText(text: string): void {
    const isSmall = this.#written < exactFrom.answer && text.length < exactFrom.text;
    this.charge(isSmall ? text.length + 2 : countJsonStringBytes(text));
  }

  /** Charges JSON text that the answer holds as it is. */
  chargeJson(text: string): void {
    this.charge(Buffer.byteLength(text));
  }

  chargeRead(bytes: number): void {
    if (this.#refused) throw this.#refused;
    this.#read += bytes;
    if (this.#read > answerLimits.one) this.#refuse('tooLarge');
  }

  /** Gives back the room that was taken: the answer is written, and the next one of a stream may begin. */
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

/** How many bytes `JSON.stringify` makes of a text. */
function countJsonStringBytes(text: string): number {
  return /[^ !#-[\]-~]/.test(text) ? Buffer.byteLength(JSON.stringify(text)) : text.length + 2;
}

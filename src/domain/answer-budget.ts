/** The most bytes of one answer (contract, section 7). */
export const maxAnswerBytes = 16 * 1024 * 1024;

/**
 * In an answer below so many bytes, texts below so many characters are charged by their characters, everything else by
 * its bytes: a character takes six of them at most (`\u0001`), and looking costs more than the rest of the charge.
 */
const exactFrom = { answer: 512 * 1024, text: 1_000 } as const;
/** Room for answers under way is asked for in blocks of so many bytes. */
const blockBytes = 64 * 1024;

/** Thrown, and never caught below the operation, once an answer has no room left. */
export class AnswerRefused extends Error {
  override readonly name = 'AnswerRefused';
  readonly reason: 'tooLarge' | 'noRoom';

  constructor(reason: AnswerRefused['reason']) {
    super(reason === 'tooLarge' ? `The answer is larger than ${maxAnswerBytes} bytes.` : 'No room for this answer.');
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
  readonly #hasRoom: (bytes: number) => boolean;
  #written = 0;
  #read = 0;
  #reserved = 0;
  #refused: AnswerRefused | undefined;

  /** `hasRoom` takes room for bytes of this answer from what all answers under way share, or says that there is none. */
  constructor(hasRoom: (bytes: number) => boolean = () => true) {
    this.#hasRoom = hasRoom;
  }

  /** Why the answer is refused; undefined while it has room. The first reason stays. */
  get refused(): AnswerRefused | undefined {
    return this.#refused;
  }

  /** How many bytes were taken from what all answers under way share, to be given back once the answer is sent. */
  get reservedBytes(): number {
    return this.#reserved;
  }

  get bytesLeft(): number {
    return this.#refused ? 0 : Math.max(0, maxAnswerBytes - this.#read);
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
    this.charge(isSmall ? text.length + 2 : jsonStringBytes(text));
  }

  /** Charges JSON text that the answer holds as it is. */
  chargeJson(text: string): void {
    this.charge(Buffer.byteLength(text));
  }

  chargeRead(bytes: number): void {
    if (this.#refused) throw this.#refused;
    this.#read += bytes;
    if (this.#read > maxAnswerBytes) this.#refuse('tooLarge');
  }

  /** Begins the next answer of a stream. What was reserved stays so. */
  restart(): void {
    this.#written = 0;
    this.#read = 0;
    this.#refused = undefined;
  }

  #reserve(): void {
    if (this.#written > maxAnswerBytes) this.#refuse('tooLarge');
    const bytes = Math.ceil((this.#written - this.#reserved) / blockBytes) * blockBytes;
    if (!this.#hasRoom(bytes)) this.#refuse('noRoom');
    this.#reserved += bytes;
  }

  #refuse(reason: AnswerRefused['reason']): never {
    this.#refused = new AnswerRefused(reason);
    throw this.#refused;
  }
}

/** How many bytes `JSON.stringify` makes of a text. */
function jsonStringBytes(text: string): number {
  return /[^ !#-[\]-~]/.test(text) ? Buffer.byteLength(JSON.stringify(text)) : text.length + 2;
}

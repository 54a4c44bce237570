const space = 0x20;
const comma = 0x2c;
const closeBracket = 0x5d;
const closeBrace = 0x7d;

/** Reads a valid JSON text token by token, from start to end. Throws `SyntaxError` when the text ends too early. */
export class JsonReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** Skips white space and returns the first character of the next token; undefined at the end of the text. */
  peek(): string | undefined {
    while (this.#text.charCodeAt(this.#at) <= space) this.#at++;
    return this.#text[this.#at];
  }

  /** Reads the object or array that comes next. Calls `read` for each member, which must read it. */
  readMembers(read: () => void): void {
    this.peek();
    this.#at++; // the opening bracket
    for (let start = this.peek(); start !== ']' && start !== '}'; start = this.peek()) {
      if (start === ',') this.#at++;
      else read();
    }
    this.#at++;
  }

  /** Reads the key of a member of an object, as a token. Its value comes next. */
  readKey(): string {
    const key = this.readString();
    this.peek();
    this.#at++; // the colon
    return key;
  }

  /** Reads a string, as a token. */
  readString(): string {
    const start = this.#at;
    let end = this.#text.indexOf('"', start + 1);
    while (end >= 0 && isEscaped(this.#text, end)) end = this.#text.indexOf('"', end + 1);
    if (end < 0) throw new SyntaxError('The text is not valid JSON.');
    this.#at = end + 1;
    return this.#text.slice(start, this.#at);
  }

  /** Reads a number, `true`, `false` or `null`, as a token. */
  readWord(): string {
    const start = this.#at;
    while (isInWord(this.#text.charCodeAt(this.#at))) this.#at++;
    if (this.#at === start) throw new SyntaxError('The text is not valid JSON.');
    return this.#text.slice(start, this.#at);
  }

  /** Skips a value, without recursion. */
  skipValue(): void {
    let level = 0;
    do {
      const start = this.peek();
      if (start === '"') this.readString();
      else if (start === undefined || !'{}[],:'.includes(start)) this.readWord();
      else {
        this.#at++;
        if (start === '{' || start === '[') level++;
        else if (start === '}' || start === ']') level--;
      }
    } while (level > 0);
  }
}

function isEscaped(text: string, at: number): boolean {
  let start = at;
  while (text[start - 1] === '\\') start--;
  return (at - start) % 2 === 1;
}

/** False for `NaN`, the code beyond the end of a text. */
function isInWord(code: number): boolean {
  return code > space && code !== comma && code !== closeBracket && code !== closeBrace;
}

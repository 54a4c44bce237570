import { parseJson, toJsonText } from './exact-json.ts';

/** A JSON array that is compared and stored as text, and parsed when its values are first read. */
export class JsonList<Entry> {
  readonly text: string;
  #values: readonly Entry[] | undefined;
  readonly #length: number | undefined;

  private constructor(text: string, values?: readonly Entry[], length?: number) {
    this.text = text;
    this.#values = values;
    this.#length = length;
  }

  static of<Entry>(values: readonly Entry[]): JsonList<Entry> {
    return new JsonList(toJsonText(values), values);
  }

  /** From the stored text of a JSON array, with the number of its entries if known. */
  static fromText<Entry>(text: string, length?: number): JsonList<Entry> {
    return new JsonList<Entry>(text, undefined, length);
  }

  get values(): readonly Entry[] {
    this.#values ??= this.isEmpty ? [] : (parseJson(this.text) as Entry[]);
    return this.#values;
  }

  get length(): number {
    return this.#length ?? this.values.length;
  }

  get isEmpty(): boolean {
    return this.text === '[]';
  }
}

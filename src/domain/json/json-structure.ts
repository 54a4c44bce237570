import { findEndOfString } from './json-text.ts';

/** How much structure a JSON text may have. */
export interface StructureLimits {
  readonly levels: number;
  /** Objects and arrays. */
  readonly containers: number;
  /** Members and entries, by the commas between them; any number when omitted. */
  readonly values?: number;
}

/**
 * Returns the limit that a JSON text exceeds, if any. Takes linear time and accepts any text, so it can run before
 * parsing; the result for a text that is not JSON is meaningless.
 */
export function findExcess(
  text: string,
  { levels, containers, values = Number.POSITIVE_INFINITY }: StructureLimits,
): keyof StructureLimits | undefined {
  // An object or array takes at least two characters.
  if (text.length <= Math.min(2 * levels, 2 * containers, values)) return undefined;
  let level = 0;
  let count = 0;
  let commas = 0;
  for (let at = 0; at < text.length; at++) {
    switch (text.charAt(at)) {
      case '"':
        at = findEndOfString(text, at) - 1;
        break;
      case '{':
      case '[':
        if (++level > levels) return 'levels';
        if (++count > containers) return 'containers';
        break;
      case '}':
      case ']':
        level--;
        break;
      case ',':
        if (++commas > values) return 'values';
    }
  }
  return undefined;
}

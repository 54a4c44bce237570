/** Counts the characters of a text: Unicode code points, as PostgreSQL counts them too. */
export function countCharacters(text: string): number {
  let count = text.length;
  for (let at = 0; at < text.length; at++) if ((text.charCodeAt(at) & 0xfc00) === 0xd800) count--;
  return count;
}

/**
 * Shortens a text to at most `length` characters. The result is well-formed, and ends with an ellipsis if it was cut.
 */
export function shorten(text: string, length: number): string {
  if (text.length <= length) return text.toWellFormed();
  // A character takes at most two code units.
  const characters = Array.from(text.slice(0, 2 * length + 1));
  if (characters.length <= length) return text.toWellFormed();
  return `${characters.slice(0, length - 1).join('')}…`.toWellFormed();
}

/** Whether both engines store this text exactly (R16): it has no NUL and no lone surrogate. */
export function isStorable(text: string): boolean {
  return text.isWellFormed() && !text.includes('\0');
}

/** A text in the form that searches compare: ignores case and how characters are composed. */
export function foldText(text: string): string {
  return text.normalize('NFKC').toLowerCase().toUpperCase();
}

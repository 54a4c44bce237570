/** How many characters (Unicode code points, as people and PostgreSQL count them) a text has. */
export function countCharacters(text: string): number {
  let count = text.length;
  for (let at = 0; at < text.length; at++) if ((text.charCodeAt(at) & 0xfc00) === 0xd800) count--;
  return count;
}

/** At most so many characters of a text, well-formed; the last of them is an ellipsis where more was cut off. */
export function shorten(text: string, length: number): string {
  if (text.length <= length) return text.toWellFormed();
  // A character takes two units at most.
  const characters = Array.from(text.slice(0, 2 * length + 1));
  if (characters.length <= length) return text.toWellFormed();
  return `${characters.slice(0, length - 1).join('')}…`.toWellFormed();
}

/** Whether storage keeps this text exactly on both engines (R16): no NUL, no lone surrogate. */
export function isStorable(text: string): boolean {
  return text.isWellFormed() && !text.includes('\0');
}

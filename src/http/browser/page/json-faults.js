/**
 * Says what is wrong with a text that should be a JSON list of objects, or undefined.
 *
 * @param {string} text
 */
export function findListFault(text) {
  const { value, message } = parse(text);
  if (message !== undefined) return `This is not valid JSON: ${describePlace(text, message)}`;
  if (!Array.isArray(value)) return 'Enter a JSON list, for example [].';
  const other = value.findIndex((entry) => typeof entry !== 'object' || entry === null || Array.isArray(entry));
  return other === -1 ? undefined : `Entry ${other} is not a JSON object.`;
}

/**
 * @param {string} text
 * @returns {{ readonly value?: unknown, readonly message?: string }}
 */
function parse(text) {
  try {
    return { value: JSON.parse(text) };
  } catch (error) {
    return { message: error instanceof Error ? error.message : '' };
  }
}

/**
 * Browsers name the position of a fault; people find a line.
 *
 * @param {string} text
 * @param {string} message
 */
function describePlace(text, message) {
  const problem = message.replace(/ in JSON at position.*$/s, '').replace(unplaced, '$1');
  const position = /at position (\d+)/.exec(message)?.[1] ?? (unplaced.test(message) ? findToken(text) : undefined);
  if (position === undefined) return `${problem}.`;
  return `${problem}, in line ${text.slice(0, Number(position)).split('\n').length}.`;
}

/** What Chromium says about a token: it quotes the text around it, and names no position. */
const unplaced = /^(Unexpected token '.+?'), (?:\.{3})?".*$/s;

/**
 * The end of the token that is wrong, and so the end of the shortest beginning of the text that is wrong in this way.
 *
 * @param {string} text
 */
function findToken(text) {
  let [low, high] = [0, text.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (unplaced.test(parse(text.slice(0, middle)).message ?? '')) high = middle;
    else low = middle + 1;
  }
  return low;
}

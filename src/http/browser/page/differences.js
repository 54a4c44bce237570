import { readNodes } from './json.js';

/** @typedef {import('./json.js').JsonNode} JsonNode */

/**
 * One place where two JSON values differ. `before` is missing for what was added, and `after` for what was removed;
 * both are missing where only the order of keys differs.
 *
 * @typedef {{ readonly path: string, readonly before?: string, readonly after?: string }} Difference
 */

/**
 * The places where two values differ, inside objects and lists too: `workflow[0].config.temperature`.
 *
 * @param {string} path Of the values themselves.
 * @param {ExactJson} before
 * @param {ExactJson} after
 * @returns {Difference[]}
 */
export function listDifferences(path, before, after) {
  return compareNodes(path, readNodes(before.text), readNodes(after.text));
}

/**
 * @param {string} path
 * @param {JsonNode | undefined} before
 * @param {JsonNode | undefined} after
 * @returns {Difference[]}
 */
function compareNodes(path, before, after) {
  if (!before) return after ? [{ path, after: after.text }] : [];
  if (!after) return [{ path, before: before.text }];
  if (before.text === after.text) return [];
  if (before.kind === 'list' && after.kind === 'list') return compareLists(path, before.entries, after.entries);
  if (before.kind === 'object' && after.kind === 'object') {
    const keys = new Set([...before.members.keys(), ...after.members.keys()]);
    const found = Array.from(keys).flatMap((key) =>
      compareNodes(addKey(path, key), before.members.get(key), after.members.get(key)),
    );
    return found.length > 0 ? found : [{ path }];
  }
  return [{ path, before: before.text, after: after.text }];
}

/**
 * Lists are compared between what is the same at their beginning and at their end, so that an entry that was inserted
 * does not make all that follow it differ.
 *
 * @param {string} path
 * @param {readonly JsonNode[]} before
 * @param {readonly JsonNode[]} after
 */
function compareLists(path, before, after) {
  const shorter = Math.min(before.length, after.length);
  let start = 0;
  while (start < shorter && before[start]?.text === after[start]?.text) start++;
  let end = 0;
  while (end < shorter - start && before.at(-1 - end)?.text === after.at(-1 - end)?.text) end++;
  /** @type {Difference[]} */
  const found = [];
  for (let index = start; index < Math.max(before.length, after.length) - end; index++) {
    const [left, right] = [before, after].map((list) => (index < list.length - end ? list[index] : undefined));
    found.push(...compareNodes(`${path}[${index}]`, left, right));
  }
  return found;
}

/**
 * The path of a member of an object.
 *
 * @param {string} path
 * @param {string} key
 */
export function addKey(path, key) {
  return /^[A-Za-z_][\w-]*$/.test(key) ? `${path}.${key}` : `${path}[${JSON.stringify(key)}]`;
}

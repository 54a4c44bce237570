import { addKey, listDifferences } from './differences.js';
import { h } from './dom.js';
import { fields } from './fields.js';
import { indent } from './json.js';

/** Longer values stand below each other. */
const maxInline = 60;

/** @type {Record<FieldChange['reason'], string | null>} */
const reasons = { SET: null, RESET_TO_DEFAULT: 'back to the default', CLEARED: 'cleared' };

/**
 * Changes of fields as a readable list: where, what it was, and what it is now.
 *
 * @param {readonly Pick<FieldChange, 'field' | 'before' | 'after' | 'reason'>[]} changes
 */
export function showChanges(changes) {
  if (changes.length === 0) return h('p', { class: 'hint' }, 'Nothing changes.');
  return h(
    'ul',
    { class: 'changes' },
    changes.flatMap(({ field, before, after, reason }) =>
      listDifferences(field, before, after).map((difference) => showDifference(difference, field, reasons[reason])),
    ),
  );
}

/**
 * @param {import('./differences.js').Difference} difference
 * @param {string} field
 * @param {string | null} reason
 */
function showDifference({ path, before, after }, field, reason) {
  // Ids and the values of fields are shown as texts, values inside JSON as JSON.
  const isField = path === field || fields.some(({ name, kind }) => name === field && kind === 'ids');
  const was = before === undefined ? null : describeValue(before, isField);
  const is = after === undefined ? null : describeValue(after, isField);
  const isLong = [was, is].some((text) => text !== null && (text.length > maxInline || text.includes('\n')));
  const show = (/** @type {string} */ text) => (isLong && /^[[{]/.test(text) && !isField ? indent(text) : text);
  const values = [
    was !== null && h('del', {}, h('span', { class: 'visually-hidden' }, 'was '), show(was)),
    was !== null && is !== null && h('span', { class: 'arrow', 'aria-hidden': 'true' }, '→'),
    is !== null && h('ins', {}, h('span', { class: 'visually-hidden' }, 'is now '), show(is)),
    was === null && is === null && h('span', { class: 'hint' }, 'the order of the keys'),
  ];
  const note =
    was === null && is !== null ? 'added' : is === null && was !== null ? 'removed' : isField ? reason : null;
  return h(
    'li',
    { class: isLong ? 'change long' : 'change' },
    showPlace(isField ? field : path),
    note !== null && h('span', { class: 'note' }, note),
    h('span', { class: 'values' }, values),
  );
}

/**
 * @param {string} json
 * @param {boolean} isField
 */
function describeValue(json, isField) {
  if (isField && json === 'null') return 'none';
  if (isField && json.startsWith('"')) return String(JSON.parse(json)) || 'empty';
  return json;
}

/** @param {readonly Warning[]} warnings */
export function showWarnings(warnings) {
  return warnings.map(({ message, path: [argument, field = '', ...keys] }) => {
    const path = keys.reduce((place, key) => (/^\d+$/.test(key) ? `${place}[${key}]` : addKey(place, key)), field);
    // Messages begin with a short name of the same place.
    const text = argument === 'input' ? [showPlace(path), message.replace(/^\S+(?=: )/, '')] : toSentence(message);
    return h('p', { class: 'banner warning' }, text);
  });
}

/**
 * Where something is: the label that a field has everywhere on the page, or the path of a place inside it.
 *
 * @param {string} path
 */
function showPlace(path) {
  const label = fields.find(({ name }) => name === path)?.label;
  return label === undefined ? h('code', { class: 'path' }, path) : h('span', { class: 'path' }, label);
}

/**
 * Messages of the gateway begin with the field that they are about, which is clear beside its control. A longer path
 * stays.
 *
 * @param {string} message
 */
export function toSentence(message) {
  const text = message.replace(/^\w+: /, '');
  return text.charAt(0).toUpperCase() + text.slice(1);
}

import { h } from './dom.js';
import { indent } from './json.js';

/** @typedef {import('./dom.js').Child} Child */

/**
 * Names and values in two columns.
 *
 * @param {readonly (readonly [name: string, ...values: Child[]] | null)[]} facts
 */
export function createFacts(facts) {
  return h(
    'dl',
    { class: 'facts' },
    facts.flatMap((fact) => {
      if (!fact) return [];
      const [name, ...values] = fact;
      return [h('dt', {}, name), h('dd', {}, values)];
    }),
  );
}

/**
 * A value that may be missing.
 *
 * @param {string | number | null} value
 */
export function showValue(value) {
  return value === null || value === '' ? h('span', { class: 'none' }, 'none') : value;
}

/** @param {readonly string[]} ids */
export function showIds(ids) {
  if (ids.length === 0) return showValue(null);
  return h(
    'span',
    { class: 'ids' },
    ids.map((id) => h('code', {}, id)),
  );
}

/**
 * @param {ExactJson} json
 * @param {string} label
 */
export function showJson(json, label) {
  return h('pre', { class: 'json', tabindex: 0, role: 'region', 'aria-label': label }, indent(json.text));
}

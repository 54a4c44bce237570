import { listDifferences } from './differences.js';
import { h } from './dom.js';
import { readText } from './fields.js';
import { Exact, writeJson } from './json.js';

/**
 * A field that was edited here or there.
 *
 * @typedef {{ readonly field: import('./fields.js').Field, readonly mine: string, readonly stored: string, readonly isMine: boolean }} Side
 */

/**
 * Both sides of a conflict: what was edited here, and what somebody else has stored meanwhile.
 *
 * @param {OpenExperiment} current
 * @param {readonly Side[]} sides
 * @param {{ readonly onKeep: () => void, readonly onDiscard: () => void }} events
 */
export function createConflict({ revision }, sides, { onKeep, onDiscard }) {
  return h(
    'section',
    { class: 'conflict', 'aria-label': 'Conflict', tabindex: -1 },
    h('h3', {}, `Revision ${revision} was saved while you were editing`),
    h('p', {}, 'Nothing was overwritten. These are the fields that differ:'),
    h(
      'table',
      {},
      h(
        'thead',
        {},
        h(
          'tr',
          {},
          h('th', { scope: 'col' }, 'Field'),
          h('th', { scope: 'col' }, 'Yours'),
          h('th', { scope: 'col' }, `Revision ${revision}`),
        ),
      ),
      h('tbody', {}, sides.flatMap(showSide)),
    ),
    h(
      'div',
      { class: 'buttons' },
      h(
        'button',
        { type: 'button', class: 'primary', onclick: onKeep },
        `Keep my edits on top of revision ${revision}`,
      ),
      h('button', { type: 'button', onclick: onDiscard }, 'Discard my edits'),
    ),
  );
}

/** @param {Side} side */
function showSide({ field, mine, stored, isMine }) {
  const differences = field.kind === 'json' ? compareJson(field, mine, stored) : undefined;
  const rows = differences ?? [{ path: field.label, after: mine, before: stored }];
  return rows.map(({ path, after, before }) =>
    h(
      'tr',
      {},
      h(
        'th',
        { scope: 'row' },
        differences ? h('code', {}, path) : path,
        isMine ? null : h('span', { class: 'note' }, 'not edited by you'),
      ),
      h('td', {}, after || h('span', { class: 'none' }, 'none')),
      h('td', {}, before || h('span', { class: 'none' }, 'none')),
    ),
  );
}

/**
 * @param {import('./fields.js').Field} field
 * @param {string} mine
 * @param {string} stored
 */
function compareJson(field, mine, stored) {
  const read = readText(field, mine);
  return 'value' in read
    ? listDifferences(field.name, new Exact(stored), new Exact(writeJson(read.value ?? [])))
    : undefined;
}

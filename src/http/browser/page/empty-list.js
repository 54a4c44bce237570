import { createCopyButton, h } from './dom.js';

/**
 * What stands in the place of an empty list.
 *
 * @param {PageState} state
 * @param {() => void} clearFilters
 */
export function describeEmptyList({ isTrash, search, tag, statuses }, clearFilters) {
  if (search.trim() || tag.trim() || statuses.length > 0)
    return [
      h('p', {}, isTrash ? 'Nothing in the trash matches.' : 'No experiment matches.'),
      h('button', { type: 'button', onclick: clearFilters }, 'Clear the filters'),
    ];
  if (isTrash)
    return [
      h('p', {}, 'The trash is empty.'),
      h('p', { class: 'hint' }, 'Deleted experiments can be restored from here.'),
    ];
  const command = `curl -s ${location.origin}/api/v2/experiments/ \\
  -H "Authorization: Bearer $KEY" \\
  -H 'Content-Type: application/json' \\
  -d '{"name": "My first experiment"}'`;
  return [
    h('p', {}, 'There are no experiments yet.'),
    h(
      'p',
      { class: 'hint' },
      'Set KEY to your API key and run this in a terminal. The experiment appears here at once.',
    ),
    h('pre', { tabindex: 0, 'aria-label': 'Command that creates the first experiment' }, command),
    createCopyButton(() => command),
  ];
}

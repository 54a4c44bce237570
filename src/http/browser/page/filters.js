import { fill, h } from './dom.js';
import { orders, statuses, statusNames } from './state.js';

/** Typing settles before the list is loaded again. */
const typingMs = 250;

/** @typedef {Pick<PageState, 'search' | 'tag' | 'statuses' | 'order'>} Filters */

/**
 * The controls above the list. `onChange` receives what the caller changed.
 *
 * @param {(change: Partial<Filters>) => void} onChange
 */
export function createFilters(onChange) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let typing;
  /** @type {readonly Status[]} */
  let chosen = [];

  /**
   * @param {string} label
   * @param {string} placeholder
   */
  function createSearch(label, placeholder) {
    const input = h('input', { type: 'search', 'aria-label': label, placeholder, maxlength: 255, spellcheck: 'false' });
    input.addEventListener('input', () => {
      clearTimeout(typing);
      typing = setTimeout(() => onChange({ search: search.value, tag: tag.value }), typingMs);
    });
    return input;
  }
  const search = createSearch('Search by name or id', 'Search by name or id');
  const tag = createSearch('Filter by tag, as key or key=value', 'Tag: key or key=value');
  const order = h(
    'select',
    { 'aria-label': 'Order' },
    Object.entries(orders).map(([name, { label }]) => h('option', { value: name }, label)),
  );
  order.addEventListener('change', () => onChange({ order: /** @type {ListOrder} */ (order.value) }));

  const all = createChip('All', () => onChange({ statuses: [] }));
  const byStatus = statuses.map((status) => ({
    status,
    chip: createChip(statusNames[status], () => {
      const isChosen = chosen.includes(status);
      const others = chosen.filter((each) => each !== status);
      onChange({ statuses: isChosen ? others : statuses.filter((each) => each === status || others.includes(each)) });
    }),
  }));
  const chips = h(
    'div',
    { class: 'chips', role: 'group', 'aria-label': 'Status' },
    all.element,
    byStatus.map(({ chip }) => chip.element),
  );

  return {
    element: h('div', { class: 'filters', role: 'search' }, h('div', { class: 'fields' }, search, tag, order), chips),

    /** @param {Filters} filters */
    show(filters) {
      if (search.value.trim() !== filters.search.trim()) search.value = filters.search;
      if (tag.value.trim() !== filters.tag.trim()) tag.value = filters.tag;
      order.value = filters.order;
      chosen = filters.statuses;
      all.press(chosen.length === 0);
      for (const { status, chip } of byStatus) chip.press(chosen.includes(status));
    },

    /** @param {ReadonlyMap<Status, number>} counts */
    showCounts(counts) {
      all.count([...counts.values()].reduce((sum, count) => sum + count, 0));
      for (const { status, chip } of byStatus) chip.count(counts.get(status) ?? 0);
    },
  };
}

/**
 * A button that stays pressed, with a number.
 *
 * @param {string} name
 * @param {() => void} onClick
 */
function createChip(name, onClick) {
  const number = h('span', { class: 'count' });
  const element = h(
    'button',
    { type: 'button', class: 'chip', 'aria-pressed': 'false', onclick: onClick },
    name,
    number,
  );
  return {
    element,
    /** @param {boolean} isPressed */
    press: (isPressed) => element.setAttribute('aria-pressed', String(isPressed)),
    /** @param {number} count */
    count: (count) => fill(number, count.toLocaleString('en')),
  };
}

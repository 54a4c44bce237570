import { getNow } from './api.js';
import { fill, h } from './dom.js';
import { createRow } from './row.js';
import { compare, isStalled } from './state.js';

/** @typedef {ReturnType<typeof createRow>} Row */

/**
 * The rows of the list, as a listbox: the Tab key reaches one row, the arrow keys the others, and Enter opens one.
 *
 * @param {(id: string) => void} onOpen
 */
export function createRows(onOpen) {
  /** @type {Map<string, Row>} */
  const rows = new Map();
  /** @type {WeakMap<Element, Row>} */
  const byElement = new WeakMap();
  /** @type {string | null} */
  let openId = null;
  const element = h('ul', { role: 'listbox', 'aria-label': 'Experiments', class: 'rows' });

  element.addEventListener('click', ({ target }) => {
    const option = target instanceof Element ? target.closest('[role=option]') : null;
    const row = option && byElement.get(option);
    if (row) onOpen(row.experiment.id);
  });
  element.addEventListener('keydown', (event) => {
    const { target, key } = event;
    if (!(target instanceof HTMLElement) || event.ctrlKey || event.metaKey || event.altKey) return;
    const next = {
      ArrowDown: target.nextElementSibling,
      ArrowUp: target.previousElementSibling,
      Home: element.firstElementChild,
      End: element.lastElementChild,
    };
    if (key === 'Enter' || key === ' ') target.click();
    else if (key in next) /** @type {HTMLElement | null} */ (next[/** @type {keyof typeof next} */ (key)])?.focus();
    else return;
    event.preventDefault();
  });
  element.addEventListener('focusin', ({ target }) => {
    if (target instanceof HTMLElement) setTabStop(target);
  });

  /** @param {Element | null | undefined} option */
  function setTabStop(option) {
    for (const each of element.querySelectorAll('[tabindex="0"]')) each.setAttribute('tabindex', '-1');
    option?.setAttribute('tabindex', '0');
  }

  /** @param {ListedExperiment} experiment */
  function addRow(experiment) {
    const row = createRow(experiment);
    rows.set(experiment.id, row);
    byElement.set(row.element, row);
    row.element.setAttribute('aria-selected', String(experiment.id === openId));
    return row;
  }

  function ensureTabStop() {
    if (!element.querySelector('[tabindex="0"]')) setTabStop(element.firstElementChild);
  }

  // Leases expire by the clock alone.
  setInterval(() => {
    for (const row of rows.values()) if (isStalled(row.experiment, getNow())) row.showStatus();
  }, 1_000);

  return {
    element,
    count: () => rows.size,
    /** @param {string} id */
    find: (id) => rows.get(id)?.experiment,
    /**
     * Puts the focus on a row, or where the Tab key goes when it is gone.
     *
     * @param {string} id
     */
    focus(id) {
      const target = rows.get(id)?.element ?? element.querySelector('[tabindex="0"]');
      if (target instanceof HTMLElement) target.focus();
    },

    /** @param {readonly ListedExperiment[]} experiments */
    replace(experiments) {
      rows.clear();
      fill(
        element,
        experiments.map((experiment) => addRow(experiment).element),
      );
      ensureTabStop();
    },

    /** @param {readonly ListedExperiment[]} experiments */
    append(experiments) {
      // What the stream brought meanwhile is newer.
      for (const each of experiments) if (!rows.has(each.id)) element.append(addRow(each).element);
    },

    /**
     * Shows an experiment where the order of the list wants it, unless that is behind what has been loaded.
     *
     * @param {ListedExperiment} experiment
     * @param {ListOrder} order
     * @param {boolean} isComplete Whether all experiments have been loaded.
     */
    place(experiment, order, isComplete) {
      const known = rows.get(experiment.id);
      known?.show(experiment);
      const following = Array.prototype.find.call(element.children, (/** @type {Element} */ other) => {
        const row = byElement.get(other);
        return row !== undefined && row !== known && compare(order, experiment, row.experiment) < 0;
      });
      if (!following && !known && !isComplete) return;
      const row = known ?? addRow(experiment);
      if (known && known.element.nextElementSibling === (following ?? null)) return;
      const hadFocus = document.activeElement === row.element;
      element.insertBefore(row.element, following ?? null);
      if (hadFocus) row.element.focus();
      ensureTabStop();
    },

    /** @param {string} id */
    remove(id) {
      const removed = rows.get(id)?.element;
      const next = removed?.nextElementSibling ?? removed?.previousElementSibling;
      const hadFocus = document.activeElement === removed;
      removed?.remove();
      rows.delete(id);
      if (hadFocus && next instanceof HTMLElement) next.focus();
      ensureTabStop();
    },

    /** @param {string | null} id */
    markOpen(id) {
      openId = id;
      for (const [each, row] of rows) row.element.setAttribute('aria-selected', String(each === id));
      const open = id === null ? undefined : rows.get(id);
      if (open) setTabStop(open.element);
    },
  };
}

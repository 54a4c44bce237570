import { Refused, send } from './api.js';
import { documents } from './documents.js';
import { fill, h } from './dom.js';
import { describeEmptyList } from './empty-list.js';
import { createFilters } from './filters.js';
import { createRows } from './rows.js';
import { buildFilters, orders } from './state.js';
import { watchChanges } from './stream.js';

const pageSize = 50;
/** Changes that come together are counted once. */
const countingMs = 1_000;

/**
 * @typedef {object} ListEvents
 * @property {(id: string) => void} onOpen
 * @property {(change: Partial<PageState>) => void} onFilter
 * @property {(change: ExperimentChange) => void} onChange An experiment changed, in the list or not.
 * @property {(state: 'live' | 'waiting' | 'paused') => void} onState Of the stream.
 * @property {(refused: Refused) => void} onRefused
 */

/**
 * The list of experiments, or of the trash: loaded once, then kept up to date by one stream.
 *
 * @param {ListEvents} events
 */
export function createList({ onOpen, onFilter, onChange, onState, onRefused }) {
  /** @type {PageState | undefined} */
  let state;
  let loading = new AbortController();
  let stopWatching = () => {};
  /** The cursor of the next page; null when everything has been loaded. */
  let endCursor = /** @type {string | null} */ (null);
  let counts = /** @type {ReadonlyMap<Status, number>} */ (new Map());
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let counting;

  const filters = createFilters(onFilter);
  const views = createViews(onFilter);
  const rows = createRows(onOpen);
  const empty = h('div', { class: 'empty', hidden: true });
  const summary = h('p', { class: 'visually-hidden', role: 'status' });
  const more = h('button', { type: 'button', class: 'more', hidden: true, onclick: () => void loadMore() });
  const fault = h('p', { class: 'fault', role: 'alert' });

  /** @param {PageState} next */
  async function load(next) {
    state = next;
    stopWatching();
    loading.abort();
    loading = new AbortController();
    const { signal } = loading;
    const { filter, counted } = buildFilters(next);
    const { field, direction } = orders[next.order];
    rows.element.setAttribute('aria-busy', 'true');
    try {
      const variables = { first: pageSize, filter, counted, orderBy: { field, direction } };
      const { experiments, experimentCounts } = await send(documents.list, variables, signal);
      fill(fault);
      fill(empty);
      rows.replace(experiments.nodes);
      rows.markOpen(state.id);
      endCursor = experiments.pageInfo.hasNextPage ? experiments.pageInfo.endCursor : null;
      showCounts(experimentCounts);
      stopWatching = watchChanges(filter, experiments.changesCursor, {
        onChange: takeChange,
        onState,
        onExpired: () => void load(state ?? next),
        onRefused,
      });
    } catch (error) {
      if (!signal.aborted) showFault(error);
    } finally {
      if (!signal.aborted) rows.element.removeAttribute('aria-busy');
    }
  }

  async function loadMore() {
    if (!state || endCursor === null) return;
    const { signal } = loading;
    const { filter } = buildFilters(state);
    const { field, direction } = orders[state.order];
    more.disabled = true;
    try {
      const variables = { first: pageSize, after: endCursor, filter, orderBy: { field, direction } };
      const { experiments } = await send(documents.more, variables, signal);
      endCursor = experiments.pageInfo.hasNextPage ? experiments.pageInfo.endCursor : null;
      rows.append(experiments.nodes);
      showEnd();
    } catch (error) {
      if (!signal.aborted) showFault(error);
    } finally {
      more.disabled = false;
    }
  }

  /** @param {unknown} error */
  function showFault(error) {
    if (!(error instanceof Refused)) throw error;
    if (error.isKeyRefused) return onRefused(error);
    const retry = h('button', { type: 'button', onclick: () => state && void load(state) }, 'Try again');
    fill(fault, error.message, ' ', retry);
  }

  /** @param {ExperimentChange} change */
  function takeChange(change) {
    const { kind, experimentId: id, experiment } = change;
    if (!state) return;
    const before = rows.find(id);
    if (kind === 'SAVED' && experiment) rows.place(experiment, state.order, endCursor === null);
    else rows.remove(id);
    // Reports of progress come often and count nothing.
    if (!before || before.status !== experiment?.status) counting ??= setTimeout(() => void count(), countingMs);
    showEnd();
    onChange(change);
  }

  async function count() {
    counting = undefined;
    if (!state) return;
    try {
      const { counted } = buildFilters(state);
      const { experimentCounts } = await send(documents.counts, { counted }, loading.signal);
      showCounts(experimentCounts);
    } catch {
      // The next change counts again.
    }
  }

  /** @param {readonly { readonly status: Status, readonly count: number }[]} given */
  function showCounts(given) {
    counts = new Map(given.map(({ status, count }) => [status, count]));
    filters.showCounts(counts);
    showEnd();
  }

  /** Shows what comes after the rows, and says how many there are. */
  function showEnd() {
    if (!state) return;
    const { statuses, isTrash } = state;
    const chosen = [...counts].filter(([status]) => statuses.length === 0 || statuses.includes(status));
    const total = chosen.reduce((sum, [, count]) => sum + count, 0);
    const text = `${total} ${total === 1 ? 'experiment' : 'experiments'}${isTrash ? ' in the trash' : ''}`;
    if (summary.textContent !== text) summary.textContent = text;
    more.hidden = endCursor === null;
    fill(more, `Show more (${rows.count().toLocaleString('en')} of ${total.toLocaleString('en')})`);
    const isEmpty = rows.count() === 0;
    empty.hidden = !isEmpty;
    rows.element.hidden = isEmpty;
    if (isEmpty && !empty.hasChildNodes())
      fill(empty, ...describeEmptyList(state, () => onFilter({ search: '', tag: '', statuses: [] })));
  }

  return {
    elements: [views.element, filters.element, fault, summary, rows.element, empty, more],
    load,
    focus: rows.focus,
    /** @param {PageState} shown */
    show(shown) {
      if (state) state = { ...state, id: shown.id };
      filters.show(shown);
      views.show(shown.isTrash);
      rows.element.setAttribute('aria-label', shown.isTrash ? 'Trash' : 'Experiments');
      rows.markOpen(shown.id);
    },
    stop() {
      state = undefined;
      loading.abort();
      stopWatching();
      rows.replace([]);
    },
  };
}

/**
 * The switch between the experiments and the trash.
 *
 * @param {(change: Partial<PageState>) => void} onFilter
 */
function createViews(onFilter) {
  /**
   * @param {string} label
   * @param {boolean} isTrash
   */
  const createView = (label, isTrash) => {
    const onclick = () => onFilter({ isTrash, statuses: [], search: '', tag: '', id: null });
    return h('button', { type: 'button', onclick }, label);
  };
  const [experiments, trash] = [createView('Experiments', false), createView('Trash', true)];
  return {
    element: h('div', { class: 'views', role: 'group', 'aria-label': 'View' }, experiments, trash),
    /** @param {boolean} isTrash */
    show(isTrash) {
      experiments.setAttribute('aria-pressed', String(!isTrash));
      trash.setAttribute('aria-pressed', String(isTrash));
    },
  };
}

import { Exact } from './json.js';

/** @type {readonly Status[]} */
export const statuses = ['PENDING', 'RUNNING', 'COMPLETED', 'FAILED', 'CANCELLED'];

/** @type {Record<Status, string>} */
export const statusNames = {
  PENDING: 'Pending',
  RUNNING: 'Running',
  COMPLETED: 'Completed',
  FAILED: 'Failed',
  CANCELLED: 'Cancelled',
};

/** @type {readonly DetailTab[]} */
export const tabs = ['configuration', 'history', 'run', 'code'];

/** @type {Record<ListOrder, { readonly label: string, readonly field: string, readonly direction: string }>} */
export const orders = {
  newest: { label: 'Newest first', field: 'CREATED_AT', direction: 'DESC' },
  changed: { label: 'Last changed first', field: 'UPDATED_AT', direction: 'DESC' },
  name: { label: 'By name', field: 'NAME', direction: 'ASC' },
};

/**
 * Reads what the page shows from its address.
 *
 * @returns {PageState}
 */
export function readAddress() {
  const query = new URLSearchParams(location.search);
  const order = query.get('order') ?? '';
  const tab = query.get('tab');
  const given = query.getAll('status');
  return {
    isTrash: query.has('trash'),
    search: query.get('search') ?? '',
    tag: query.get('tag') ?? '',
    statuses: statuses.filter((status) => given.includes(status)),
    order: order in orders ? /** @type {ListOrder} */ (order) : 'newest',
    id: query.get('experiment'),
    tab: tabs.find((each) => each === tab) ?? 'configuration',
  };
}

/**
 * @param {PageState} state
 * @param {boolean} isNewPlace Whether the back button returns to the state before.
 */
export function writeAddress(state, isNewPlace) {
  const query = new URLSearchParams();
  if (state.isTrash) query.set('trash', '');
  if (state.search) query.set('search', state.search);
  if (state.tag) query.set('tag', state.tag);
  for (const status of state.statuses) query.append('status', status);
  if (state.order !== 'newest') query.set('order', state.order);
  if (state.id !== null) query.set('experiment', state.id);
  if (state.id !== null && state.tab !== 'configuration') query.set('tab', state.tab);
  const address = query.size > 0 ? `/?${query}` : '/';
  if (address === location.pathname + location.search) return;
  if (isNewPlace) history.pushState(null, '', address);
  else history.replaceState(null, '', address);
}

/**
 * The filters of a list: the whole one, and the one without statuses by which they are counted.
 *
 * @param {PageState} state
 */
export function buildFilters({ isTrash, search, tag, statuses: chosen }) {
  const text = search.trim();
  const conditions = [];
  if (text) conditions.push({ or: [{ nameContains: text }, { ids: [text] }] });
  if (tag.trim()) conditions.push(buildTagFilter(tag));
  const counted = { ...(isTrash && { deleted: true }), ...(conditions.length > 0 && { and: conditions }) };
  return { counted, filter: chosen.length > 0 ? { ...counted, status: chosen } : counted };
}

/**
 * `team` or `team=search`. A value that is also a number, `true`, `false` or `null` may be meant either way.
 *
 * @param {string} tag
 */
function buildTagFilter(tag) {
  const [, key = '', value] = /^([^=]*?)\s*(?:=\s*(.*))?$/s.exec(tag.trim()) ?? [];
  if (!value) return { tag: { key } };
  const asText = { tag: { key, value } };
  return isJson(value) ? { or: [asText, { tag: { key, value: new Exact(value) } }] } : asText;
}

/** @param {string} text */
function isJson(text) {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/**
 * Compares two experiments by an order, as the gateway does; the id breaks ties.
 *
 * @param {ListOrder} order
 * @param {ListedExperiment} a
 * @param {ListedExperiment} b
 */
export function compare(order, a, b) {
  if (order === 'name') return compareTexts(a.name, b.name) || compareTexts(a.id, b.id);
  const field = order === 'newest' ? 'createdAt' : 'updatedAt';
  return Date.parse(b[field]) - Date.parse(a[field]) || compareTexts(b.id, a.id);
}

/**
 * By code points, unlike `<`.
 *
 * @param {string} a
 * @param {string} b
 */
function compareTexts(a, b) {
  const [left, right] = [Array.from(a), Array.from(b)];
  const at = left.findIndex((character, index) => character !== right[index]);
  if (at === -1) return left.length - right.length;
  return (left[at]?.codePointAt(0) ?? 0) - (right[at]?.codePointAt(0) ?? -1);
}

/**
 * Whether the lease of a run has expired, which changes by the clock alone.
 *
 * @param {ListedExperiment} experiment
 * @param {number} now
 */
export function isStalled({ status, leaseExpiresAt }, now) {
  return status === 'RUNNING' && leaseExpiresAt !== null && Date.parse(leaseExpiresAt) <= now;
}

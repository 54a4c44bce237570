import { getNow } from './api.js';
import { h, setText } from './dom.js';

const absolute = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'medium' });

/** @param {number} ms */
function formatSpan(ms) {
  const seconds = Math.floor(ms / 1_000);
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3_600)} h`;
  const days = Math.floor(seconds / 86_400);
  return days === 1 ? '1 day' : `${days} days`;
}

/**
 * A moment in words: "4 s ago", or "in 3 min".
 *
 * @param {string} moment
 */
export function formatMoment(moment) {
  const distance = getNow() - Date.parse(moment);
  if (Math.abs(distance) < 1_000) return 'just now';
  return distance > 0 ? `${formatSpan(distance)} ago` : `in ${formatSpan(-distance)}`;
}

/** @param {string} moment */
export function formatDate(moment) {
  return absolute.format(new Date(moment));
}

/**
 * An element that shows how long ago a moment was, or how far ahead it is, and stays right.
 *
 * @param {string} moment
 */
export function createTime(moment) {
  return h('time', { datetime: moment, title: formatDate(moment) }, formatMoment(moment));
}

/**
 * @param {HTMLTimeElement} element
 * @param {string} moment
 */
export function setTime(element, moment) {
  if (element.dateTime !== moment) {
    element.dateTime = moment;
    element.title = formatDate(moment);
  }
  setText(element, formatMoment(moment));
}

/**
 * How long something took, in words.
 *
 * @param {string} from
 * @param {string} to
 */
export function formatDuration(from, to) {
  return formatSpan(Math.max(0, Date.parse(to) - Date.parse(from)));
}

/** Keeps all moments of the page right. */
export function startClock() {
  setInterval(() => {
    if (document.hidden) return;
    for (const element of document.querySelectorAll('time')) setText(element, formatMoment(element.dateTime));
  }, 1_000);
}

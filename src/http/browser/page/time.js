import { getNow } from './api.js';
import { h, setText } from './dom.js';

const absolute = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'medium' });

/**
 * @param {number} ms
 * @param {(value: number) => number} round
 */
function formatSpan(ms, round) {
  const [seconds, minutes, hours, days] = [
    round(ms / 1_000),
    round(ms / 60_000),
    round(ms / 3_600_000),
    round(ms / 86_400_000),
  ];
  if (seconds < 60) return `${seconds} s`;
  if (minutes < 60) return `${minutes} min`;
  if (hours < 24) return `${hours} h`;
  return days === 1 ? '1 day' : `${days} days`;
}

/**
 * A moment in words: "4 s ago", or "in 3 min". What is ahead is rounded: what is due in 30 days is not said to be due in
 * 29 a second later.
 *
 * @param {string} moment
 */
export function formatMoment(moment) {
  const distance = getNow() - Date.parse(moment);
  if (Math.abs(distance) < 1_000) return 'just now';
  return distance > 0 ? `${formatSpan(distance, Math.floor)} ago` : `in ${formatSpan(-distance, Math.round)}`;
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
  return formatSpan(Math.max(0, Date.parse(to) - Date.parse(from)), Math.floor);
}

/** Keeps all moments of the page right. */
export function startClock() {
  setInterval(() => {
    if (document.hidden) return;
    for (const element of document.querySelectorAll('time')) setText(element, formatMoment(element.dateTime));
  }, 1_000);
}

import { fill, find } from './dom.js';

const shownMs = 8_000;

/** @type {ReturnType<typeof setTimeout> | undefined} */
let hiding;

/**
 * Says what was done, for a while.
 *
 * @param {string} text
 */
export function notify(text) {
  const notice = find('notice', HTMLElement);
  fill(notice, text);
  clearTimeout(hiding);
  hiding = setTimeout(() => fill(notice), shownMs);
}

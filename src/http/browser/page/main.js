import { Refused, send } from './api.js';
import { createDetail } from './detail.js';
import { documents } from './documents.js';
import { fill, find } from './dom.js';
import { createList } from './list.js';
import { readAddress, writeAddress } from './state.js';
import { startClock } from './time.js';

const signIn = find('sign-in', HTMLElement);
const input = find('key', HTMLInputElement);
const keyFault = find('key-fault', HTMLElement);
const workspace = find('workspace', HTMLElement);
const account = find('account', HTMLElement);
const live = find('live', HTMLElement);

let state = readAddress();
/** @type {readonly string[]} */
let scopes = [];

const liveTexts = { live: 'Live', waiting: 'Reconnecting…', paused: 'Paused', off: '' };

const detail = createDetail(find('detail', HTMLElement), {
  onTab: (tab) => show({ ...state, tab }, false),
  onTag: (tag) => show({ ...state, tag, isTrash: false }, true),
  onClose: () => {
    const { id } = state;
    show({ ...state, id: null }, true);
    if (id !== null) list.focus(id);
  },
  onRestored: () => {
    show({ ...state, isTrash: false }, true);
    find('detail', HTMLElement).focus();
  },
  onRefused: refuseKey,
  mayWrite: () => scopes.includes('experiments:write'),
});

const list = createList({
  onOpen: (id) => {
    show({ ...state, id }, true);
    find('detail', HTMLElement).focus();
  },
  onFilter: (change) => show({ ...state, ...change }, change.isTrash !== undefined),
  onChange: detail.takeChange,
  onState: showLive,
  onRefused: refuseKey,
});
fill(find('list', HTMLElement), list.elements);

/** @param {keyof typeof liveTexts} stream */
function showLive(stream) {
  if (live.dataset.state === stream) return;
  live.dataset.state = stream;
  live.textContent = liveTexts[stream];
}

/**
 * Shows another state, and loads what it needs.
 *
 * @param {PageState} next
 * @param {boolean} isNewPlace
 */
function show(next, isNewPlace) {
  const isOther = next.id !== state.id || next.isTrash !== state.isTrash;
  if (isOther && !detail.mayLeave()) return writeAddress(state, true);
  const isOtherList = ['isTrash', 'search', 'tag', 'order'].some(
    (name) => next[/** @type {keyof PageState} */ (name)] !== state[/** @type {keyof PageState} */ (name)],
  );
  const isFiltered = next.statuses.join() !== state.statuses.join();
  state = next;
  writeAddress(state, isNewPlace);
  document.body.dataset.state = state.id === null ? 'list' : 'detail';
  list.show(state);
  if (isOtherList || isFiltered) void list.load(state);
  void detail.open(state);
}

addEventListener('popstate', () => {
  if (gatewayKey.get() !== null && !workspace.hidden) show(readAddress(), false);
});

/** Asks the gateway who the key belongs to, and shows the experiments or why not. */
async function start() {
  if (gatewayKey.get() === null) return showSignIn('');
  try {
    const { viewer } = await send(documents.viewer);
    if (!viewer) return showSignIn('This key is not accepted.');
    scopes = viewer.scopes;
    find('organization', HTMLElement).textContent = viewer.organization;
    find('key-end', HTMLElement).textContent = `…${(gatewayKey.get() ?? '').slice(-4)}`;
    showWorkspace();
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    if (error.isKeyRefused) refuseKey(error);
    else showSignIn(error.message);
  }
}

function showWorkspace() {
  signIn.hidden = true;
  account.hidden = false;
  workspace.hidden = false;
  state = readAddress();
  // What another key has shown is gone.
  list.stop();
  detail.stop();
  document.body.dataset.state = state.id === null ? 'list' : 'detail';
  list.show(state);
  void list.load(state);
  void detail.open(state);
}

/** @param {string} message */
function showSignIn(message) {
  list.stop();
  detail.stop();
  showLive('off');
  document.body.dataset.state = 'signed-out';
  find('organization', HTMLElement).textContent = '';
  account.hidden = true;
  workspace.hidden = true;
  signIn.hidden = false;
  keyFault.textContent = message;
  input.toggleAttribute('aria-invalid', message !== '');
  input.focus();
}

/** @param {Refused} refused */
function refuseKey(refused) {
  gatewayKey.forget();
  showSignIn(refused.message);
}

find('sign-in', HTMLElement).addEventListener('submit', (event) => {
  event.preventDefault();
  const key = input.value.trim().replace(/^Bearer\s+/i, '');
  // Without a new key, the one that is kept is tried again: the gateway may not have been reached.
  if (key === '' && gatewayKey.get() === null) return showSignIn('Enter a key.');
  if (key !== '') gatewayKey.set(key);
  input.value = '';
  void start();
});
find('forget', HTMLButtonElement).addEventListener('click', () => {
  gatewayKey.forget();
  showSignIn('');
});
// A link with a key signs in anew; key.js has taken the key out of the address.
addEventListener('hashchange', () => void start());

startClock();
void start();

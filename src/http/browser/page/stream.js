import { post, Refused, readResponse, toRefused } from './api.js';
import { documents } from './documents.js';
import { readAnswer } from './json.js';

/** The gateway sends something at least every 10 s. */
const silenceTimeoutMs = 25_000;
const firstWaitMs = 500;
const longestWaitMs = 30_000;
/** Browsers open six connections to a host, so a tab that nobody looks at gives its own back. */
const hiddenTimeoutMs = 60_000;

/**
 * @typedef {object} Watcher
 * @property {(change: ExperimentChange) => void} onChange
 * @property {(state: 'live' | 'waiting' | 'paused') => void} onState
 * @property {() => void} onExpired The changes since the last cursor are not known: the list has to be loaded again.
 * @property {(refused: Refused) => void} onRefused The stream has ended for good.
 */

/**
 * Watches a list from a cursor on. A connection that is lost is opened again where it broke off, after half a second at
 * first and twice as long each time. Returns a function that ends the stream.
 *
 * @param {Record<string, unknown>} filter
 * @param {string} since
 * @param {Watcher} watcher
 */
export function watchChanges(filter, since, { onChange, onState, onExpired, onRefused }) {
  let cursor = since;
  let failures = 0;
  let connection = new AbortController();
  const closing = new AbortController();
  const { signal: closed } = closing;

  async function run() {
    while (!closed.aborted) {
      try {
        await untilVisible();
        await readOnce();
      } catch (error) {
        if (closed.aborted) return;
        if (error instanceof Refused && error.code === 'CURSOR_EXPIRED') return onExpired();
        if (error instanceof Refused && ['UNAUTHENTICATED', 'FORBIDDEN'].includes(error.code)) return onRefused(error);
      }
      if (closed.aborted) return;
      if (document.hidden) continue;
      onState('waiting');
      await sleep(Math.min(firstWaitMs * 2 ** failures++, longestWaitMs) * (0.75 + Math.random() / 2));
    }
  }

  async function readOnce() {
    connection = new AbortController();
    const signal = AbortSignal.any([closed, connection.signal]);
    const response = await post(documents.changes, { filter, since: cursor }, { accept: 'text/event-stream', signal });
    if (!response.headers.get('content-type')?.startsWith('text/event-stream') || !response.body)
      throw toRefused((await readResponse(response)).errors ?? [], response);
    let silence = startSilence();
    let text = '';
    try {
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      for (let part = await reader.read(); !part.done; part = await reader.read()) {
        clearTimeout(silence);
        silence = startSilence();
        failures = 0;
        onState('live');
        const events = (text + part.value).split('\n\n');
        text = events.pop() ?? '';
        for (const event of events) takeEvent(event);
      }
    } finally {
      clearTimeout(silence);
    }
  }

  /** @param {string} event */
  function takeEvent(event) {
    const [, json] = /^event: next\ndata: (.*)$/s.exec(event) ?? [];
    if (json === undefined || closed.aborted) return;
    const { data, errors } = readAnswer(json);
    if (errors) throw toRefused(errors);
    const change = /** @type {ExperimentChange} */ (data.experimentsChanged);
    cursor = change.cursor;
    onChange(change);
  }

  function startSilence() {
    const { abort } = connection;
    return setTimeout(abort.bind(connection), silenceTimeoutMs);
  }

  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let hiding;
  function handleVisibility() {
    clearTimeout(hiding);
    if (document.hidden) hiding = setTimeout(() => connection.abort(), hiddenTimeoutMs);
  }
  document.addEventListener('visibilitychange', handleVisibility, { signal: closed });

  function untilVisible() {
    if (!document.hidden) return undefined;
    onState('paused');
    return new Promise((resolve) => {
      document.addEventListener('visibilitychange', resolve, { once: true, signal: closed });
      closed.addEventListener('abort', resolve, { once: true });
    });
  }

  /** @param {number} ms */
  function sleep(ms) {
    return new Promise((resolve) => {
      setTimeout(resolve, ms);
      addEventListener('online', resolve, { once: true, signal: closed });
      closed.addEventListener('abort', resolve, { once: true });
    });
  }

  void run();
  return () => {
    clearTimeout(hiding);
    closing.abort();
  };
}

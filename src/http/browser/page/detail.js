import { Refused, send } from './api.js';
import { showConfiguration } from './configuration.js';
import { documents } from './documents.js';
import { fill, h } from './dom.js';
import { createStatus } from './row.js';
import { showRun } from './run.js';
import { createTabs } from './tabs.js';
import { createTime } from './time.js';

/**
 * @typedef {object} DetailEvents
 * @property {(tab: DetailTab) => void} onTab
 * @property {(tag: string) => void} onTag
 * @property {() => void} onClose
 * @property {(refused: Refused) => void} onRefused
 */

/**
 * One experiment, in tabs. What the stream of the list brings keeps it up to date.
 *
 * @param {HTMLElement} element
 * @param {DetailEvents} events
 */
export function createDetail(element, { onTab, onTag, onClose, onRefused }) {
  /** @type {PageState | undefined} */
  let state;
  /** @type {OpenExperiment | undefined} */
  let experiment;
  let loading = new AbortController();
  let showStatus = (/** @type {OpenExperiment} */ _experiment) => {};

  const tabs = createTabs(
    [
      ['configuration', 'Configuration'],
      ['run', 'Run'],
    ],
    onTab,
  );

  /** @param {PageState} next */
  async function open(next) {
    const isOther = next.id !== state?.id || next.isTrash !== state?.isTrash;
    state = next;
    if (next.id === null) {
      experiment = undefined;
      loading.abort();
      fill(element, h('p', { class: 'placeholder' }, 'Choose an experiment from the list.'));
    } else if (isOther) {
      experiment = undefined;
      await load();
    } else showPanel();
  }

  async function load() {
    const { id, isTrash } = state ?? {};
    if (id == null) return;
    loading.abort();
    loading = new AbortController();
    const { signal } = loading;
    try {
      const found = isTrash
        ? (await send(documents.openTrashed, { ids: [id] }, signal)).experiments.nodes[0]
        : (await send(documents.open, { id }, signal)).experiment;
      if (!found) return showMissing(id);
      experiment = found;
      showExperiment(found);
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof Refused)) throw error;
      if (error.isKeyRefused) return onRefused(error);
      const retry = h('button', { type: 'button', onclick: () => void load() }, 'Try again');
      fill(element, createBack(), h('p', { class: 'banner danger', role: 'alert' }, error.message, ' ', retry));
    }
  }

  /** @param {string} id */
  function showMissing(id) {
    experiment = undefined;
    const place = state?.isTrash ? 'in the trash' : 'here';
    const reason = state?.isTrash
      ? 'It was restored or permanently deleted.'
      : 'It is in the trash, was permanently deleted, or belongs to another organization.';
    fill(
      element,
      createBack(),
      h('div', { class: 'placeholder' }, h('p', {}, `${id} is not ${place}.`), h('p', {}, reason)),
    );
  }

  function createBack() {
    return h('button', { type: 'button', class: 'back quiet', onclick: onClose }, '← List');
  }

  /** @param {OpenExperiment} shown */
  function showExperiment(shown) {
    const status = createStatus(shown);
    showStatus = status.show;
    fill(
      element,
      createBack(),
      h(
        'header',
        { class: 'title' },
        h('h2', {}, shown.name),
        status.element,
        h(
          'p',
          { class: 'meta' },
          h('code', {}, shown.id),
          h('span', {}, `revision ${shown.revision}`),
          h('span', {}, 'changed ', createTime(shown.updatedAt)),
        ),
      ),
      tabs.list,
      tabs.panel,
    );
    showPanel();
  }

  function showPanel() {
    if (!state || !experiment) return;
    if (state.tab === 'run') tabs.show('run', showRun(experiment));
    else tabs.show('configuration', ...showConfiguration(experiment, onTag));
  }

  return {
    open,
    /** @param {ExperimentChange} change */
    takeChange(change) {
      if (change.experimentId !== state?.id) return;
      if (!experiment || !change.experiment || change.experiment.revision !== experiment.revision) return void load();
      const previous = experiment;
      experiment = { ...previous, ...change.experiment };
      showStatus(experiment);
      if (state.tab === 'run') showPanel();
    },
    stop() {
      state = undefined;
      loading.abort();
      fill(element);
    },
  };
}

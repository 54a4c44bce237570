import { Refused, send } from './api.js';
import { showChanges, showWarnings } from './changes.js';
import { showCode } from './code.js';
import { showConfiguration } from './configuration.js';
import { documents } from './documents.js';
import { fill, h } from './dom.js';
import { createEditor } from './editor.js';
import { createHeading } from './heading.js';
import { showHistory } from './history.js';
import { showRun } from './run.js';
import { createTabs } from './tabs.js';

/**
 * @typedef {object} DetailEvents
 * @property {(tab: DetailTab) => void} onTab
 * @property {(tag: string) => void} onTag
 * @property {() => void} onClose
 * @property {() => void} onRestored The experiment is no longer in the trash.
 * @property {(refused: Refused) => void} onRefused
 * @property {() => boolean} mayWrite
 */

/**
 * One experiment, in tabs. What the stream of the list brings keeps it up to date.
 *
 * @param {HTMLElement} element
 * @param {DetailEvents} events
 */
export function createDetail(element, { onTab, onTag, onClose, onRestored, onRefused, mayWrite }) {
  /** @type {PageState | undefined} */
  let state;
  /** @type {OpenExperiment | undefined} */
  let experiment;
  /** @type {ReturnType<typeof createEditor> | undefined} */
  let editor;
  let loading = new AbortController();
  let heading = /** @type {ReturnType<typeof createHeading> | undefined} */ (undefined);
  const saved = h('div', { role: 'status', class: 'saved' });

  const tabs = createTabs(
    [
      ['configuration', 'Configuration'],
      ['history', 'History'],
      ['run', 'Run'],
      ['code', 'Code'],
    ],
    onTab,
  );

  /** @param {PageState} next */
  async function open(next) {
    const isOther = next.id !== state?.id || next.isTrash !== state?.isTrash;
    const isOtherTab = next.tab !== state?.tab;
    state = next;
    if (!isOther) {
      if (isOtherTab) showPanel();
      return;
    }
    experiment = undefined;
    editor = undefined;
    loading.abort();
    fill(saved);
    if (next.id === null)
      fill(element, h('p', { class: 'placeholder' }, 'An experiment that you choose from the list opens here.'));
    else await load();
  }

  async function load() {
    const { id, isTrash } = state ?? {};
    if (id == null) return;
    loading.abort();
    loading = new AbortController();
    const { signal } = loading;
    try {
      const found = isTrash
        ? (await send(documents.openTrashed, { id }, signal)).experiments.nodes[0]
        : (await send(documents.open, { id }, signal)).experiment;
      if (found) showExperiment(found);
      else showMissing(id);
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
    if (editor?.isDirty()) return editor.noteDeletion();
    experiment = undefined;
    editor = undefined;
    const [place, reason] = state?.isTrash
      ? ['in the trash', 'It was restored or permanently deleted.']
      : ['here', 'It is in the trash, was permanently deleted, or belongs to another organization.'];
    const texts = [h('p', {}, h('code', {}, id), ` is not ${place}.`), h('p', {}, reason)];
    fill(element, createBack(), h('div', { class: 'placeholder' }, texts));
  }

  function createBack() {
    return h('button', { type: 'button', class: 'back quiet', onclick: onClose }, '← List');
  }

  /** @param {OpenExperiment} shown */
  function showExperiment(shown) {
    const isShown = experiment !== undefined && heading !== undefined;
    const isOtherRevision = shown.revision !== experiment?.revision;
    if (experiment && shown.revision > experiment.revision) fill(saved);
    experiment = shown;
    if (editor) {
      editor.noteRevision(shown.revision);
      heading?.show(shown);
      return;
    }
    if (isShown && element.contains(tabs.panel)) {
      heading?.show(shown);
      if (isOtherRevision || state?.tab === 'run') showPanel();
      return;
    }
    heading = createHeading(shown, { mayWrite: mayWrite(), onEdit: edit, onTrashed: close, onRestored });
    fill(element, createBack(), heading.element, saved, tabs.list, tabs.panel);
    showPanel();
  }

  function showPanel() {
    if (!state || !experiment) return;
    const { tab } = state;
    const isTrashed = experiment.deletedAt !== null;
    if (tab === 'history') tabs.show(tab, showHistory(experiment, mayWrite() && !isTrashed));
    else if (tab === 'run') tabs.show(tab, showRun(experiment));
    else if (tab === 'code' && isTrashed)
      tabs.show(tab, h('p', { class: 'hint' }, 'What is in the trash cannot be replaced. Restore it first.'));
    else if (tab === 'code') tabs.show(tab, showCode(experiment));
    else tabs.show(tab, editor ? editor.element : showConfiguration(experiment, onTag));
    heading?.setEditing(editor !== undefined);
  }

  function edit() {
    if (!experiment) return;
    fill(saved);
    editor = createEditor(experiment, {
      onCancel: () => {
        editor = undefined;
        showPanel();
        void load();
        heading?.focus();
      },
      onSaved: (next, { changes = [], warnings = [] }) => {
        editor = undefined;
        const text = changes.length > 0 ? `Saved as revision ${next.revision}.` : 'Nothing changed.';
        fill(
          saved,
          h('div', { class: 'banner success' }, text, changes.length > 0 && showChanges(changes)),
          showWarnings(warnings),
        );
        experiment = next;
        heading?.show(next);
        showPanel();
        heading?.focus();
      },
    });
    if (state?.tab === 'configuration') showPanel();
    else onTab('configuration');
    editor.focus();
  }

  /** Closes an experiment that is gone, and what was edited of it. */
  function close() {
    editor = undefined;
    onClose();
  }

  addEventListener('beforeunload', (event) => {
    if (editor?.isDirty()) event.preventDefault();
  });

  return {
    open,
    /** Whether nothing is lost when another experiment is shown; asks about unsaved edits. */
    mayLeave: () => !editor?.isDirty() || confirm('Discard your unsaved edits?'),
    /** @param {ExperimentChange} change */
    takeChange(change) {
      if (change.experimentId !== state?.id) return;
      if (!experiment || !change.experiment || change.experiment.revision !== experiment.revision) return void load();
      showExperiment({ ...experiment, ...change.experiment });
    },
    stop() {
      state = undefined;
      experiment = undefined;
      editor = undefined;
      loading.abort();
      fill(element);
    },
  };
}

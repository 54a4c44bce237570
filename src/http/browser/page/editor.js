import { showChanges, showWarnings, toSentence } from './changes.js';
import { toReplaceInput } from './code.js';
import { createConflict } from './conflict.js';
import { listDifferences } from './differences.js';
import { documents } from './documents.js';
import { fill, h } from './dom.js';
import { createField } from './field.js';
import { fields, readText, toExact, toText } from './fields.js';
import { mutate } from './mutate.js';

/**
 * @typedef {object} EditorEvents
 * @property {(experiment: OpenExperiment, result: MutationResult) => void} onSaved
 * @property {() => void} onCancel
 */

/**
 * A form with all editable fields. It saves by a replace that the gateway refuses once the experiment has another
 * revision; then both sides are shown. What was not edited is sent as it was stored.
 *
 * @param {OpenExperiment} opened
 * @param {EditorEvents} events
 */
export function createEditor(opened, { onSaved, onCancel }) {
  /** What the edits are based on. */
  let base = opened;
  const controls = fields.map((field) => createField(field, toText(field, base)));
  const conflict = h('div', {});
  const outcome = h('div', { role: 'status' });
  const fault = h('p', { class: 'banner danger', role: 'alert', hidden: true });
  const saved = h('button', { class: 'primary' }, 'Save');
  const preview = h('button', { type: 'button', onclick: () => void save(true) }, 'Preview changes');
  const cancel = h('button', { type: 'button', class: 'quiet', onclick: onCancel }, 'Cancel');
  const form = h(
    'form',
    { class: 'editor', 'aria-label': `Edit ${opened.name}`, novalidate: true },
    conflict,
    controls.map(({ element }) => element),
    h('div', { class: 'foot' }, fault, outcome, h('div', { class: 'buttons' }, saved, preview, cancel)),
  );
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void save(false);
  });

  /** The edited fields; undefined, with the faults shown, when one cannot be read. */
  function readEdits() {
    /** @type {Map<import('./fields.js').FieldName, unknown>} */
    const edits = new Map();
    let isReadable = true;
    for (const { field, getText, showFault } of controls) {
      showFault('');
      if (getText() === toText(field, base)) continue;
      const read = readText(field, getText());
      if ('value' in read) edits.set(field.name, read.value);
      else {
        showFault(read.fault);
        isReadable = false;
      }
    }
    if (!isReadable) form.querySelector('[aria-invalid="true"]')?.scrollIntoView({ block: 'center' });
    return isReadable ? edits : undefined;
  }

  /** @param {boolean} dryRun */
  async function save(dryRun) {
    fill(outcome);
    showFault(undefined);
    const edits = readEdits();
    if (!edits) return;
    const tags = edits.get('tags');
    const content = Object.fromEntries([...edits].filter(([name]) => name !== 'tags'));
    setBusy(true);
    if (dryRun) await previewReplace(content, tags);
    else await saveEdits(content, tags);
    setBusy(false);
  }

  /**
   * @param {Record<string, unknown>} content
   * @param {unknown} tags
   */
  async function previewReplace(content, tags) {
    const result = await sendReplace(content, true);
    if (!result) return;
    const ofTags = tags === undefined ? [] : [describeTagChange(base.tags, tags)];
    fill(outcome, showChanges([...(result.changes ?? []), ...ofTags]), showWarnings(result.warnings ?? []));
  }

  /**
   * @param {Record<string, unknown>} content
   * @param {unknown} tags
   */
  async function saveEdits(content, tags) {
    let result = /** @type {MutationResult} */ ({ __typename: 'Nothing', experiment: base, changes: [], warnings: [] });
    if (Object.keys(content).length > 0) {
      const replaced = await sendReplace(content, false);
      if (!replaced?.experiment) return;
      result = replaced;
      base = replaced.experiment;
    }
    if (tags !== undefined) {
      const variables = { id: base.id, tags, ifRevision: base.revision };
      const answer = await mutate(documents.setTags, variables);
      if (!takeResult(answer) || !answer.result.experiment) return;
      const changes = [...(result.changes ?? []), ...(answer.result.changes ?? [])];
      const warnings = [...(result.warnings ?? []), ...(answer.result.warnings ?? [])];
      result = { ...answer.result, changes, warnings };
      base = answer.result.experiment;
    }
    onSaved(base, result);
  }

  /**
   * @param {Record<string, unknown>} content
   * @param {boolean} dryRun
   */
  async function sendReplace(content, dryRun) {
    const input = { ...toReplaceInput(base), ...content };
    const answer = await mutate(documents.replace, { id: base.id, input, ifRevision: base.revision, dryRun });
    return takeResult(answer) ? answer.result : undefined;
  }

  /**
   * Shows what went wrong where it was caused; returns whether nothing did.
   *
   * @param {{ readonly result: MutationResult, readonly problem: string | undefined }} answer
   */
  function takeResult({ result, problem }) {
    if (problem === undefined) return true;
    if (result.reason === 'STALE_REVISION' && result.current) {
      showConflict(result.current);
      return false;
    }
    const unplaced = (result.issues ?? []).filter(({ path, message }) => {
      const control = controls.find(({ field }) => path.includes(field.name));
      control?.showFault(toSentence(message));
      return !control;
    });
    if (!result.issues) showFault(problem);
    else if (unplaced.length > 0) showFault(unplaced.map(({ message }) => message).join(' '));
    form.querySelector('[aria-invalid="true"]')?.scrollIntoView({ block: 'center' });
    return false;
  }

  /** @param {OpenExperiment} current */
  function showConflict(current) {
    const sides = controls.flatMap(({ field, getText }) => {
      const [was, mine, stored] = [toText(field, base), getText(), toText(field, current)];
      return mine === was && stored === was ? [] : [{ field, mine, stored, isMine: mine !== was }];
    });
    const panel = createConflict(current, sides, {
      onKeep: () => {
        for (const { field, getText, setText } of controls)
          if (getText() === toText(field, base)) setText(toText(field, current));
        base = current;
        fill(conflict);
        saved.focus();
      },
      onDiscard: onCancel,
    });
    fill(conflict, panel);
    panel.focus();
  }

  /** @param {string | undefined} message */
  function showFault(message) {
    fault.hidden = message === undefined;
    fill(fault, message);
  }

  /** @param {boolean} isBusy */
  function setBusy(isBusy) {
    for (const button of [saved, preview]) button.disabled = isBusy;
  }

  /** @param {string} text */
  function note(text) {
    fill(outcome, h('p', { class: 'banner' }, text));
  }

  return {
    element: form,
    isDirty: () => controls.some(({ field, getText }) => getText() !== toText(field, base)),
    focus: () => controls[0]?.focus(),
    /**
     * The experiment has another revision than the edits are based on.
     *
     * @param {number} revision
     */
    noteRevision(revision) {
      if (revision === base.revision || conflict.hasChildNodes()) return;
      note(`Revision ${revision} was saved in the meantime. When you save, both sides are shown.`);
    },
    noteDeletion: () =>
      note('The experiment was deleted in the meantime. Restore it, in another tab, to save your edits.'),
  };
}

/**
 * @param {ExactJson} before
 * @param {unknown} tags
 * @returns {Pick<FieldChange, 'field' | 'before' | 'after' | 'reason'>}
 */
function describeTagChange(before, tags) {
  const after = toExact(tags ?? []);
  const isCleared = listDifferences('', after, toExact([])).length === 0;
  return { field: 'tags', before, after, reason: isCleared ? 'CLEARED' : 'SET' };
}

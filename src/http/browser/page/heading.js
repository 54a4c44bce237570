import { openDialog } from './dialog.js';
import { documents } from './documents.js';
import { fill, h, setText } from './dom.js';
import { mutate } from './mutate.js';
import { notify } from './notice.js';
import { createStatus } from './row.js';
import { createTime, setTime } from './time.js';

/**
 * The name, status and actions of an experiment.
 *
 * @param {OpenExperiment} experiment
 * @param {{ readonly mayWrite: boolean, readonly onEdit: () => void }} options
 */
export function createHeading(experiment, { mayWrite, onEdit }) {
  let shown = experiment;
  const isTrashed = experiment.deletedAt !== null;
  const name = h('h2', { tabindex: -1 });
  const status = createStatus(experiment);
  const revision = h('span', {});
  const changed = createTime(experiment.updatedAt);
  const edit = h('button', { type: 'button', onclick: onEdit }, 'Edit');
  const trash = h(
    'button',
    { type: 'button', class: 'danger', onclick: () => openTrashDialog(shown) },
    'Move to trash',
  );
  const restore = h(
    'button',
    { type: 'button', class: 'primary', onclick: () => void restoreFromTrash(shown, fault) },
    'Restore',
  );
  const fault = h('p', { class: 'fault', role: 'alert' });
  const actions = isTrashed ? [restore] : [edit, trash];

  /** @param {OpenExperiment} next */
  function show(next) {
    shown = next;
    setText(name, next.name);
    status.show(next);
    setText(revision, `revision ${next.revision}`);
    setTime(changed, next.updatedAt);
  }
  show(experiment);

  return {
    element: h(
      'div',
      {},
      h(
        'header',
        { class: 'title' },
        name,
        status.element,
        h('div', { class: 'actions' }, mayWrite ? actions : h('span', { class: 'hint' }, 'This key may not write')),
        h('p', { class: 'meta' }, h('code', {}, experiment.id), revision, h('span', {}, 'changed ', changed)),
      ),
      isTrashed && describeTrash(experiment),
      fault,
    ),
    show,
    focus: () => name.focus(),
    /** @param {boolean} isEditing */
    setEditing(isEditing) {
      edit.disabled = isEditing;
      fill(fault);
    },
  };
}

/** @param {OpenExperiment} experiment */
function describeTrash({ deletedAt, purgeAt }) {
  return h(
    'p',
    { class: 'banner warning in-trash' },
    'Moved to the trash ',
    deletedAt !== null && createTime(deletedAt),
    '. It will be permanently deleted ',
    purgeAt !== null && createTime(purgeAt),
    '.',
  );
}

/** @param {OpenExperiment} experiment */
function openTrashDialog({ id, name, revision }) {
  openDialog(
    'Move to the trash',
    {
      action: 'Move to trash',
      isDangerous: true,
      onConfirm: async () => {
        const { problem } = await mutate(documents.trash, { id, ifRevision: revision });
        if (problem === undefined) notify(`${name} is in the trash.`);
        return problem;
      },
    },
    h(
      'p',
      {},
      `${name} is no longer found by its id, in lists or by its runner. It can be restored from the trash until it is permanently deleted.`,
    ),
  );
}

/**
 * @param {OpenExperiment} experiment
 * @param {HTMLElement} fault
 */
async function restoreFromTrash({ id, name }, fault) {
  const { problem } = await mutate(documents.restore, { id });
  fill(fault, problem);
  if (problem === undefined) notify(`${name} is restored.`);
}

import { openDialog } from './dialog.js';
import { documents } from './documents.js';
import { fill, h, setText } from './dom.js';
import { mutate } from './mutate.js';
import { notify } from './notice.js';
import { createStatus } from './row.js';
import { createTime, setTime } from './time.js';

/** How long the gateway keeps what is deleted; 0 when it has no trash. */
const trashDays = Number(document.body.dataset.trashDays);

/**
 * The name, status and actions of an experiment.
 *
 * @param {OpenExperiment} experiment
 * @param {{ readonly mayWrite: boolean, readonly onEdit: () => void, readonly onTrashed: () => void, readonly onRestored: () => void }} options
 */
export function createHeading(experiment, { mayWrite, onEdit, onTrashed, onRestored }) {
  let shown = experiment;
  const isTrashed = experiment.deletedAt !== null;
  const name = h('h2', { tabindex: -1 });
  const status = createStatus(experiment);
  const revision = h('span', {});
  const changed = createTime(experiment.updatedAt);
  const edit = h('button', { type: 'button', onclick: onEdit }, 'Edit');
  const trash = h(
    'button',
    { type: 'button', class: 'danger', onclick: () => openTrashDialog(shown, onTrashed) },
    trashDays > 0 ? 'Move to trash' : 'Delete',
  );
  const restore = h(
    'button',
    { type: 'button', class: 'primary', onclick: () => void restoreFromTrash(shown, fault, onRestored) },
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

/**
 * @param {OpenExperiment} experiment
 * @param {() => void} onTrashed
 */
function openTrashDialog({ id, name, revision }, onTrashed) {
  const [title, action, effect] =
    trashDays > 0
      ? [
          'Move to the trash',
          'Move to trash',
          `Lists, clients and runners will no longer find ${name}. For ${trashDays === 1 ? '1 day' : `${trashDays} days`}, it can be restored from the trash.`,
        ]
      : [
          'Delete permanently',
          'Delete permanently',
          `This gateway has no trash. ${name} and its history cannot be restored.`,
        ];
  openDialog(
    title,
    {
      action,
      isDangerous: true,
      onConfirm: async () => {
        const { result, problem } = await mutate(documents.trash, { id, ifRevision: revision });
        if (problem !== undefined) return problem;
        notify(result.purgeAt ? `${name} is in the trash.` : `${name} is permanently deleted.`);
      },
      onDone: onTrashed,
    },
    h('p', {}, effect),
  );
}

/**
 * @param {OpenExperiment} experiment
 * @param {HTMLElement} fault
 * @param {() => void} onRestored
 */
async function restoreFromTrash({ id, name }, fault, onRestored) {
  const { problem } = await mutate(documents.restore, { id });
  fill(fault, problem);
  if (problem !== undefined) return;
  notify(`${name} is restored.`);
  onRestored();
}

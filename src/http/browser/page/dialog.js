import { fill, h } from './dom.js';

/**
 * Opens a dialog over the page. The Escape key and "Cancel" close it.
 *
 * @param {string} title
 * @param {{ readonly action: string, readonly isDangerous?: boolean, readonly onConfirm: () => Promise<string | undefined>, readonly onDone?: () => void }} choice
 *   `onConfirm` resolves to what went wrong, or to nothing when the dialog has done its work; then the
 *   dialog closes, and `onDone` is called.
 * @param {...import('./dom.js').Child} content
 */
export function openDialog(title, { action, isDangerous = false, onConfirm, onDone }, ...content) {
  const body = h('div', { class: 'dialog-body' }, content);
  const fault = h('p', { class: 'fault', role: 'alert' });
  const confirm = h('button', { type: 'button', class: isDangerous ? 'danger' : 'primary' }, action);
  const dialog = h(
    'dialog',
    { 'aria-labelledby': 'dialog-title' },
    h('h2', { id: 'dialog-title' }, title),
    body,
    fault,
    h('div', { class: 'buttons' }, h('button', { type: 'button', onclick: () => dialog.close() }, 'Cancel'), confirm),
  );
  confirm.addEventListener('click', async () => {
    confirm.disabled = true;
    const problem = await onConfirm();
    confirm.disabled = false;
    if (problem !== undefined) return fill(fault, problem);
    dialog.close();
    onDone?.();
  });
  dialog.addEventListener('close', () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  return {
    /**
     * @param {boolean} mayConfirm
     * @param {...(import('./dom.js').Child | readonly import('./dom.js').Child[])} shown
     */
    show(mayConfirm, ...shown) {
      confirm.disabled = !mayConfirm;
      fill(body, ...shown);
    },
  };
}

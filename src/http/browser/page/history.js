import { Refused, send } from './api.js';
import { showChanges, showWarnings } from './changes.js';
import { openDialog } from './dialog.js';
import { documents } from './documents.js';
import { fill, h } from './dom.js';
import { mutate } from './mutate.js';
import { notify } from './notice.js';
import { createTime, formatDate } from './time.js';

const pageSize = 10;

/**
 * The revisions of an experiment, newest first, each with what it changed, who wrote it and when.
 *
 * @param {OpenExperiment} experiment
 * @param {boolean} mayRestore
 */
export function showHistory(experiment, mayRestore) {
  const entries = h('ol', { class: 'history' });
  const more = h('button', { type: 'button', hidden: true }, 'Show earlier revisions');
  const fault = h('p', { class: 'fault', role: 'alert' });
  const loading = h('p', { class: 'hint' }, 'Loading…');
  let after = /** @type {string | null} */ (null);

  async function load() {
    more.disabled = true;
    try {
      const { experiment: found } = await send(documents.history, { id: experiment.id, first: pageSize, after });
      if (!found) return fill(fault, 'The experiment is no longer there.');
      const { nodes, pageInfo } = found.revisions;
      for (const revision of nodes) entries.append(showRevision(revision, experiment, mayRestore));
      after = pageInfo.endCursor;
      more.hidden = !pageInfo.hasNextPage;
      fill(fault);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      more.hidden = false;
      fill(fault, error.message);
    } finally {
      more.disabled = false;
      loading.remove();
    }
  }
  more.addEventListener('click', () => void load());
  void load();
  return [loading, entries, fault, more];
}

/**
 * @param {Revision} revision
 * @param {OpenExperiment} experiment
 * @param {boolean} mayRestore
 */
function showRevision(revision, experiment, mayRestore) {
  const { revision: number, createdAt, changes } = revision;
  const isCurrent = number === experiment.revision;
  const heading = h(
    'header',
    {},
    h('h3', {}, `Revision ${number}`),
    isCurrent && h('span', { class: 'badge' }, 'current'),
    number === experiment.runRevision && h('span', { class: 'badge' }, 'used by the latest run'),
    h('span', { class: 'meta-line' }, describeAuthor(revision), ' · ', createTime(createdAt)),
    !isCurrent &&
      mayRestore &&
      h(
        'button',
        {
          type: 'button',
          'aria-label': `Restore revision ${number}`,
          onclick: () => void restore(revision, experiment),
        },
        'Restore…',
      ),
  );
  const content =
    changes.length > 0 ? showChanges(changes) : h('p', { class: 'hint' }, 'Created with an empty configuration.');
  return h('li', {}, heading, content);
}

/** @param {Revision} revision */
function describeAuthor({ authorKind, authorId, authorName }) {
  if (authorName !== null) return authorName;
  return authorKind === 'API_KEY' ? `key ${authorId}` : authorId;
}

/**
 * Shows what restoring a revision would change, and restores it when that is confirmed.
 *
 * @param {Revision} revision
 * @param {OpenExperiment} experiment
 */
async function restore({ revision, createdAt }, { id, revision: ifRevision }) {
  const variables = { id, revision, ifRevision };
  const dialog = openDialog(
    `Restore revision ${revision}`,
    {
      action: 'Restore',
      onConfirm: async () => {
        const { result, problem } = await mutate(documents.restoreRevision, { ...variables, dryRun: false });
        if (problem === undefined)
          notify(`Revision ${revision} is restored, as revision ${result.experiment?.revision}.`);
        return problem;
      },
    },
    'Loading the preview…',
  );
  dialog.show(false, h('p', { class: 'hint' }, 'Loading the preview…'));
  const { result, problem } = await mutate(documents.restoreRevision, { ...variables, dryRun: true });
  if (problem !== undefined) return dialog.show(false, h('p', { class: 'banner danger', role: 'alert' }, problem));
  dialog.show(
    (result.changes ?? []).length > 0,
    h(
      'p',
      {},
      `The configuration of ${formatDate(createdAt)} becomes a new revision. Tags stay as they are. This would change:`,
    ),
    showChanges(result.changes ?? []),
    showWarnings(result.warnings ?? []),
  );
}

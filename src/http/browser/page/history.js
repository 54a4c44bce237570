import { Refused, send } from './api.js';
import { showChanges, showWarnings } from './changes.js';
import { openDialog } from './dialog.js';
import { documents } from './documents.js';
import { fill, find, h } from './dom.js';
import { mutate } from './mutate.js';
import { notify } from './notice.js';
import { createTime, formatDate } from './time.js';

/** Fewer are asked for at a time where the contents are too large for one answer. */
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
  let first = pageSize;

  async function load() {
    more.disabled = true;
    try {
      const { nodes, pageInfo } = await readRevisions(experiment, { first, after });
      for (const revision of nodes) entries.append(showRevision(revision, experiment, mayRestore));
      after = pageInfo.endCursor;
      more.hidden = !pageInfo.hasNextPage;
      fill(fault);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      // All that can be wrong with this query is the size of its answer.
      if (error.code === 'BAD_USER_INPUT' && first > 1) {
        first = Math.ceil(first / 2);
        return void load();
      }
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
 * @param {OpenExperiment} experiment
 * @param {{ readonly first: number, readonly after: string | null }} range
 * @returns {Promise<{ readonly nodes: readonly Revision[], readonly pageInfo: { readonly hasNextPage: boolean, readonly endCursor: string | null } }>}
 */
async function readRevisions({ id, deletedAt }, range) {
  const variables = { id, ...range };
  const found =
    deletedAt === null
      ? (await send(documents.history, variables)).experiment
      : (await send(documents.historyTrashed, variables)).experiments.nodes[0];
  if (!found) throw new Refused('The experiment is no longer there.', 'NOT_FOUND');
  return found.revisions;
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
      // The button that opened the dialog is replaced with the list that it is in.
      onDone: () => find('panel', HTMLElement).focus(),
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

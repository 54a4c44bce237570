import { getNow } from './api.js';
import { h, setText } from './dom.js';
import { isStalled, statusNames } from './state.js';
import { createTime, setTime } from './time.js';

/** @param {number} progress */
export function formatProgress(progress) {
  return `${Math.floor(progress)} %`;
}

/**
 * The status in words: `Running 42 %`, or `Stalled 42 %` once the lease of the run has expired.
 *
 * @param {ListedExperiment} experiment
 */
export function describeStatus(experiment) {
  const { status, progress } = experiment;
  if (status !== 'RUNNING') return { kind: status, text: statusNames[status] };
  const stalled = isStalled(experiment, getNow());
  return { kind: stalled ? 'STALLED' : status, text: `${stalled ? 'Stalled' : 'Running'} ${formatProgress(progress)}` };
}

/**
 * A badge with the status, which `show` keeps up to date.
 *
 * @param {ListedExperiment} experiment
 */
export function createStatus(experiment) {
  const element = h('span', { class: 'status' });
  /** @param {ListedExperiment} next */
  function show(next) {
    const { kind, text } = describeStatus(next);
    if (element.dataset.status !== kind) element.dataset.status = kind;
    setText(element, text);
  }
  show(experiment);
  return { element, show };
}

/**
 * A row of the list.
 *
 * @param {ListedExperiment} experiment
 */
export function createRow(experiment) {
  const name = h('span', { class: 'row-name' });
  const status = createStatus(experiment);
  const id = h('code');
  const dataset = h('span', { class: 'row-dataset' });
  const revision = h('span');
  const moment = createTime(experiment.updatedAt);
  const verb = h('span');
  const progress = h('progress', { max: 100, 'aria-hidden': 'true' });
  const element = h(
    'li',
    { role: 'option', class: 'row', tabindex: -1, 'aria-selected': 'false' },
    h('span', { class: 'row-line' }, name, status.element),
    h(
      'span',
      { class: 'row-line row-meta' },
      h('span', { class: 'row-facts' }, id, dataset, revision),
      h('span', { class: 'row-changed' }, verb, moment),
    ),
    progress,
  );

  /** @param {ListedExperiment} next */
  function show(next) {
    row.experiment = next;
    setText(name, next.name);
    status.show(next);
    setText(id, next.id);
    setText(dataset, next.datasetName ?? next.datasetId ?? 'no dataset');
    setText(revision, `revision ${next.revision}`);
    setText(verb, next.deletedAt === null ? 'changed ' : 'deleted ');
    setTime(moment, next.deletedAt ?? next.updatedAt);
    progress.value = next.status === 'COMPLETED' ? 100 : next.progress;
    progress.hidden = next.status !== 'RUNNING';
  }
  const row = { element, experiment, show, showStatus: () => status.show(row.experiment) };
  show(experiment);
  return row;
}

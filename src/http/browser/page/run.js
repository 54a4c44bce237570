import { h } from './dom.js';
import { createFacts } from './facts.js';
import { createStatus } from './row.js';
import { createTime, formatDate, formatDuration } from './time.js';

/**
 * The run of an experiment: its attempt, its lease, and the revision that it uses.
 *
 * @param {OpenExperiment} experiment
 */
export function showRun(experiment) {
  const { status, progress, attempt, runRevision, revision, startedAt, completedAt, leaseExpiresAt } = experiment;
  const isEdited = runRevision !== null && runRevision !== revision && status !== 'PENDING';
  const bar = h('progress', { max: 100, 'aria-label': 'Progress' });
  bar.value = progress;
  return [
    isEdited &&
      h(
        'p',
        { class: 'banner warning' },
        status === 'RUNNING'
          ? `The run uses revision ${runRevision}. The experiment was edited since and is at revision ${revision}, which this run does not see.`
          : `The run used revision ${runRevision}. The experiment was edited since and is at revision ${revision}.`,
      ),
    experiment.errorMessage !== null &&
      h('p', { class: 'banner danger prose' }, h('strong', {}, 'The run failed. '), experiment.errorMessage),
    h('div', { class: 'run' }, createStatus(experiment).element, bar),
    createFacts([
      ['Attempt', attempt === 0 ? 'not started yet' : attempt],
      runRevision === null ? null : [status === 'RUNNING' ? 'Uses revision' : 'Used revision', runRevision],
      startedAt === null ? null : ['Started', createTime(startedAt)],
      completedAt === null ? null : ['Ended', createTime(completedAt)],
      startedAt !== null && completedAt !== null ? ['Duration', formatDuration(startedAt, completedAt)] : null,
      status === 'RUNNING' ? ['Lease', ...describeLease(leaseExpiresAt)] : null,
      ['Created', formatDate(experiment.createdAt)],
      ['Last change', formatDate(experiment.updatedAt)],
    ]),
  ];
}

/** @param {string | null} leaseExpiresAt */
function describeLease(leaseExpiresAt) {
  if (leaseExpiresAt === null) return ['none: the run never counts as stalled'];
  return ['expires ', createTime(leaseExpiresAt)];
}

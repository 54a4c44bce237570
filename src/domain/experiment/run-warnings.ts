import type { FieldChange } from './changes.ts';
import type { Experiment } from './experiment.ts';
import type { Warning } from './input.ts';

/**
 * Warns that a run continues with, or ended with, the content before this write (R18). A write that changes nothing, or
 * only tags, has no such warning.
 */
export function findRunWarnings(before: Experiment, changes: readonly FieldChange[]): readonly Warning[] {
  if (before.status === 'PENDING' || changes.every(({ field }) => field === 'tags')) return [];
  return [{ code: 'RUN_NOT_AFFECTED', message: `id: ${describeRun(before)}`, path: ['id'] }];
}

function describeRun({ status, startedAt, runRevision }: Experiment): string {
  if (status === 'RUNNING') {
    const used = runRevision === null ? 'an earlier revision' : `revision ${runRevision}`;
    return `the experiment is RUNNING; the run uses ${used}, and this write does not affect it.`;
  }
  const ended = `the experiment is ${status} and`;
  const again = 'reset and start it to run it with this content.';
  if (runRevision !== null) return `${ended} its last run used revision ${runRevision}; ${again}`;
  return startedAt === null
    ? `${ended} has never run; ${again}`
    : `${ended} its run used an earlier revision; ${again}`;
}

import type { ExperimentReplace } from '../../domain/experiment/apply-replace.ts';
import { transitions } from '../../domain/experiment/lifecycle.ts';
import type { ExperimentStep } from '../../domain/experiment/store.ts';
import type { JsonObject } from '../../domain/json/exact-json.ts';
import type { JsonList } from '../../domain/json/json-list.ts';
import { toContentRow } from '../rows/experiment-row.ts';
import { toIndexKey, toTagEntries } from '../rows/tag-index.ts';

/** The values of a replace; null leaves the name or the tags unchanged. */
export function toReplaceValues({ organization, id, content, tags, ifRevision, at, author }: ExperimentReplace) {
  return {
    organization,
    id,
    ...toContentRow({ ...content, tags: tags ?? null }),
    updatedAt: at.getTime(),
    ifRevision,
    authorKind: author.kind,
    authorId: author.id,
  };
}

/** The values of a step; null stands for a parameter that it does not have. */
export function toStepValues({ organization, id, step, at }: ExperimentStep) {
  const { from, to } = transitions[step.name];
  return {
    organization,
    id,
    name: step.name,
    from,
    to,
    ifRevision: step.name === 'start' ? (step.ifRevision ?? null) : null,
    attempt: ('attempt' in step ? step.attempt : null) ?? null,
    leaseSeconds: step.name === 'start' ? (step.leaseSeconds ?? null) : null,
    progress: step.name === 'reportProgress' ? step.progress : null,
    errorMessage: step.name === 'fail' ? step.errorMessage : null,
    at: at.getTime(),
  };
}

/** Each key with each of its values, in the form that the tag index stores. */
export function toTagValues(tags: JsonList<JsonObject>) {
  const entries = toTagEntries(tags);
  return {
    tagKeys: entries.map(([key]) => toIndexKey(key)),
    tagValues: entries.map(([, value]) => toIndexKey(value)),
  };
}

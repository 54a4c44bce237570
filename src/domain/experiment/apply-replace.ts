import type { Author } from '../actor.ts';
import type { JsonObject } from '../json/exact-json.ts';
import type { JsonList } from '../json/json-list.ts';
import { hasSameContent } from './changes.ts';
import type { Experiment, ExperimentContent } from './experiment.ts';

/** A write of new content to an experiment. */
export interface ExperimentReplace {
  readonly organization: string;
  readonly id: string;
  /** A null name leaves the name unchanged (R5). */
  readonly content: Omit<ExperimentContent, 'name'> & { readonly name: string | null };
  /** Tags are unchanged when absent (R9). */
  readonly tags?: JsonList<JsonObject>;
  readonly ifRevision: number | null;
  readonly at: Date;
  readonly author: Author;
}

/** `before` and `after` are the same object when the replace changes nothing (R13). */
export type ReplaceOutcome =
  | { readonly kind: 'replaced'; readonly before: Experiment; readonly after: Experiment }
  | { readonly kind: 'missing' }
  | { readonly kind: 'stale'; readonly current: Experiment };

/** Computes the outcome of a replace: R5, R9, R13 and R14 as one pure function. */
export function applyReplace(current: Experiment | null, write: ExperimentReplace): ReplaceOutcome {
  if (!current) return { kind: 'missing' };
  if (write.ifRevision !== null && write.ifRevision !== current.revision) return { kind: 'stale', current };
  const after: Experiment = {
    ...current,
    ...write.content,
    name: write.content.name ?? current.name,
    tags: write.tags ?? current.tags,
    updatedAt: write.at,
    revision: current.revision + 1,
    version: current.version + 1,
  };
  return { kind: 'replaced', before: current, after: hasSameContent(current, after) ? current : after };
}

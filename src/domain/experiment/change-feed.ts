import type { Experiment } from './experiment.ts';
import type { ExperimentFilter } from './query.ts';
import type { Reading } from './reading.ts';

/**
 * A position in the changes of an organization: after every change with a smaller number, and after those with the same
 * number whose id is not greater.
 */
export interface ChangePosition {
  readonly number: number;
  /** Empty in the position before all changes of a number. */
  readonly id: string;
}

/** What changed, as seen by a list with a filter. */
export type ExperimentChange =
  /** It matches the filter. */
  | { readonly kind: 'SAVED'; readonly id: string; readonly experiment: Experiment }
  /** It exists, and does not match. */
  | { readonly kind: 'UNMATCHED'; readonly id: string }
  /** It is in the trash, or permanently deleted. Where the list is the trash: permanently deleted. */
  | { readonly kind: 'DELETED'; readonly id: string };

export interface ChangesQuery {
  readonly organization: string;
  readonly filter: ExperimentFilter;
  readonly after: ChangePosition;
  /** The fields to read of experiments that match; all when undefined. */
  readonly fields?: Reading['fields'];
}

/** The next changes after a position, in order: the latest state of each experiment, once. */
export interface ChangesPage {
  /** The name of the feed that the numbers belong to. Another database has another one, and so has a restored one. */
  readonly feed: string;
  readonly changes: readonly { readonly change: ExperimentChange; readonly position: ChangePosition }[];
  /** Whether more changes can be read at once. */
  readonly hasMore: boolean;
  /** Whether there are changes that cannot be read yet, because writers with smaller numbers have not finished. */
  readonly isPending: boolean;
}

/** Where the feed of an organization ends at the moment. All later changes come after this position. */
export interface FeedEnd {
  readonly feed: string;
  readonly position: ChangePosition;
}

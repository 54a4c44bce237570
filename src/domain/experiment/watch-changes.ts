import type { Actor } from '../actor.ts';
import { type Invalid, invalid } from '../failure.ts';
import { createSinceIssue, encodeChangeCursor, nameSource, parseChangeCursor } from './change-cursor.ts';
import type { EndSignal } from './change-stream.ts';
import { FeedStream } from './feed-stream.ts';
import { createOrganizationFeeds, type FeedParts } from './organization-feed.ts';
import { type ExperimentFilter, toListKey } from './query.ts';
import type { Reading } from './reading.ts';
import type { ExperimentStore } from './store.ts';
import type { StreamCounter, TooManyStreams } from './stream-counter.ts';

/** The feed cannot say what happened since the cursor: it belongs to another database, or to a lost part of this one. */
export interface CursorExpired {
  readonly kind: 'cursorExpired';
  readonly message: string;
}

export interface WatchedList {
  readonly filter?: ExperimentFilter | null | undefined;
  /** A cursor of changes. Without it, the stream begins with what changes from now on. */
  readonly since?: string | null | undefined;
  /** The fields to read of experiments; all when undefined. */
  readonly fields?: Reading['fields'];
}

/** Creates the operations on the feed of changes, for actors who may read. */
export function createFeedOperations(
  parts: FeedParts & { readonly store: Pick<ExperimentStore, 'findFeedEnd'> },
  streams: StreamCounter,
) {
  const { store } = parts;
  const findFeed = createOrganizationFeeds(parts);
  return {
    /** A cursor of changes. Every change that a list does not show comes after it, if the list is read after the cursor. */
    async changesCursor({ organization }: Actor): Promise<string> {
      const { feed, position } = await store.findFeedEnd(organization);
      return encodeChangeCursor(nameSource(feed, organization), position);
    },

    /** What changed since a cursor, then what changes from now on, until `until` fires. Sends every change at least once. */
    async watchChanges(
      actor: Actor,
      { filter, since, fields }: WatchedList,
      until: EndSignal,
    ): Promise<FeedStream | Invalid | CursorExpired | TooManyStreams> {
      const { organization } = actor;
      const cursor = since == null ? undefined : parseChangeCursor(since);
      if (cursor === null) return invalid([createSinceIssue()]);
      const leave = streams.enter(actor);
      if ('kind' in leave) return leave;
      const end = await store.findFeedEnd(organization).catch((error: unknown) => {
        leave();
        throw error;
      });
      const source = nameSource(end.feed, organization);
      if (cursor && (cursor.source !== source || cursor.number > end.position.number)) {
        leave();
        return {
          kind: 'cursorExpired',
          message:
            'The changes since this cursor are not known: load the list again, and continue from its changesCursor.',
        };
      }
      const { number, id } = cursor ?? end.position;
      const query = { organization, filter: filter ?? {}, after: { number, id }, fields };
      return new FeedStream({
        feed: findFeed(organization),
        feedName: end.feed,
        source,
        query,
        list: toListKey([query.filter, fields && [...fields].toSorted()]),
        until,
        onEnd: leave,
      });
    },
  };
}

import { ServiceUnavailable } from '../faults.ts';
import { encodeChangeCursor } from './change-cursor.ts';
import type { ChangePosition, ChangesQuery, ExperimentChange } from './change-feed.ts';
import type { EndSignal } from './change-stream.ts';
import type { OrganizationFeed } from './organization-feed.ts';

/** How long a stream waits after a read that storage did not answer, in milliseconds. */
const retryDelayMs = 1_000;

/** A change, with the cursor from which a stream continues after it. */
export type FeedEvent = ExperimentChange & { readonly cursor: string };

export interface FeedStreamParts {
  readonly feed: OrganizationFeed;
  /** The name of the feed that `query.after` belongs to. */
  readonly feedName: string;
  /** The name of the feed in cursors. */
  readonly source: string;
  readonly query: ChangesQuery;
  /** The key of the filter and the fields of the query. */
  readonly list: string;
  readonly until: EndSignal;
  /** Called once, however the stream ends. */
  readonly onEnd: () => void;
}

/**
 * The changes after a position, then each later one. Reads a page when the reader has taken the one before, so a slow
 * reader holds one page in memory, and sees of each experiment the state at the time of the read. Ends when `until`
 * fires, when the reader stops, or when another database takes the place of this one. While storage does not respond,
 * the stream waits.
 */
export class FeedStream implements AsyncIterableIterator<FeedEvent> {
  readonly #parts: FeedStreamParts;
  readonly #events: AsyncGenerator<FeedEvent, undefined, undefined>;
  readonly #releases: (() => void)[] = [];
  #isEnded = false;
  #wake: () => void = () => undefined;

  constructor(parts: FeedStreamParts) {
    this.#parts = parts;
    this.#events = this.#follow();
    this.#releases.push(
      parts.onEnd,
      parts.feed.join(() => this.#wake()),
      parts.until(() => this.#end()),
    );
    if (this.#isEnded) this.#end();
  }

  next(): Promise<IteratorResult<FeedEvent>> {
    return this.#events.next();
  }

  async return(): Promise<IteratorResult<FeedEvent>> {
    this.#end();
    // A read under way ends by itself.
    void this.#events.return(undefined);
    return { done: true, value: undefined };
  }

  async *#follow(): AsyncGenerator<FeedEvent, undefined, undefined> {
    const { feed, source, query } = this.#parts;
    let { after } = query;
    try {
      while (!this.#isEnded) {
        const { news } = feed;
        const page = await this.#readPage(after);
        if (page && !page.isSameFeed) return;
        for (let next = page?.changes.shift(); next; next = page?.changes.shift()) {
          if (this.#isEnded) return;
          after = next.position;
          yield { ...next.change, cursor: encodeChangeCursor(source, after) };
        }
        if (!page) await this.#wait(retryDelayMs);
        else if (!page.hasMore && feed.news === news) await this.#wait();
      }
    } finally {
      this.#end();
    }
  }

  /** Undefined when storage does not answer. The stream keeps no other reference to what was read. */
  async #readPage(after: ChangePosition) {
    const { feed, feedName, query, list } = this.#parts;
    try {
      const page = await feed.read({ ...query, after }, list);
      return { changes: [...page.changes], hasMore: page.hasMore, isSameFeed: page.feed === feedName };
    } catch (error) {
      // A stream that has ended needs no answer, and storage may already be closed.
      if (this.#isEnded || error instanceof ServiceUnavailable) return undefined;
      throw error;
    }
  }

  /** Waits for news or the end, at most for some milliseconds if given. */
  #wait(milliseconds?: number): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
      if (this.#isEnded) resolve();
      else if (milliseconds !== undefined) setTimeout(resolve, milliseconds).unref();
    });
  }

  #end(): void {
    this.#isEnded = true;
    for (const release of this.#releases.splice(0)) release();
    this.#wake();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

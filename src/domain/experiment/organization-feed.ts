import type { ChangesPage, ChangesQuery } from './change-feed.ts';
import type { ExperimentEvents } from './events.ts';
import type { ExperimentStore } from './store.ts';

/**
 * How soon pending changes are looked for again, in milliseconds: the first time, the second, and so on. An event starts
 * again from the first.
 */
const retryDelaysMs = [5, 10, 20, 50, 100, 200, 500, 1_000] as const;

/** The means to read the changes of an organization, shared by its streams in this process. */
export interface OrganizationFeed {
  /** Increases whenever there may be new changes. */
  readonly news: number;
  /** Calls `wake` whenever `news` increases, until the returned function is called. */
  join(wake: () => void): () => void;
  /**
   * Reads changes. Streams that ask for the same in the same turn of the event loop share one read; `list` is the key of
   * the filter and the fields of a query.
   */
  read(query: ChangesQuery, list: string): Promise<ChangesPage>;
}

export interface FeedParts {
  readonly store: Pick<ExperimentStore, 'listChanges'>;
  readonly events: Pick<ExperimentEvents, 'listenToOrganization'>;
  /** How often changes are looked for that no event announced, in milliseconds. */
  readonly pollIntervalMs: number;
}

/** Returns a function that finds the feed of an organization. It exists while streams have joined it. */
export function createOrganizationFeeds(parts: FeedParts): (organization: string) => OrganizationFeed {
  const feeds = new Map<string, OrganizationFeed>();
  return (organization) => {
    const known = feeds.get(organization);
    if (known) return known;
    const feed = createFeed(parts, organization, () => feeds.delete(organization));
    feeds.set(organization, feed);
    return feed;
  };
}

function createFeed(
  { store, events, pollIntervalMs }: FeedParts,
  organization: string,
  onEmpty: () => void,
): OrganizationFeed {
  const waking = new Set<() => void>();
  const reads = new Map<string, Promise<ChangesPage>>();
  let news = 0;
  let isAnnounced = false;
  let retries = 0;
  let retry: NodeJS.Timeout | undefined;
  let stop: (() => void) | undefined;

  function announce(): void {
    isAnnounced = false;
    news++;
    for (const wake of waking) wake();
  }

  /** Collects the events of one turn of the event loop: a group of commits is one read. */
  function announceSoon(): void {
    retries = 0;
    clearTimeout(retry);
    retry = undefined;
    if (isAnnounced) return;
    isAnnounced = true;
    setImmediate(announce);
  }

  function lookAgain(): void {
    if (retry || waking.size === 0) return;
    const delay = retryDelaysMs[Math.min(retries++, retryDelaysMs.length - 1)];
    retry = setTimeout(() => {
      retry = undefined;
      announce();
    }, delay).unref();
  }

  function start(): () => void {
    const poll = setInterval(announce, pollIntervalMs).unref();
    const release = events.listenToOrganization(organization, announceSoon);
    return () => {
      release();
      clearInterval(poll);
      clearTimeout(retry);
      onEmpty();
    };
  }

  return {
    get news() {
      return news;
    },

    join(wake) {
      stop ??= start();
      waking.add(wake);
      return () => {
        waking.delete(wake);
        if (waking.size === 0) stop?.();
      };
    },

    read(query, list) {
      const key = JSON.stringify([news, query.after.number, query.after.id, list]);
      let page = reads.get(key);
      if (!page) {
        page = store.listChanges(query);
        reads.set(key, page);
        page
          .then(
            ({ isPending }) => {
              if (isPending) lookAgain();
              else retries = 0;
            },
            () => undefined, // the streams see the failure themselves
          )
          .finally(() => setImmediate(() => reads.delete(key)));
      }
      return page;
    },
  };
}

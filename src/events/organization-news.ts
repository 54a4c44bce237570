/** How long after an announcement the next one for the same organization waits, in milliseconds. */
const quietMs = 10;

/** News that something changed in an organization: nothing but that, so many changes need one announcement. */
export interface OrganizationNews {
  /** Announces a change: at once, or together with others when the last announcement was a moment ago. */
  record(organization: string): void;
  /** Announces what still waits. */
  flush(): void;
}

/** Sends at most 100 announcements per second and organization, however many changes there are. */
export function createOrganizationNews(announce: (organization: string) => void): OrganizationNews {
  /** The organizations with a recent announcement, and whether there was news since. */
  const recent = new Map<string, { hasNews: boolean }>();

  function send(organization: string): void {
    recent.set(organization, { hasNews: false });
    announce(organization);
    setTimeout(() => {
      const hasNews = recent.get(organization)?.hasNews;
      recent.delete(organization);
      if (hasNews) send(organization);
    }, quietMs).unref();
  }

  return {
    record(organization) {
      const state = recent.get(organization);
      if (state) state.hasNews = true;
      else send(organization);
    },
    flush() {
      for (const [organization, state] of recent) {
        if (!state.hasNews) continue;
        state.hasNews = false;
        announce(organization);
      }
    },
  };
}

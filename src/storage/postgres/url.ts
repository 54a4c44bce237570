/** What DATABASE_URL says about a PostgreSQL database. */
export interface PostgresUrl {
  /** For the driver: without what is ours. */
  readonly connectionString: string;
  /** For people: without credentials. */
  readonly shown: string;
  /**
   * Whether a connection keeps prepared statements and settings. `?prepare=false` says that it does not, because a
   * pooler in transaction mode stands between.
   */
  readonly isSession: boolean;
  /** What no message may repeat. */
  readonly secrets: readonly string[];
}

/** The parts of a `postgres:` or `postgresql:` URL; null when it is none. */
export function parsePostgresUrl(text: string): PostgresUrl | null {
  try {
    const url = new URL(text);
    const secrets = [url.username, url.password, url.searchParams.get('user'), url.searchParams.get('password')]
      .flatMap((secret) => (secret ? [secret, decodeURIComponent(secret)] : []))
      .filter((secret) => secret.length > 0);
    const prepare = url.searchParams.get('prepare') ?? 'true';
    if (prepare !== 'true' && prepare !== 'false') return null;
    url.searchParams.delete('prepare');
    const shown = `${url.protocol}//${url.host}${url.pathname}`;
    return { connectionString: url.href, shown, isSession: prepare === 'true', secrets };
  } catch {
    return null;
  }
}

import type { Engine } from '../storage.ts';

const scheme = /^postgres(ql)?:\/\/./;

export const postgres: Engine = {
  title: 'PostgreSQL database',
  schemes: ['postgres:', 'postgresql:'],
  accepted: 'postgres://<user>:<password>@<host>/<database>',
  isShared: true,
  isUrl: (url) => scheme.test(url) && parsePostgresUrl(url) !== null,
  showUrl: (url) => parsePostgresUrl(url)?.shown ?? 'postgres:',
  replicas: {
    accepted:
      'postgres://<user>:<password>@<host>/<database> of each read replica, separated by commas (a comma in a password is %2C)',
    isUrl: isReplicaUrl,
  },
};

/** The parts of the URL of a PostgreSQL database. */
export interface PostgresUrl {
  /** For the driver: without our own `prepare` parameter. */
  readonly connectionString: string;
  /** For messages: without credentials. */
  readonly shown: string;
  /**
   * Whether a connection keeps prepared statements and settings. `?prepare=false` means that it does not, because a
   * pooler in transaction mode is in between.
   */
  readonly isSession: boolean;
  /** Texts that must not appear in any message. */
  readonly secrets: readonly string[];
}

/** Parses a `postgres:` or `postgresql:` URL; returns null when it is invalid. */
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

/** Stricter than for DATABASE_URL: a replica's URL must name a host. */
function isReplicaUrl(url: string): boolean {
  try {
    const { protocol, host, username, password, pathname, searchParams } = new URL(url);
    decodeURIComponent(username + password + pathname);
    const isPlace = host !== '' || searchParams.has('host');
    return (
      /^postgres(ql)?:$/.test(protocol) && isPlace && ['true', 'false', null].includes(searchParams.get('prepare'))
    );
  } catch {
    return false;
  }
}

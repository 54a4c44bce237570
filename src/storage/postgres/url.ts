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

/** Stricter than what DATABASE_URL takes: a replica is somewhere. */
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

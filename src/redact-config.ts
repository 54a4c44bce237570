/** The variables that are given, by name. */
export type Given = Readonly<Record<string, string | undefined>>;

/** The most characters of a value that a message shows. */
const maxShown = 200;

const secrets: ReadonlySet<string> = new Set(['BOOTSTRAP_API_KEY', 'JWT_SECRET', 'JWT_PUBLIC_KEY']);
/** Paths of files that hold a secret. A value that is not a plain path may be the secret itself, in the wrong variable. */
const secretPaths: ReadonlySet<string> = new Set(['BOOTSTRAP_API_KEY_FILE', 'JWT_SECRET_FILE']);
const urls: ReadonlySet<string> = new Set([
  'DATABASE_URL',
  'DATABASE_URL_FILE',
  'REDIS_URL',
  'REDIS_URL_FILE',
  'JWT_JWKS_URL',
  'OTEL_EXPORTER_OTLP_ENDPOINT',
]);
const urlLists: ReadonlySet<string> = new Set(['DATABASE_READ_URLS', 'CORS_ORIGINS']);

/** A variable and its value in quotes, without passwords, for the terminal and logs; only its name for a secret. */
export function showGiven(name: string, given: Given): string {
  const value = showValue(name, given[name] ?? '');
  return value === undefined ? name : `${name} ${value}`;
}

function showValue(name: string, value: string): string | undefined {
  if (secrets.has(name) || (secretPaths.has(name) && !isPlainPath(value))) return undefined;
  if (urls.has(name)) return quote(hidePassword(value));
  if (urlLists.has(name)) return quote(hidePasswords(value));
  return quote(value);
}

/** Whether a value begins like a path: `/`, `./`, `../`, `~/` or a drive. */
function isPlainPath(value: string): boolean {
  return /^(~|\.{1,2}|[a-z]:)?[/\\]/i.test(value);
}

/** Puts a value in quotes, on one line, and cuts it after `maxShown` characters. */
function quote(value: string): string {
  const shown = value.length > maxShown ? `${value.slice(0, maxShown)}…` : value;
  return JSON.stringify(shown).replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '�');
}

/**
 * A URL without its password and the values of its parameters. The value was refused, so it may not be a URL at all:
 * unless its parts can be told apart for certain, only the scheme is shown.
 */
function hidePassword(url: string): string {
  const [, scheme = '', rest = ''] = /^(file:|[a-z][a-z\d+.-]*:(?=\/\/))?([^]*)$/i.exec(url) ?? [];
  const [, slashes = '', user, place = '', query = ''] =
    /^(\/{0,3})(?:([^@/?#]*)@)?([^@?#]*)(\?[^@#]*)?$/.exec(rest) ?? [];
  const isCertain = slashes + place !== '' || rest === '';
  if (!isCertain || (scheme !== 'file:' && hasColonOutsidePort(place))) return `${scheme}…`;
  // In a Redis URL, a user without a password may be meant as the password.
  const isName = /^(?!redis)./i.test(scheme) && !user?.includes(':');
  const shownUser = user === undefined ? '' : `${isName ? user : '…'}@`;
  return `${scheme}${slashes}${shownUser}${place}${query.replace(/=[^&]*/g, '=…')}`;
}

/** The same for a list of URLs. A comma in a password would split it, so doubtful lists are hidden completely. */
function hidePasswords(list: string): string {
  const entries = list.split(',');
  const isCertain = !list.includes('@') || entries.every((entry) => entry.split('@').length === 2);
  return isCertain ? entries.map(hidePassword).join(',') : '…';
}

/** `host:word` may be a user and password without their `@`. */
function hasColonOutsidePort(place: string): boolean {
  return !/^(\[[\da-f:.]*\]|[^:]*)(:\d{0,5}(?=\/|$))?[^:]*$/i.test(place);
}

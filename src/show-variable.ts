/** The most characters of a value that are shown. */
const maxShown = 200;

const secrets: ReadonlySet<string> = new Set(['BOOTSTRAP_API_KEY', 'JWT_SECRET', 'JWT_PUBLIC_KEY']);
const urls: ReadonlySet<string> = new Set(['DATABASE_URL', 'REDIS_URL', 'JWT_JWKS_URL']);
const urlLists: ReadonlySet<string> = new Set(['DATABASE_READ_URLS', 'CORS_ORIGINS']);

/** The value of a variable as the terminal and logs may have it, in quotes; undefined for a secret. */
export function showVariable(name: string, value: string): string | undefined {
  if (secrets.has(name)) return undefined;
  if (urls.has(name)) return quote(hidePassword(value));
  if (urlLists.has(name)) return quote(hidePasswords(value));
  return quote(value);
}

/** In quotes, on one line, and no longer than a person reads. */
function quote(value: string): string {
  const shown = value.length > maxShown ? `${value.slice(0, maxShown)}…` : value;
  return JSON.stringify(shown).replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '�');
}

/**
 * A URL without its password and the values of its parameters. The value was refused, so it may be no URL at all: unless
 * its parts can be told apart for certain, only the scheme is shown.
 */
function hidePassword(url: string): string {
  const [, scheme = '', rest = ''] = /^(file:|[a-z][a-z\d+.-]*:(?=\/\/))?([^]*)$/i.exec(url) ?? [];
  const [, slashes = '', user, place = '', query = ''] =
    /^(\/{0,3})(?:([^@/?#]*)@)?([^@?#]*)(\?[^@#]*)?$/.exec(rest) ?? [];
  const isCertain = slashes + place !== '' || rest === '';
  if (!isCertain || (scheme !== 'file:' && hasColonOutsidePort(place))) return `${scheme}…`;
  // Of Redis a user alone may be meant as the password.
  const isName = /^(?!redis)./i.test(scheme) && !user?.includes(':');
  const shownUser = user === undefined ? '' : `${isName ? user : '…'}@`;
  return `${scheme}${slashes}${shownUser}${place}${query.replace(/=[^&]*/g, '=…')}`;
}

/** A list of them; a comma that belongs to a password would cut it in two. */
function hidePasswords(list: string): string {
  const entries = list.split(',');
  const isCertain = !list.includes('@') || entries.every((entry) => entry.split('@').length === 2);
  return isCertain ? entries.map(hidePassword).join(',') : '…';
}

/** `host:word` may be a user and a password that lack their `@`. */
function hasColonOutsidePort(place: string): boolean {
  return !/^(\[[\da-f:.]*\]|[^:]*)(:\d{0,5}(?=\/|$))?[^:]*$/i.test(place);
}

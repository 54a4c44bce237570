/** Keys as they were issued. */
export interface IssuedKeys {
  /** A valid key, the id of it, and the hash that storage keeps. */
  readonly key: string;
  readonly id: string;
  readonly hash: string;
  readonly revoked: string;
  readonly expired: string;
  /** A valid key of another gateway. */
  readonly foreign: string;
  /** `BOOTSTRAP_API_KEY`, which has a form of its own. */
  readonly bootstrap: string;
}

/** An `Authorization` header that must be refused: what it holds, and how it is made. */
export type RefusedHeader = readonly [what: string, make: (keys: IssuedKeys) => string];

/** Changes one character of a text. */
function changeAt(text: string, index: number): string {
  const at = index < 0 ? text.length + index : index;
  return `${text.slice(0, at)}${text[at] === 'A' ? 'B' : 'A'}${text.slice(at + 1)}`;
}

/** Changes the case of the first letter that has one, from an index on. */
function changeCase(text: string, from: number): string {
  const at = from + text.slice(from).search(/[a-z]/i);
  const letter = text.charAt(at);
  const other = letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase();
  return text.slice(0, at) + other + text.slice(at + 1);
}

const bearer = (what: string, make: (keys: IssuedKeys) => string): RefusedHeader => [
  what,
  (keys) => `Bearer ${make(keys)}`,
];

const nearMisses: RefusedHeader[] = [
  bearer('a key that was never issued', () => `sk_${'A'.repeat(43)}`),
  bearer('a key of another gateway', ({ foreign }) => foreign),
  bearer('a revoked key', ({ revoked }) => revoked),
  bearer('an expired key', ({ expired }) => expired),
  bearer('the hash of a key', ({ hash }) => hash),
  bearer('the hash of a key in the form of one', ({ hash }) => `sk_${hash.slice(0, 43)}`),
  bearer('the hash of a key in base64url', ({ hash }) => `sk_${Buffer.from(hash, 'hex').toString('base64url')}`),
  bearer('the id of a key', ({ id }) => id),
  bearer('the prefix of a key', ({ key }) => key.slice(0, 9)),
  ...[3, 4, 24, -2, -1].map((index) =>
    bearer(`a key with another character at ${index}`, ({ key }) => changeAt(key, index)),
  ),
  ...[3, 20].map((index) =>
    bearer(`a key with one letter in the other case from ${index} on`, ({ key }) => changeCase(key, index)),
  ),
  bearer('a key in capitals', ({ key }) => key.toUpperCase()),
  bearer('a key in lower case', ({ key }) => key.toLowerCase()),
  bearer('a key without its last character', ({ key }) => key.slice(0, -1)),
  bearer('a key without its first random character', ({ key }) => `sk_${key.slice(4)}`),
  bearer('a key with one extra letter', ({ key }) => `${key}A`),
  bearer('a key with padding', ({ key }) => `${key}=`),
  bearer('a key twice', ({ key }) => key + key),
  bearer('a key without its prefix', ({ key }) => key.slice(3)),
  ...['SK_', 'pk_', 'sk-', 'sk__', '_'].map((prefix) =>
    bearer(`a key with the prefix ${prefix}`, ({ key }) => prefix + key.slice(3)),
  ),
  bearer('a key with its halves exchanged', ({ key }) => `sk_${key.slice(25)}${key.slice(3, 25)}`),
  bearer('a key in standard base64', ({ key }) => `${key.slice(0, -1)}+`),
  bearer('a key with an encoded underscore', ({ key }) => key.replace('_', '%5F')),
  bearer('a key in base64', ({ key }) => Buffer.from(key).toString('base64')),
  bearer('a key with a letter beyond ASCII', ({ key }) => `${key.slice(0, -1)}é`),
  bearer('a key with a non-breaking space', ({ key }) => `${key}\u00a0`),
  bearer('a key with a soft hyphen', ({ key }) => `${key.slice(0, 9)}\u00ad${key.slice(9)}`),
  bearer('a key and a wildcard', ({ key }) => `${key.slice(0, 9)}${'%'.repeat(37)}`),
  bearer('a bootstrap key in capitals', ({ bootstrap }) => bootstrap.toUpperCase()),
  bearer('a bootstrap key without its last character', ({ bootstrap }) => bootstrap.slice(0, -1)),
  bearer('a bootstrap key with another first character', ({ bootstrap }) => changeAt(bootstrap, 0)),
  bearer('a bootstrap key with another last character', ({ bootstrap }) => changeAt(bootstrap, -1)),
  bearer('a bootstrap key with one extra character', ({ bootstrap }) => `${bootstrap}0`),
];

const wrongForms: RefusedHeader[] = [
  ['nothing', () => ''],
  ['the scheme alone', () => 'Bearer'],
  ['the scheme and spaces', () => 'Bearer   '],
  ['a key alone', ({ key }) => key],
  ...[
    'Basic',
    'Token',
    'ApiKey',
    'Digest',
    'DPoP',
    'JWT',
    'Bearer:',
    'Bearers',
    'Bearer Bearer',
    '"Bearer"',
    'Bearer,',
  ].map((scheme): RefusedHeader => [`a key after ${scheme}`, ({ key }) => `${scheme} ${key}`]),
  ['a key as the user of Basic', ({ key }) => `Basic ${Buffer.from(`${key}:`).toString('base64')}`],
  ['a key as the password of Basic', ({ key }) => `Basic ${Buffer.from(`:${key}`).toString('base64')}`],
  ['a key right after the scheme', ({ key }) => `Bearer${key}`],
  ['a key after a tab', ({ key }) => `Bearer\t${key}`],
  ['a key after a non-breaking space', ({ key }) => `Bearer\u00a0${key}`],
  ['a key and a tab inside', ({ key }) => `Bearer ${key.slice(0, 9)}\t${key.slice(9)}`],
  ['a key and a word', ({ key }) => `Bearer ${key} please`],
  ['two keys', ({ key }) => `Bearer ${key} ${key}`],
  ['a list', ({ key }) => `Bearer ${key}, Bearer ${key}`],
  ['a refused key and a valid one in a list', ({ key, revoked }) => `Bearer ${revoked}, Bearer ${key}`],
  ['a valid key and a refused one in a list', ({ key, revoked }) => `Bearer ${key}, Bearer ${revoked}`],
  ['a key and a comma', ({ key }) => `Bearer ${key},`],
  ['a key and a semicolon', ({ key }) => `Bearer ${key};`],
  ['a key in quotation marks', ({ key }) => `Bearer "${key}"`],
  ['a key in angle brackets', ({ key }) => `Bearer <${key}>`],
  ['a key as a parameter', ({ key }) => `Bearer token=${key}`],
  ['a key as JSON', ({ key }) => `Bearer {"key":"${key}"}`],
  ...["' OR 1=1 --", "'OR'1'='1", '__proto__', 'constructor', 'undefined', 'null', '*', '..', '0', 'e30.e30.'].map(
    (word) => bearer(word, () => word),
  ),
  bearer('a word of 10,000 letters', () => 'a'.repeat(10_000)),
  bearer('a token while none is accepted', () => 'eyJhbGciOiJIUzI1NiJ9.e30.AAAA'),
];

/** `Authorization` headers none of which may be accepted, though some are close to one that is. */
export const refusedHeaders: readonly RefusedHeader[] = [...nearMisses, ...wrongForms];

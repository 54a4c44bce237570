import { constants, generateKeyPairSync } from 'node:crypto';
import { signByHand, token } from '../http/jwt.ts';
import { claims, encode, type HostileToken, signText, signWith, text } from './forge.ts';
import { wrongClaims } from './wrong-claims.ts';

const every = ['secret', 'rsa', 'ec', 'jwks'] as const;
const [onSecret, onRsa, onEc, onSet] = [['secret'], ['rsa'], ['ec'], ['jwks']] as const;
const onPublicKeys = ['rsa', 'ec', 'jwks'] as const;

const replaceLast = (word: string, count: number, end = '') => word.slice(0, -count) + end;

const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };

const signOnCurve = (namedCurve: string, alg: string) =>
  signWith({ alg }, generateKeyPairSync('ec', { namedCurve }).privateKey);

/** A token of the right signer whose header is written exactly so. */
const withHeader = (what: string, header: string): HostileToken => [
  `a token whose header ${what}`,
  onSecret,
  ({ secret }) => signText(header, text, secret),
];

/** A valid token of each kind of signer, changed afterwards. */
const changed = (what: string, change: (parts: [header: string, claims: string, signature: string]) => string) =>
  [
    [`a token ${what}`, onSecret, async ({ secret }) => change(split(await token('HS256', Buffer.from(secret))))],
    [`a token ${what}`, onRsa, async ({ rsa }) => change(split(await rsa.sign()))],
    [`a token ${what}`, onEc, async ({ ec }) => change(split(await ec.sign()))],
  ] satisfies HostileToken[];

const split = (whole: string) => whole.split('.') as [string, string, string];
const theirClaims = encode(JSON.stringify({ ...claims, org_id: 'other' }));

const wrongHeaders: HostileToken[] = [
  withHeader('is empty', ''),
  withHeader('is an empty object', '{}'),
  withHeader('is a list', '[{"alg":"HS256"}]'),
  withHeader('is null', 'null'),
  withHeader('is no JSON', 'HS256'),
  withHeader('holds the algorithm in __proto__', '{"__proto__":{"alg":"HS256"}}'),
  withHeader('names two algorithms, the second one none', '{"alg":"HS256","alg":"none"}'),
  withHeader('names the algorithm in lower case', '{"alg":"hs256"}'),
  withHeader('names the algorithm in a list', '{"alg":["HS256"]}'),
  withHeader('names the algorithm with a space', '{"alg":"HS256 "}'),
  withHeader('names the algorithm HS1', '{"alg":"HS1"}'),
  withHeader('names an unknown critical extension', '{"alg":"HS256","crit":["x"],"x":1}'),
  withHeader('names a critical extension that is missing', '{"alg":"HS256","crit":["exp"]}'),
  withHeader('has an empty list of critical extensions', '{"alg":"HS256","crit":[]}'),
  withHeader('has critical extensions in a string', '{"alg":"HS256","crit":"x","x":1}'),
  withHeader('says that the claims are not encoded', '{"alg":"HS256","crit":["b64"],"b64":false}'),
  ...(['none', 'None', 'NONE', 'nOnE', ''].flatMap((alg) => [
    [`an unsigned token with the algorithm ${JSON.stringify(alg)}`, every, () => signByHand({ alg }, claims)],
    withHeader(`names the algorithm ${JSON.stringify(alg)}, signed`, JSON.stringify({ alg })),
  ]) satisfies HostileToken[]),
  ...(['HS256', 'RS256', 'ES256'].map((alg) => [
    `an unsigned token with the algorithm ${alg}`,
    every,
    () => signByHand({ alg }, claims),
  ]) satisfies HostileToken[]),
  ['a token of the right secret by HS384', onSecret, ({ secret }) => token('HS384', Buffer.from(secret))],
  ['a token of the right secret by HS512', onSecret, ({ secret }) => token('HS512', Buffer.from(secret))],
];

const wrongSigners: HostileToken[] = [
  ...(['', ' ', 'secret', 'null', '\0'].map((guess) => [
    `a token signed with the secret ${JSON.stringify(guess)}`,
    onSecret,
    () => signText('{"alg":"HS256"}', text, guess),
  ]) satisfies HostileToken[]),
  ['a token signed with a longer secret', onSecret, ({ secret }) => signText('{"alg":"HS256"}', text, `${secret}!`)],
  [
    'a token signed with the encoded secret',
    onSecret,
    ({ secret }) => signText('{"alg":"HS256"}', text, encode(secret)),
  ],
  ['a token of another RSA key', onRsa, ({ theirRsa }) => theirRsa.sign()],
  ['a token of another EC key', onEc, ({ theirEc }) => theirEc.sign()],
  ['a token of an RSA key', ['secret', 'ec'], ({ rsa }) => rsa.sign()],
  ['a token of an EC key', ['secret', 'rsa'], ({ ec }) => ec.sign()],
  ['an RSA token that names ES256', onRsa, ({ rsa }) => signWith({ alg: 'ES256' }, rsa.privateKey)],
  ['an EC token that names RS256', onEc, ({ ec }) => signWith({ alg: 'RS256' }, ec.privateKey)],
  ['an RSA token by SHA-512', onRsa, ({ rsa }) => signWith({ alg: 'RS512' }, rsa.privateKey, 'sha512')],
  ['an RSA token by SHA-1', onRsa, ({ rsa }) => signWith({ alg: 'RS1' }, rsa.privateKey, 'sha1')],
  ['an EC token in DER', onEc, ({ ec }) => signWith({ alg: 'ES256' }, ec.privateKey, 'sha256', { dsaEncoding: 'der' })],
  ['a token on the curve P-384', onEc, () => signOnCurve('secp384r1', 'ES384')],
  ['a token on the curve P-384 that names ES256', onEc, () => signOnCurve('secp384r1', 'ES256')],
  ['a token on the curve secp256k1', onEc, () => signOnCurve('secp256k1', 'ES256K')],
  ['a token on the curve secp256k1 that names ES256', onEc, () => signOnCurve('secp256k1', 'ES256')],
  [
    'an EC signature of zeros',
    ['ec', 'jwks'],
    () => signByHand({ alg: 'ES256', kid: 'ec' }, claims, encode(Buffer.alloc(64))),
  ],
  [
    'an RSA signature of zeros',
    ['rsa', 'jwks'],
    () => signByHand({ alg: 'RS256', kid: 'rsa' }, claims, encode(Buffer.alloc(256))),
  ],
  ...(['pem', 'trimmed PEM', 'base64', 'modulus'] as const).flatMap((form) =>
    (['HS256', 'HS384', 'HS512'] as const).map(
      (alg): HostileToken => [
        `a token signed by ${alg} with the public key as its secret (${form})`,
        onPublicKeys,
        ({ rsa, ec }) => {
          const secrets = { pem: rsa.pem, 'trimmed PEM': rsa.pem.trim(), base64: ec.pem, modulus: rsa.jwk.n ?? '' };
          const header = JSON.stringify({ alg, kid: form === 'base64' ? 'ec' : 'rsa' });
          const secret = form === 'base64' ? ec.pem.replace(/-----.*-----|\s/g, '') : secrets[form];
          return signText(header, text, secret, alg.replace('HS', 'sha'));
        },
      ],
    ),
  ),
  ['a token of an unknown key of the set', onSet, ({ theirRsa }) => theirRsa.sign({ header: { kid: 'none' } })],
  ['a token of another key under a known id', onSet, ({ theirRsa }) => theirRsa.sign({ header: { kid: 'rsa' } })],
  ['a token of another key without an id', onSet, ({ theirEc }) => theirEc.sign({ header: { kid: undefined } })],
  ['a token of a known key under the id of another', onSet, ({ rsa }) => rsa.sign({ header: { kid: 'ec' } })],
  [
    'a token of a known key by another algorithm',
    onSet,
    ({ rsa }) => signWith({ alg: 'PS256', kid: 'rsa' }, rsa.privateKey, 'sha256', pss),
  ],
  ...([7, null, {}, ['rsa'], '', '__proto__', '../../dev/null', "rsa' OR '1'='1", 'RSA', 'rsa\u0000'] as const).map(
    (kid): HostileToken => [
      `a token with the key id ${JSON.stringify(kid)}`,
      onSet,
      ({ theirRsa }) => signWith({ alg: 'RS256', kid }, theirRsa.privateKey),
    ],
  ),
  [
    'a token with the key id /dev/null and no secret',
    onSecret,
    () => signText('{"alg":"HS256","kid":"/dev/null"}', text, ''),
  ],
  ...(['jku', 'x5u', 'jwk', 'x5c'] as const).map(
    (name): HostileToken => [
      `a token that brings its own key in ${name}`,
      every,
      ({ theirRsa, theirUrl }) => {
        const values = { jku: theirUrl, x5u: theirUrl, jwk: theirRsa.jwk, x5c: [encode(theirRsa.pem)] };
        return theirRsa.sign({ header: { [name]: values[name], kid: 'theirs' } });
      },
    ],
  ),
  [
    'a token that brings its own secret',
    every,
    () => signText('{"alg":"HS256","jwk":{"kty":"oct","k":"AAAA"}}', text, '\0\0\0'),
  ],
];

const changedLater: HostileToken[] = [
  ...changed('with other claims after signing', ([header, , signature]) => `${header}.${theirClaims}.${signature}`),
  ...changed(
    'with another header after signing',
    ([, claims, signature]) => `${encode('{"alg":"none"}')}.${claims}.${signature}`,
  ),
  ...changed('without its signature', ([header, claims]) => `${header}.${claims}.`),
  ...changed('without its signature and its last dot', ([header, claims]) => `${header}.${claims}`),
  ...changed('with a signature that is two characters shorter', (parts) => replaceLast(parts.join('.'), 2)),
  ...changed('with a signature of half the length', (parts) => replaceLast(parts.join('.'), parts[2].length / 2)),
  ...changed('with a longer signature', (parts) => `${parts.join('.')}AAAA`),
  ...changed(
    'with another first character of the signature',
    ([header, claims, signature]) =>
      `${header}.${claims}.${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`,
  ),
  ...changed('with padding', (parts) => `${parts.join('.')}==`),
  ...changed('with a fourth part', (parts) => `${parts.join('.')}.AAAA`),
  ...changed('with five parts', ([header, claims, signature]) => `${header}..${claims}.${signature}.AAAA`),
  ...changed('with an empty first part', ([, claims, signature]) => `.${claims}.${signature}`),
  ...changed('with empty claims', ([header, , signature]) => `${header}..${signature}`),
  ...changed('with encoded dots', (parts) => parts.join('%2E')),
  ...changed('in quotation marks', (parts) => `"${parts.join('.')}"`),
  ...changed('with a space between its parts', (parts) => parts.join('. ')),
  ...changed('with parts in reverse order', (parts) => parts.toReversed().join('.')),
  ...changed('in capitals', (parts) => parts.join('.').toUpperCase()),
];

/** Tokens that an attacker may try, none of which may be accepted. */
export const hostileTokens: readonly HostileToken[] = [
  ...wrongClaims,
  ...wrongHeaders,
  ...wrongSigners,
  ...changedLater,
];

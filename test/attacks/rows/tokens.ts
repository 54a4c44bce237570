import { createHmac } from 'node:crypto';
import { audience, issuer } from '../../support/http/jwt.ts';
import { type Attack, answered, each, graphql, jwtSecret, refused, rest, times } from '../attack.ts';

const good = { iss: issuer, aud: audience, sub: 'user_1', org_id: 'other', scope: 'experiments:read', exp: 4e9 };
const encode = (part: unknown) =>
  Buffer.from(typeof part === 'string' ? part : JSON.stringify(part)).toString('base64url');
/** A token that is signed as the gateway expects it, whatever is in it. */
const sign = (claims: unknown, header: unknown = { alg: 'HS256' }, hash = 'sha256', secret = jwtSecret) => {
  const text = `${encode(header)}.${encode(claims)}`;
  return `${text}.${createHmac(hash, secret).update(text).digest('base64url')}`;
};
const withHeader = (header: object) => sign(good, { alg: 'HS256', ...header });
const withClaims = (claims: object) => sign({ ...good, ...claims });
const ask = (token: string) =>
  graphql('{ viewer { organization } }', {}, { authorization: `Bearer ${token}`, accept: 'application/json' });

const refusedTokens: Record<string, string> = {
  'no algorithm': `${encode({ alg: 'none' })}.${encode(good)}.`,
  'no algorithm, in another case': `${encode({ alg: 'nOnE' })}.${encode(good)}.`,
  'another algorithm of the same secret': sign(good, { alg: 'HS512' }, 'sha512'),
  'another secret': sign(good, { alg: 'HS256' }, 'sha256', `${jwtSecret}x`),
  'an empty secret': sign(good, { alg: 'HS256' }, 'sha256', ''),
  'a key in the header': withHeader({ jwk: { kty: 'oct', k: encode('x') }, alg: 'RS256' }),
  'a header that must be understood': withHeader({ crit: ['x'], x: 1 }),
  'an unencoded payload': withHeader({ crit: ['b64'], b64: false }),
  'two audiences that are not ours': withClaims({ aud: ['x', 'y'] }),
  'an audience that is a prefix': withClaims({ aud: audience.slice(0, -1) }),
  'no expiry': withClaims({ exp: undefined }),
  'an expiry of text': withClaims({ exp: '9999999999' }),
  'an expiry of infinity': sign(JSON.stringify(good).replace('4000000000', '1e400')),
  'an expiry of null': withClaims({ exp: null }),
  'a start that is yet to come': withClaims({ nbf: 3.9e9 }),
  'no subject': withClaims({ sub: undefined }),
  'a subject that is a list': withClaims({ sub: ['user_1'] }),
  'a subject of control characters': withClaims({ sub: 'a\u001b[31m\n' }),
  'a subject of 10,000 characters': withClaims({ sub: 'x'.repeat(10_000) }),
  'an organization that is a list': withClaims({ org_id: ['default'] }),
  'an organization of a prototype': sign(JSON.stringify(good).replace('"other"', '{"__proto__":"default"}')),
  'an organization of NUL': withClaims({ org_id: 'default\0' }),
  'claims that are a list': sign([good]),
  'claims that nest': sign(`${'['.repeat(5_000)}${']'.repeat(5_000)}`),
  'a header that nests': sign(good, `${'{"a":'.repeat(1_500)}1${'}'.repeat(1_500)}`),
  'an encrypted one that takes a billion rounds': `${encode({ alg: 'PBES2-HS256+A128KW', enc: 'A128GCM', p2c: 1e9, p2s: 'AAAA' })}.AAAA.AAAA.AAAA.AAAA`,
  'dots by the thousand': '.'.repeat(10_000),
  'three parts of 4,000 characters': times(3, () => 'A'.repeat(4_000), '.'),
};

/** Tokens that are forged, or whose claims are not what they seem. */
export const tokens: readonly Attack[] = [
  {
    name: 'a token that must not be accepted',
    safe: { ...refused([200, 401], 'UNAUTHENTICATED'), hides: /"organization"/ },
    shapes: each(refusedTokens, ask),
  },
  {
    name: 'a token that must not be accepted, over REST',
    safe: { status: 401, headers: { 'www-authenticate': /^Bearer/ }, hides: /Victim/ },
    shapes: each(refusedTokens, (token) =>
      rest('GET', 'exp_victim/', '', { authorization: `Bearer ${token}`, accept: 'application/json' }),
    ),
  },
  {
    name: 'a token with more than it may say',
    safe: answered(/"viewer":\{"organization":"other"\},"experiment":null/),
    shapes: each(
      {
        'a thousand scopes': withClaims({ scope: times(500, () => 'x:y experiments:read') }),
        'scopes in a list with other values': withClaims({ scope: ['experiments:read', null, {}, ['x'], 1] }),
        'scopes of all organizations': withClaims({ scope: 'experiments:read *:* admin experiments:write' }),
        'a header with the addresses of keys': withHeader({
          jku: 'http://127.0.0.1:1/keys',
          x5u: 'http://127.0.0.1:1/x5u',
          kid: '../../../../dev/null',
        }),
        'a claim of another organization': withClaims({
          organization: 'default',
          ['__proto__']: { org_id: 'default' },
        }),
      },
      (token) =>
        graphql(
          '{ viewer { organization } experiment(id: "exp_victim") { name } }',
          {},
          { authorization: `Bearer ${token}` },
        ),
    ),
  },
];

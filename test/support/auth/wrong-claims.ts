import { audience, issuer, secondsFromNow, token } from '../http/jwt.ts';
import { type HostileToken, signText, text } from './forge.ts';

const onSecret = ['secret'] as const;

/** A token of the right signer with other claims; `undefined` removes one. */
const withClaims = (what: string, changes: Readonly<Record<string, unknown>>): HostileToken => [
  `a token ${what}`,
  onSecret,
  ({ secret }) => token('HS256', Buffer.from(secret), { claims: changes }),
];

/** A token of the right signer whose claims are written exactly so. */
const withText = (what: string, payload: string | Uint8Array): HostileToken => [
  `a token whose claims ${what}`,
  onSecret,
  ({ secret }) => signText('{"alg":"HS256"}', payload, secret),
];

/** Tokens of the right signer that must be refused for their claims. */
export const wrongClaims: readonly HostileToken[] = [
  withClaims('that expired two minutes ago', { exp: secondsFromNow(-120) }),
  withClaims('that expired 62 seconds ago', { exp: secondsFromNow(-62) }),
  withClaims('that expired in 1970', { exp: 0 }),
  withClaims('with a negative expiry', { exp: -1e15 }),
  withClaims('without an expiry', { exp: undefined }),
  withClaims('with an expiry that is a word', { exp: 'tomorrow' }),
  withClaims('with an expiry that is a number in a string', { exp: String(secondsFromNow(300)) }),
  withClaims('with an expiry that is null', { exp: null }),
  withClaims('with an expiry that is true', { exp: true }),
  withClaims('with an expiry in a list', { exp: [secondsFromNow(300)] }),
  withText('have an expiry beyond all numbers', text.replace(/"exp":\d+/, '"exp":1e400')),
  withText('have an expiry below all numbers', text.replace(/"exp":\d+/, '"exp":-1e400')),
  withClaims('that becomes valid in two minutes', { nbf: secondsFromNow(120) }),
  withClaims('that becomes valid in a string', { nbf: String(secondsFromNow(-10)) }),
  withText('become valid beyond all numbers', text.replace('{', '{"nbf":1e400,')),
  withClaims('with an issue time that is a string', { iat: 'now' }),
  withClaims('of another issuer', { iss: 'https://elsewhere.test' }),
  withClaims('of an issuer with a trailing slash', { iss: `${issuer}/` }),
  withClaims('of an issuer in capitals', { iss: issuer.toUpperCase() }),
  withClaims('of an issuer with a space', { iss: `${issuer} ` }),
  withClaims('of several issuers', { iss: [issuer, 'https://elsewhere.test'] }),
  withClaims('without an issuer', { iss: undefined }),
  withClaims('for another audience', { aud: 'another-service' }),
  withClaims('for other audiences', { aud: ['another-service', 'a-third'] }),
  withClaims('for no audience in a list', { aud: [] }),
  withClaims('for an audience in a nested list', { aud: [[audience]] }),
  withClaims('for an audience that is an object', { aud: { [audience]: true } }),
  withClaims('for an audience that begins like ours', { aud: `${audience}-staging` }),
  withClaims('for several audiences in one string', { aud: `another-service ${audience}` }),
  withClaims('without an audience', { aud: undefined }),
  withClaims('without a subject', { sub: undefined }),
  withClaims('with an empty subject', { sub: '' }),
  withClaims('with a subject that is a number', { sub: 7 }),
  withClaims('with a subject that is a list', { sub: ['user_1'] }),
  withClaims('with a subject of 256 characters', { sub: 'a'.repeat(256) }),
  withClaims('with a control character in the subject', { sub: 'user\u0000' }),
  withClaims('without an organization', { org_id: undefined }),
  withClaims('with an empty organization', { org_id: '' }),
  withClaims('with a null organization', { org_id: null }),
  withClaims('with an organization that is a number', { org_id: 7 }),
  withClaims('with an organization that is an object', { org_id: { id: 'acme' } }),
  withClaims('with an organization that is true', { org_id: true }),
  withClaims('with several organizations', { org_id: ['acme', 'blue'] }),
  withClaims('with one organization in a list', { org_id: ['acme'] }),
  withClaims('with an organization of 256 characters', { org_id: 'a'.repeat(256) }),
  withClaims('with an organization of 8,000 characters', { org_id: 'a'.repeat(8_000) }),
  withClaims('with a control character in the organization', { org_id: 'ac\nme' }),
  withClaims('with half a character in the organization', { org_id: 'acme\ud800' }),
  withText('are empty', ''),
  withText('are an empty object', '{}'),
  withText('are a list', `[${text}]`),
  withText('are a string', JSON.stringify(text)),
  withText('are null', 'null'),
  withText('are no JSON', text.slice(0, -1)),
  withText('are JSON with a comment', `${text}/**/`),
  withText('are no UTF-8', Buffer.from(text.replace('acme', '\u00ff'), 'latin1')),
  withText('are nested 10,000 levels deep', '['.repeat(5_000)),
  withText('expire twice, the second time in the past', text.replace('}', ',"exp":1}')),
  withText('name two organizations, the second one empty', text.replace('}', ',"org_id":""}')),
  withText('hold the organization in __proto__', text.replace('"org_id":"acme"', '"__proto__":{"org_id":"acme"}')),
  withText('hold everything in __proto__', `{"__proto__":${text}}`),
];

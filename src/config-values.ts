import { createPublicKey } from 'node:crypto';
import { isIP } from 'node:net';
import { findAlgorithms } from './auth/jwt.ts';
import { rateLimitBounds } from './domain/limits.ts';
import type { RateLimitRule } from './domain/rate-limit.ts';

/** Reads `<points>/<seconds>`; undefined when it is malformed or out of bounds. */
export function parseRateLimit(text: string): RateLimitRule | undefined {
  const [, points = 0, seconds = 0] = (/^([1-9]\d{0,9})\/([1-9]\d{0,4})$/.exec(text) ?? []).map(Number);
  if (points === 0 || points > rateLimitBounds.points || seconds > rateLimitBounds.seconds) return undefined;
  return { points, seconds };
}

export function isHost(host: string): boolean {
  return isIP(host) !== 0 || (/^[\w.-]{1,253}$/.test(host) && !/^[\d.]+$/.test(host));
}

export function isPort(port: string): boolean {
  return /^\d{1,5}$/.test(port) && Number(port) <= 65_535;
}

/** Whether a PEM is a public key of an accepted kind and size. */
export function isPublicKey(pem: string): boolean {
  try {
    // Node would derive a public key from a private one, which does not belong in a verifier's configuration.
    return !pem.includes('PRIVATE KEY') && findAlgorithms(createPublicKey(pem)).length > 0;
  } catch {
    return false;
  }
}

/** Whether a text is an origin as browsers spell it. In any other spelling, it would never match. */
export function isOrigin(text: string): boolean {
  return /^https?:\/\/[^*]+$/.test(text) && URL.parse(text)?.origin === text;
}

/** Whether a path can be added to a URL: it is an HTTP URL without a query or fragment. */
export function isCollectorUrl(url: string): boolean {
  return isHttpUrl(url) && !/[?#]/.test(url);
}

/** Whether a URL is HTTP or HTTPS, without a user or password. */
export function isHttpUrl(url: string): boolean {
  const { protocol = '', hostname, username, password } = URL.parse(url) ?? {};
  return /^https?:$/.test(protocol) && hostname !== '' && username === '' && password === '';
}

export function isRedisUrl(url: string): boolean {
  try {
    const { protocol, hostname, username, password, pathname, search, hash } = new URL(url);
    decodeURIComponent(username + password);
    return /^rediss?:$/.test(protocol) && hostname !== '' && /^(\/\d{0,9})?$/.test(pathname) && search + hash === '';
  } catch {
    return false;
  }
}

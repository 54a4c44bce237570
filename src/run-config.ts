import { CannotStart } from './domain/faults.ts';

/** The settings of a runner, which is a client of a gateway. They are not in config.ts, which takes long to load. */
export interface RunConfig {
  /** Without a slash at the end. */
  readonly url: string;
  readonly key: string;
  readonly leaseSeconds: number;
  /** Whether it was started by `npm run gateway`. */
  readonly isUnderNpm: boolean;
}

/** Reads the environment of this process; an empty variable counts as unset. Throws `CannotStart`. */
export function readRunConfig(): RunConfig {
  const { GATEWAY_URL, GATEWAY_KEY, GATEWAY_LEASE_SECONDS, npm_lifecycle_event: script } = process.env;
  const leaseSeconds = GATEWAY_LEASE_SECONDS || '60';
  if (!/^\d{1,9}$/.test(leaseSeconds)) throw new CannotStart(`GATEWAY_LEASE_SECONDS is not a number: ${leaseSeconds}`);
  // Secrets that are mounted as files often end with a newline.
  const key = GATEWAY_KEY?.trim() ?? '';
  if (!/^[\x21-\x7e]+$/.test(key))
    throw new CannotStart('Set GATEWAY_KEY to an API key with the scope experiments:run.');
  const url = parseUrl(GATEWAY_URL || 'http://localhost:4000');
  return { url, key, leaseSeconds: Number(leaseSeconds), isUnderNpm: script === 'gateway' };
}

/** As with curl, the scheme may be missing. */
function parseUrl(text: string): string {
  const url = /^[a-z]+:\/\//i.test(text) ? text : `http://${text}`;
  if (!/^https?:\/\//i.test(url) || !URL.canParse(url))
    throw new CannotStart('GATEWAY_URL is not an http or https URL.');
  return url.replace(/\/+$/, '');
}

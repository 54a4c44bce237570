import { randomBytes } from 'node:crypto';
import { datasetPrefix } from '../node-id.ts';

/** Path segments that are no ids, and the sub-resources of the collection over REST (R10). */
export const reservedIds = ['.', '..', 'list', 'summary'] as const;

/** Whether no new experiment may have this id (R10). */
export function isReservedId(id: string): boolean {
  return (reservedIds as readonly string[]).includes(id) || id.startsWith(datasetPrefix);
}

const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';

/** Returns `exp_`, ten characters of time that sort chronologically, and 80 random bits. */
export function generateExperimentId(at: Date): string {
  let time = '';
  for (let rest = at.getTime(), digit = 0; digit < 10; digit++, rest = Math.floor(rest / 32)) {
    time = alphabet.charAt(rest % 32) + time;
  }
  const random = [...randomBytes(16)].map((byte) => alphabet.charAt(byte % 32)).join('');
  return `exp_${time}${random}`;
}

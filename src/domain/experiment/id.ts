import { randomBytes } from 'node:crypto';

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

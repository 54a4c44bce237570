import { randomUUID } from 'node:crypto';

/** Letters, digits and a few signs: nothing that could forge a log line or a header. */
const sane = /^[\w.:-]{1,128}$/;

/** The id that a caller gave when it is a sane one, else a new one. */
export function toRequestId(given: unknown): string {
  return typeof given === 'string' && sane.test(given) ? given : randomUUID();
}

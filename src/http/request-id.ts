import { randomUUID } from 'node:crypto';

/** 1 to 128 letters, digits and `_.:-`: nothing that could forge a log line or a header. */
const sane = /^[\w.:-]{1,128}$/;

/** Returns the caller's id if it is usable, otherwise a new UUID. */
export function toRequestId(given: unknown): string {
  return typeof given === 'string' && sane.test(given) ? given : randomUUID();
}

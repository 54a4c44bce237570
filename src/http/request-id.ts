import { randomUUID } from 'node:crypto';

/** Letters, digits and a few signs: nothing that could forge a log line or a header. */
const SANE = /^[\w.:-]{1,128}$/;

const ids = new WeakMap<Request, string>();

/** The id that a caller gave when it is a sane one, else a new one. */
export function saneRequestId(given: unknown): string {
  return typeof given === 'string' && SANE.test(given) ? given : randomUUID();
}

/** The id of a request: the caller's own `x-request-id` when it is a sane one, else a new one. The same at every call. */
export function requestIdOf(request: Request): string {
  let id = ids.get(request);
  if (id === undefined) {
    id = saneRequestId(request.headers.get('x-request-id'));
    ids.set(request, id);
  }
  return id;
}

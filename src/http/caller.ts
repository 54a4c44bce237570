import type { Caller } from '../domain/actor.ts';

const callers = new WeakMap<Request, Caller>();

/** Remembers who sent a request, for all that handles it later. */
export function setCaller(request: Request, caller: Caller): void {
  callers.set(request, caller);
}

export function callerOf(request: Request): Caller {
  return callers.get(request) ?? null;
}

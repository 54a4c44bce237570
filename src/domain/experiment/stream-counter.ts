import { type Actor, nameActor } from '../actor.ts';
import { maxStreams } from '../limits.ts';

/** The caller has reached the maximum number of open streams. */
export interface TooManyStreams {
  readonly kind: 'tooManyStreams';
  readonly message: string;
}

export interface StreamCounter {
  /** Counts a stream until the returned function is called. Returns a failure when the caller has too many. */
  enter(actor: Actor): (() => void) | TooManyStreams;
}

/** Counts open streams per caller: an API key, or the subject of a token in an organization. */
export function createStreamCounter(): StreamCounter {
  const counts = new Map<string, number>();
  return {
    enter(actor) {
      const key = nameActor(actor);
      const count = counts.get(key) ?? 0;
      if (count >= maxStreams)
        return { kind: 'tooManyStreams', message: `You already have ${maxStreams} streams open: close one first.` };
      counts.set(key, count + 1);
      return () => {
        const left = (counts.get(key) ?? 1) - 1;
        if (left > 0) counts.set(key, left);
        else counts.delete(key);
      };
    },
  };
}

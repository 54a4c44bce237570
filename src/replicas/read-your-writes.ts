import { type Actor, nameActor } from '../domain/actor.ts';

/**
 * How long the reads of a recent writer go to the primary, in milliseconds. Longer than the allowed lag of a replica,
 * so that replicas have the write by then.
 */
export const recentWriteMs = 10_000;

/** Tracks who has written recently, so that lagging replicas do not hide callers' own writes from them. */
export interface RecentWriters {
  /** Records a write before it is acknowledged. Never rejects. */
  record(actor: Actor): void | Promise<void>;
  /** Whether an actor may have written recently; true when that is unknown. Never rejects. */
  mayHaveWritten(actor: Actor): boolean | Promise<boolean>;
  close(): void;
}

export interface LocalRecentWriters extends RecentWriters {
  record(actor: Actor): void;
  mayHaveWritten(actor: Actor): boolean;
  /** Treats every actor as a recent writer for `recentWriteMs`: earlier writes are unknown. */
  forget(): void;
}

/** Tracks writes through this process. Writes before it started are unknown. */
export function createLocalRecentWriters(): LocalRecentWriters {
  const ends = new Map<string, number>();
  let unknownUntil = 0;
  const own: LocalRecentWriters = {
    record(actor) {
      const now = performance.now();
      const name = nameActor(actor);
      // Insert again at the end: the map stays in the order of expiry.
      ends.delete(name);
      ends.set(name, now + recentWriteMs);
      for (const [other, end] of ends) {
        if (end > now) break;
        ends.delete(other);
      }
    },
    mayHaveWritten(actor) {
      const now = performance.now();
      return now < unknownUntil || now < (ends.get(nameActor(actor)) ?? 0);
    },
    forget() {
      unknownUntil = performance.now() + recentWriteMs;
    },
    close: () => undefined,
  };
  own.forget();
  return own;
}

import type { Actor } from '../domain/actor.ts';

/**
 * How long a caller who has written reads where the writes go, in milliseconds. Longer than the state of a replica may
 * be old, so that a replica that is read afterwards has the write.
 */
export const recentWriteMs = 10_000;

/** Who has written lately: what he has written must not be hidden from him by a replica that lags. */
export interface RecentWriters {
  /** Remembers a write before it is acknowledged. Never rejects. */
  note(actor: Actor): void | Promise<void>;
  /** Whether an actor may have written lately; also when that is not known. Never rejects. */
  mayHave(actor: Actor): boolean | Promise<boolean>;
  close(): void;
}

/** The author within his organization, whatever he calls with. */
export function nameWriter({ organization, author }: Actor): string {
  return JSON.stringify([organization, author.kind, author.id]);
}

export interface LocalRecentWriters extends RecentWriters {
  note(actor: Actor): void;
  mayHave(actor: Actor): boolean;
  /** From now on it is not known what was written before. */
  forget(): void;
}

/** Who has written through this process. What was written before it started is not known. */
export function createLocalRecentWriters(): LocalRecentWriters {
  const ends = new Map<string, number>();
  let unknownUntil = 0;
  const own: LocalRecentWriters = {
    note(actor) {
      const now = performance.now();
      const name = nameWriter(actor);
      // Written again: it ends last.
      ends.delete(name);
      ends.set(name, now + recentWriteMs);
      for (const [other, end] of ends) {
        if (end > now) break;
        ends.delete(other);
      }
    },
    mayHave(actor) {
      const now = performance.now();
      return now < unknownUntil || now < (ends.get(nameWriter(actor)) ?? 0);
    },
    forget() {
      unknownUntil = performance.now() + recentWriteMs;
    },
    close: () => undefined,
  };
  own.forget();
  return own;
}

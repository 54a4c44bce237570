import { Histogram } from './histogram.ts';

/**
 * What kind of operation a request asked for. `other` is everything without one: documents that were refused before
 * their operation was found, GraphiQL, unknown addresses.
 */
export type OperationKind = 'query' | 'mutation' | 'subscription' | 'rest' | 'probe' | 'other';

/** The requests of one operation. */
export interface OperationFigures {
  readonly kind: OperationKind;
  readonly name: string;
  /** In seconds. */
  readonly durations: Histogram;
  readonly byStatus: Map<number, number>;
}

/** A request that has been answered. */
export interface AnsweredRequest {
  readonly kind: OperationKind;
  /** Callers choose the names of GraphQL operations. Undefined for one without a name. */
  readonly name: string | undefined;
  /** Whether its caller has a valid credential. */
  readonly isKnownCaller: boolean;
  readonly status: number;
  readonly milliseconds: number;
}

/** How many GraphQL operations are counted by their names; the others count together. */
const maxNamedOperations = 50;
/** The name under which the others count. */
const overflow = 'other';
/** The longest name that is counted by name, in characters. */
const maxNameCharacters = 64;

/** In seconds. */
const requestBounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];
const storageBounds = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];
/** SQLite puts up to 64 writes into a commit. */
const commitBounds = [1, 2, 4, 8, 16, 32, 64];

/**
 * The counters of one gateway: plain numbers, which `prometheus.ts` writes on request. Nothing here grows
 * with what callers send: statuses, error codes and reasons are the gateway's own, and names are limited.
 */
export class Metrics {
  readonly errors = new Map<string, number>();
  readonly refusedCredentials = new Map<string, number>();
  /** Requests whose callers did not have enough points left, by kind. */
  readonly quotaRefusals = new Map<OperationKind, number>();
  /** Requests that were refused because the gateway had too much to do. */
  overloadRefusals = 0;
  /** The duration of the calls to storage by their name, in seconds. */
  readonly storage = new Map<string, Histogram>();
  readonly writesPerCommit = new Histogram(commitBounds);
  readonly #operations = new Map<OperationKind, Map<string, OperationFigures>>();
  #namedOperations = 0;

  /** Each operation that has been counted. */
  *listOperations(): Iterable<OperationFigures> {
    for (const byName of this.#operations.values()) yield* byName.values();
  }

  countRequest({ kind, name, isKnownCaller, status, milliseconds }: AnsweredRequest): void {
    const { durations, byStatus } = this.#find(kind, name, isKnownCaller);
    durations.observe(milliseconds / 1000);
    increment(byStatus, status);
  }

  /** Counts a request that was refused before it reached the steps: its bytes were not valid HTTP, or came too slowly. */
  countRefusal(status: number, code: string): void {
    const { byStatus } = this.#find('other', undefined, false);
    increment(byStatus, status);
    this.countError(code);
  }

  /** Counts an error, or a failure that a caller can expect, by its code. */
  countError(code: string): void {
    increment(this.errors, code);
  }

  countRefusedCredential(reason: string): void {
    increment(this.refusedCredentials, reason);
  }

  countQuotaRefusal(kind: OperationKind): void {
    increment(this.quotaRefusals, kind);
  }

  countOverloadRefusal(): void {
    this.overloadRefusals++;
  }

  /** The durations of a call to storage, in seconds. Its name must not come from a caller. */
  findStorageCall(name: string): Histogram {
    const known = this.storage.get(name) ?? new Histogram(storageBounds);
    this.storage.set(name, known);
    return known;
  }

  /** The operation that a request counts for: one of its own name, or `other` where names are used up. */
  #find(kind: OperationKind, name: string | undefined, isKnownCaller: boolean): OperationFigures {
    const byName = this.#operations.get(kind) ?? new Map<string, OperationFigures>();
    this.#operations.set(kind, byName);
    const shown = name ?? (isGraphQL(kind) ? 'anonymous' : 'none');
    const known = byName.get(shown);
    if (known) return known;
    if (name !== undefined && name !== overflow && isGraphQL(kind)) {
      // Only callers with a valid credential add names, so that others cannot use them up.
      if (!isKnownCaller || name.length > maxNameCharacters || this.#namedOperations >= maxNamedOperations)
        return this.#find(kind, overflow, isKnownCaller);
      this.#namedOperations++;
    }
    const figures = { kind, name: shown, durations: new Histogram(requestBounds), byStatus: new Map() };
    byName.set(shown, figures);
    return figures;
  }
}

function increment<Key>(counts: Map<Key, number>, key: Key): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

function isGraphQL(kind: OperationKind): boolean {
  return kind === 'query' || kind === 'mutation' || kind === 'subscription';
}

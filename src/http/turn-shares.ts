/** Who work belongs to: an organization, or undefined for all callers that are not known. */
type Owner = string | undefined;

/**
 * The shares of organizations in the work that begins in one turn of the event loop. Each may use the same part, and
 * what the others left of theirs in the turn before.
 */
export class TurnShares {
  readonly #length: number;
  /** What each used in the turn before, in milliseconds. */
  readonly #before: ReadonlyMap<Owner, number>;
  readonly #fair: number;
  /** What all together used of their fair shares. */
  readonly #claimed: number;
  readonly #used = new Map<Owner, number>();
  #usedByAll = 0;
  #running: { readonly owner: Owner; readonly since: number } | undefined;

  /** The shares of a turn of this length, in milliseconds. */
  constructor(length: number, before: ReadonlyMap<Owner, number> = new Map()) {
    this.#length = length;
    this.#before = before;
    this.#fair = length / Math.max(1, before.size);
    this.#claimed = [...before.values()].reduce((sum, used) => sum + Math.min(used, this.#fair), 0);
  }

  /**
   * Lets work begin at this moment, in milliseconds, unless its owner has used up its share. What happens until the next
   * call counts as this work.
   */
  take(owner: Owner, at: number): boolean {
    this.#charge(at);
    const leftByOthers = this.#length - this.#claimed + Math.min(this.#before.get(owner) ?? 0, this.#fair);
    const share = Math.max(this.#fair, leftByOthers);
    // New owners have not claimed anything yet, and there may be many.
    if ((this.#used.get(owner) ?? 0) >= share || this.#usedByAll >= 2 * this.#length) return false;
    this.#running = { owner, since: at };
    return true;
  }

  /** The shares of the next turn, when this one ends. */
  next(at: number): TurnShares {
    this.#charge(at);
    return new TurnShares(this.#length, this.#used);
  }

  #charge(at: number): void {
    if (!this.#running) return;
    const { owner, since } = this.#running;
    this.#used.set(owner, (this.#used.get(owner) ?? 0) + at - since);
    this.#usedByAll += at - since;
    this.#running = undefined;
  }
}

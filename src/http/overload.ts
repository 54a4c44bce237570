import type { Metrics } from '../observability/metrics.ts';
import type { Exchange } from './exchange.ts';
import { createRefusal } from './refusal.ts';
import { TurnShares } from './turn-shares.ts';

/** How much work of requests begins in one turn of the event loop, in milliseconds. The others wait for the next. */
const maxTurn = 80;
/** For how long requests have to wait in every turn, in milliseconds, before it is overload: a burst is served. */
const patience = 1_000;
/** How long a request waits under overload before it is refused, in milliseconds. */
const maxWait = 400;
/** The share of the places in storage's queue beyond which too much work waits there. At 1, storage itself refuses more. */
const maxQueueShare = 0.8;
/** The share of a core below which other processes cause the delay: to refuse work would not shorten it. */
const minOwnShare = 0.4;
/** How much later than the last turn the next one begins, in milliseconds, if no work was left. */
const minGap = 100;

/** Both in milliseconds. */
export interface Clocks {
  now(): number;
  /** The CPU time that this process has used. */
  readCpu(): number;
}

export const systemClocks: Clocks = {
  now: () => performance.now(),
  readCpu() {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1000;
  },
};

/** What tells how much the gateway has to do. */
export interface Load extends Clocks {
  /** The share of the places in storage's queue that are taken, from 0 to 1. */
  measureQueue(): number;
  /** How many connections have been accepted since the start. */
  countAccepted(): number;
}

/**
 * Lets a request begin: at once, which returns nothing, or once the promise resolves. Throws, or rejects with, a refusal
 * (503) when there is too much to do.
 */
export type Admit = (exchange: Exchange) => Promise<void> | undefined;

/** A turn of the event loop in which requests begin. */
interface Turn {
  readonly start: number;
  /**
   * Whether a connection was accepted in the turn before. A turn accepts one at most, so others may be waiting: a turn
   * has to be short until all are accepted.
   */
  readonly isAccepting: boolean;
  hasBegun: boolean;
  /** Whether requests have to wait for the next turn. */
  hasExcess: boolean;
}

/** A time in which there is too much to do in every turn. */
interface Excess {
  readonly since: number;
  /** The readings of the last turn. */
  readonly at: number;
  readonly cpu: number;
  readonly isQueueFull: boolean;
  /** Whether it is this process that uses the CPU. */
  readonly isOwn: boolean;
}

/**
 * Admits requests by turns of the event loop, so that no turn gets long, however much is sent: `/health` waits for two
 * short ones. Requests that cannot begin in one turn wait for the next, in the order in which they came, and those that
 * have waited too long are refused once there has been too much to do for a second.
 *
 * Where requests have to wait, organizations have shares of each turn. A request counts for the organization that its
 * credential was last accepted for, and all other requests count together, so that no credential has to be looked up first.
 */
export function createAdmission(
  { measureQueue, countAccepted, now, readCpu }: Load,
  recallOrganization: (authorization: string | null) => string | undefined,
  metrics: Metrics,
): Admit {
  let turn: Turn | undefined;
  let shares = new TurnShares(maxTurn);
  let excess: Excess | undefined;
  let last = { end: Number.NEGATIVE_INFINITY, hasExcess: false };
  let accepted = 0;

  function beginTurn(at: number): Turn {
    const acceptedBefore = accepted;
    accepted = countAccepted();
    setImmediate(endTurn);
    excess = findExcess(at);
    return { start: at, isAccepting: accepted > acceptedBefore, hasBegun: false, hasExcess: false };
  }

  function endTurn(): void {
    if (!turn) return;
    last = { end: now(), hasExcess: turn.hasExcess };
    shares = excess ? shares.next(last.end) : new TurnShares(maxTurn);
    turn = undefined;
  }

  function findExcess(at: number): Excess | undefined {
    const isQueueFull = measureQueue() > maxQueueShare;
    if (!isQueueFull && !(last.hasExcess && at - last.end < minGap)) return undefined;
    const cpu = readCpu();
    const isOwn = !excess || cpu - excess.cpu >= minOwnShare * (at - excess.at);
    return { since: excess?.since ?? at, at, cpu, isQueueFull, isOwn };
  }

  /** Whether a request of an organization that came at `since` may begin now. Throws its refusal. */
  function mayBegin(organization: string | undefined, since: number): boolean {
    const at = now();
    turn ??= beginTurn(at);
    if (excess ? takeShare(turn, excess, organization, at, since) : at - turn.start <= maxTurn) return true;
    turn.hasExcess = true;
    return false;
  }

  function takeShare(turn: Turn, excess: Excess, organization: string | undefined, at: number, since: number): boolean {
    const hasWaitedTooLong = at - since > maxWait && excess.isOwn;
    if (at - excess.since > patience && (excess.isQueueFull || hasWaitedTooLong)) {
      turn.hasExcess = true;
      metrics.countOverloadRefusal();
      throw refusal;
    }
    if (turn.isAccepting && turn.hasBegun) return false;
    if (!shares.take(organization, at)) return false;
    turn.hasBegun = true;
    return true;
  }

  return (exchange) => {
    const since = now();
    turn ??= beginTurn(since);
    // Nearly always: no request has to wait.
    if (!excess && since - turn.start <= maxTurn) return undefined;
    // Once, however many turns it waits for: a long credential takes a while to hash.
    const organization = recallOrganization(exchange.header('authorization') ?? null);
    if (mayBegin(organization, since)) return undefined;
    return new Promise((resolve, reject) => {
      const retry = () => {
        try {
          if (mayBegin(organization, since)) resolve();
          else setImmediate(retry);
        } catch (refused) {
          reject(refused);
        }
      };
      setImmediate(retry);
    });
  };
}

/** Made once, since refusing must cost little. */
const refusal = createRefusal(503, 'The gateway has too much to do: try again in a moment. Nothing was written.', {
  'retry-after': '1',
});

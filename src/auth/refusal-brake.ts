import { isIPv6 } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** How many credentials of one address may be refused at once, before further ones are no longer checked. */
const maxRefusals = 300;
/** How many refusals are forgiven each second. */
const forgivenPerSecond = 10;
/** The most addresses that are remembered. Beyond it, the one that was refused least recently is forgotten. */
const maxAddresses = 10_000;
/** How long the answer to an unchecked credential is held back, in milliseconds: its sender may not heed Retry-After. */
const holdMs = 500;
/** The most answers that are held back at a time. */
const maxHeld = 1_000;
/** How often an address is reported, in milliseconds. */
const reportIntervalMs = 60_000;

interface Refusals {
  readonly count: number;
  /** When `count` was right, by `performance.now()`. */
  readonly at: number;
  readonly reportedAt: number;
}

/** Stops addresses whose credentials are refused again and again. */
export interface RefusalBrake {
  /** Whether an address has had so many refusals that its credentials are not worth checking now. */
  isOn(address: string): boolean;
  /** Counts a refusal. */
  count(address: string): void;
  /** Resolves half a second later, or immediately when it holds back too many callers already. */
  hold(): Promise<void>;
}

/**
 * Counts refused credentials by address, in a table of bounded size. IPv6 addresses count by their /64 network, which a
 * single customer has to themselves. Calls `report` when an address reaches the limit, at most once a minute.
 */
export function createRefusalBrake(report: (address: string) => void): RefusalBrake {
  const refusals = new Map<string, Refusals>();
  let held = 0;

  function countNow(found: Refusals | undefined): number {
    if (!found) return 0;
    return Math.max(0, found.count - ((performance.now() - found.at) / 1000) * forgivenPerSecond);
  }

  return {
    isOn: (address) => countNow(refusals.get(toNetwork(address))) > maxRefusals - 1,
    count(address) {
      const network = toNetwork(address);
      const found = refusals.get(network);
      const count = Math.min(maxRefusals, countNow(found) + 1);
      const now = performance.now();
      let reportedAt = found?.reportedAt ?? Number.NEGATIVE_INFINITY;
      if (count > maxRefusals - 1 && now - reportedAt >= reportIntervalMs) {
        reportedAt = now;
        report(network);
      }
      // Insert again at the end: the map stays in the order of refusals.
      refusals.delete(network);
      if (refusals.size >= maxAddresses) refusals.delete(refusals.keys().next().value as string);
      refusals.set(network, { count, at: now, reportedAt });
    },
    async hold() {
      if (held >= maxHeld) return;
      held++;
      await sleep(holdMs);
      held--;
    },
  };
}

/** The network whose refusals count together: an IPv4 address, or the /64 of an IPv6 one. */
export function toNetwork(address: string): string {
  const [, ipv4] = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address) ?? [];
  if (ipv4 !== undefined || !isIPv6(address)) return ipv4 ?? address;
  const [before = '', after] = address.replace(/%.*$/, '').split('::');
  const head = before === '' ? [] : before.split(':');
  const tail = after === undefined || after === '' ? [] : after.split(':');
  const zeros = after === undefined ? 0 : Math.max(0, 8 - head.length - tail.length);
  return `${[...head, ...Array<string>(zeros).fill('0'), ...tail].slice(0, 4).join(':')}::/64`;
}

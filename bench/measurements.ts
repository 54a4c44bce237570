import type { Contender } from './contenders.ts';
import type { Options } from './options.ts';
import type { Measurement } from './servers.ts';

/** The measurements of one contender on one database. */
export interface Entry {
  readonly contender: Contender;
  /** How many experiments its database has. */
  readonly size: number;
  /** The median start-up time, in seconds. */
  readonly readyAfter: number;
  /** Memory in MB: before the first request, and at its peak. */
  idleMemory: number;
  peakMemory: number;
  /** The measured rounds, by the name of their workload. */
  readonly rounds: Record<string, Measurement[]>;
}

/** The gateway is the first entry. */
export interface Results {
  readonly options: Options;
  readonly entries: readonly Entry[];
}

/** The size of the organization in which the contenders are compared. */
export const smallSize = 1_000;

export function findMedian(entry: Entry, work: string, value: keyof Measurement): number | undefined {
  const rounds = entry.rounds[work];
  return rounds && median(rounds.map((round) => round[value]));
}

/** The ratio of one entry to another: the median of the ratios in each round, because a machine's speed varies. */
export function findRatio(one: Entry, other: Entry, work: string, value: keyof Measurement): number | undefined {
  const [ones, others] = [one.rounds[work], other.rounds[work]];
  return ones && others && median(ones.map((round, at) => round[value] / (others[at]?.[value] ?? Number.NaN)));
}

export function toTitle({ contender, size }: Entry): string {
  return size === smallSize ? contender.title : `${contender.title}, ${size.toLocaleString('en')} experiments`;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] as number) + (sorted[Math.ceil(middle)] as number)) / 2;
}

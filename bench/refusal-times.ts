import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import '../src/resolve-hook.mjs';
import { scopes } from '../src/domain/actor.ts';
import { createApiKey } from '../src/domain/api-key/api-key.ts';
import { median } from './measurements.ts';
import { drawTable } from './table.ts';

/**
 * `npm run bench:refusals [samples]`: whether the time that a refusal takes tells a caller how close a key is to a valid
 * one. Each round refuses one key of every kind, in random order, and compares it with the unknown key of the same round:
 * drift and load hit both. Every key is used once, since refusals are cached. It prints figures and judges nothing.
 */
const samples = Number(process.argv[2] ?? 1_200);
const characters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
if (!(samples >= 10 && samples <= 1_300)) throw new Error('10 to 1,300 samples: there are no more near misses.');

const { createApp } = await import('../src/app.ts');
const { readConfig } = await import('../src/config.ts');
const { openStorage } = await import('../src/storage/open.ts');
const folder = mkdtempSync(join(tmpdir(), 'gateway-refusals-'));
const config = readConfig({ DATABASE_URL: `file:${join(folder, 'gateway.db')}`, LOG_LEVEL: 'silent' });
const app = await createApp(config);
const storage = await openStorage(config.databaseUrl);

const grant = { organization: 'acme', name: null, scopes };
const make = () => createApiKey(grant, new Date());
async function issue(changes: { revokedAt?: Date; expiresAt?: Date } = {}): Promise<string> {
  const { key, secret } = make();
  await storage.apiKeys.insert({ ...key, ...changes });
  return secret;
}
const valid = await issue();
const past = new Date(Date.now() - 1_000);
const [revoked, expired] = await Promise.all(
  [{ revokedAt: past }, { expiresAt: past }].map((changes) =>
    Promise.all(Array.from({ length: samples }, () => issue(changes))),
  ),
);

/** The valid key with one character changed, a different one for each number. `from` is the first place that changes. */
function changeOne(number: number, from: number): string {
  const at = from + (number % 21);
  const next = (characters.indexOf(valid.charAt(at)) + 1 + Math.floor(number / 21)) % characters.length;
  return valid.slice(0, at) + characters.charAt(next) + valid.slice(at + 1);
}

const kinds: Record<string, (number: number) => string> = {
  unknown: () => make().secret,
  'unknown, once more': () => make().secret,
  'one character changed, at the beginning': (number) => changeOne(number, 3),
  'one character changed, at the end': (number) => changeOne(number, 25),
  'first half right': () => valid.slice(0, 24) + make().secret.slice(24),
  revoked: (number) => revoked?.[number] ?? '',
  expired: (number) => expired?.[number] ?? '',
  'one character short': () => valid.slice(0, -1),
  'another prefix': () => valid.replace('sk_', 'pk_'),
};

async function refuse(key: string): Promise<number> {
  const request = new Request('http://gateway.test/api/v2/experiments/a/', {
    headers: { authorization: `Bearer ${key}` },
  });
  const start = performance.now();
  const response = await app.fetch(request);
  const took = performance.now() - start;
  if (response.status !== 401) throw new Error(`A key was answered with ${response.status}.`);
  await response.text();
  return took * 1_000;
}

// The first rounds only warm up. All keys are made before any is sent, so that making one warms no caches for it.
const warmUp = 200;
const rounds = Array.from({ length: warmUp + samples }, (_, round) =>
  Object.entries(kinds)
    .map(([name, choose]) => ({
      name,
      key: round < warmUp ? make().secret : choose(round - warmUp),
      place: Math.random(),
    }))
    .toSorted((one, other) => one.place - other.place),
);
const times = new Map(Object.keys(kinds).map((name) => [name, [] as number[]]));
for (const [round, keys] of rounds.entries()) {
  for (const { name, key } of keys) {
    const took = await refuse(key);
    if (round >= warmUp) times.get(name)?.push(took);
  }
}
await app.close();
await storage.close();
rmSync(folder, { recursive: true });

/** The median with its 99 % confidence interval, by order statistics: no assumption about the distribution. */
function estimateMedian(values: readonly number[]): [low: number, middle: number, high: number] {
  const sorted = values.toSorted((one, other) => one - other);
  const reach = (2.576 * Math.sqrt(sorted.length)) / 2;
  const low = Math.max(0, Math.floor(sorted.length / 2 - reach));
  const high = Math.min(sorted.length - 1, Math.ceil(sorted.length / 2 + reach));
  return [sorted[low] ?? 0, median(sorted), sorted[high] ?? 0];
}

const unknown = times.get('unknown') ?? [];
const rows = [...times].map(([name, values]) => {
  const differences = values.map((value, round) => value - (unknown[round] ?? 0));
  const [low, middle, high] = estimateMedian(differences);
  const slower = differences.filter((difference) => difference > 0).length / differences.length;
  const compared = [`${low.toFixed(1)} to ${high.toFixed(1)}`, `${(100 * slower).toFixed(1)} %`] as const;
  const [interval, share] = name === 'unknown' ? ['', ''] : compared;
  return [name, median(values).toFixed(1), name === 'unknown' ? '' : middle.toFixed(1), interval, share];
});
console.log(
  `${samples} refusals of each kind, in process, SQLite. Times in µs; differences from the unknown key of the round.`,
);
console.log(drawTable(['key', 'median', 'difference', '99 % interval', 'slower than unknown'], rows));

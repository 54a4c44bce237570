import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import '../src/resolve-hook.mjs';
import type { FuzzCase } from './case.ts';

/**
 * `npm run fuzz`: sends random requests to a real gateway and checks every answer, and what storage holds. A seed repeats
 * a run; a request that fails is saved with those before it, and `--replay` sends them to a new gateway.
 */
const { values: options } = parseArgs({
  options: {
    minutes: { type: 'string', default: '1' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    database: { type: 'string' },
    failures: { type: 'string', default: 'fuzz/failures' },
    replay: { type: 'string' },
  },
});

const { openTarget } = await import('./target.ts');
const { createRandom } = await import('./random.ts');
const { generateRequest } = await import('./requests.ts');
const { findFaults, findStorageFaults, isRefused, readPosition } = await import('./oracles.ts');

/** How many requests a saved failure has before the one that failed. */
const keptBefore = 200;
/** How many failures end a run. */
const maxFailures = 20;
/** How many requests there are between two checks of all of storage. */
const storageInterval = 1_000;

interface Failure {
  readonly seed: number;
  readonly number: number;
  readonly faults: readonly string[];
  readonly before: readonly FuzzCase[];
  readonly failed: FuzzCase;
}

// Until the run has come to its end: the handlers below keep a fault from ending the process loudly.
process.exitCode = 1;
const unhandled: string[] = [];
for (const event of ['unhandledRejection', 'uncaughtException'] as const)
  process.on(event, (error) => unhandled.push(`${event}: ${error instanceof Error ? error.stack : String(error)}`));

const target = await openTarget(options.database);
let position = await readPosition(target);

/** Sends a request and returns everything that is wrong with what happened. */
async function check(sent: FuzzCase): Promise<{ faults: string[]; text: string; status: number }> {
  const answer = await target.send(sent).catch((error: unknown) => {
    unhandled.push(`sending failed: ${error instanceof Error ? error.message : String(error)}`);
    return null;
  });
  const faults = [...unhandled.splice(0), ...findFaults(sent, answer)];
  const now = await readPosition(target).catch((error: unknown) => {
    faults.push(`reading failed: ${String(error)}`);
    return position;
  });
  if (now !== position && isRefused(sent, answer))
    faults.push(`written, though refused: ${answer?.text.slice(0, 200)}`);
  position = now;
  return { faults, text: answer?.text ?? '', status: answer?.status ?? 0 };
}

if (options.replay !== undefined) {
  const { before, failed }: Failure = JSON.parse(readFileSync(options.replay, 'utf8'));
  // Its keys were those of another gateway.
  const old = failed.headers.authorization;
  const rekey = (each: FuzzCase): FuzzCase =>
    each.headers.authorization === old
      ? { ...each, headers: { ...each.headers, authorization: `Bearer ${target.keys[0]}` } }
      : each;
  for (const each of before.map(rekey)) await check(each);
  const { faults, text, status } = await check(rekey(failed));
  faults.push(...(await findStorageFaults(target)));
  console.log(
    `${failed.method} ${failed.path} by ${failed.door}\n${Buffer.from(failed.bodyBase64, 'base64').toString()}`,
  );
  console.log(`${status} ${text.slice(0, 2_000)}\n${faults.join('\n') || 'Nothing is wrong now.'}`);
  process.exitCode = faults.length > 0 ? 1 : 0;
} else {
  await run(Number(options.seed), Number(options.minutes) * 60_000);
}
await target.close();

async function run(seed: number, duration: number): Promise<void> {
  const random = createRandom(seed);
  const seen = { ids: [] as string[], cursors: [] as string[] };
  const recent: FuzzCase[] = [];
  const statuses = new Map<number, number>();
  const kinds = new Map<string, number>();
  const failed: number[] = [];
  let number = 0;
  const save = (faults: readonly string[], sent: FuzzCase) => {
    failed.push(number);
    mkdirSync(options.failures, { recursive: true });
    const file = `${options.failures}/${seed}-${number}.json`;
    const failure: Failure = { seed, number, faults, before: recent.slice(0, -1), failed: sent };
    writeFileSync(file, JSON.stringify(failure, null, 1));
    console.log(`request ${number}: ${faults.join('; ').slice(0, 600)}\n  npm run fuzz -- --replay ${file}`);
  };
  const end = performance.now() + duration;
  while (performance.now() < end && failed.length < maxFailures) {
    number++;
    const sent = generateRequest(random, seen, target.keys);
    recent.push(sent);
    if (recent.length > keptBefore) recent.shift();
    const { faults, text, status } = await check(sent);
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
    for (const [, kind = ''] of text.matchAll(/"__typename":"(\w+(?:Error|Success|Preview))"/g))
      kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
    remember(seen.ids, text, /"id":"([^"\\]{1,60})"/g);
    remember(seen.cursors, text, /"\w*[cC]ursor":"([^"\\]+)"/g);
    if (number % 50 === 0 && !(await target.isHealthy())) faults.push('/health does not answer 200');
    if (number % storageInterval === 0) faults.push(...(await findStorageFaults(target)));
    if (faults.length > 0) save(faults, sent);
  }
  const atEnd = await findStorageFaults(target);
  if (atEnd.length > 0 && recent.length > 0) save(atEnd, recent.at(-1) as FuzzCase);
  const sorted = (counts: Map<string | number, number>) =>
    [...counts]
      .toSorted(([, one], [, other]) => other - one)
      .map(([name, count]) => `${name} ${count}`)
      .join(', ');
  console.log(
    `seed ${seed}: ${number} requests, ${failed.length} failures\n  statuses: ${sorted(statuses)}\n  results: ${sorted(kinds)}`,
  );
  process.exitCode = failed.length > 0 ? 1 : 0;
}

/** Keeps up to 50 texts of an answer, the newest ones. */
function remember(texts: string[], text: string, pattern: RegExp): void {
  for (const [, found = ''] of text.slice(0, 20_000).matchAll(pattern)) if (!texts.includes(found)) texts.push(found);
  texts.splice(0, texts.length - 50);
}

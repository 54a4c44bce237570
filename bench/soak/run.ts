import { setTimeout as sleep } from 'node:timers/promises';
import { drawTable } from '../table.ts';
import { startGateway } from './gateway.ts';
import { parseOptions } from './options.ts';
import { createSampler } from './samples.ts';
import { judge, type Series } from './slopes.ts';
import { subscribe, type Tally, work } from './work.ts';

const workers = 8;
const subscribers = 20;
/** The most time between two samples, in milliseconds. */
const maxInterval = 5_000;
/** The shortest run whose slopes are judged: before, caches fill and code is compiled. */
const minMinutes = 5;

/** `npm run soak`: keeps a gateway busy for some minutes, and fails when it takes more and more of anything. */
const { minutes, databaseUrl } = parseOptions(process.argv.slice(2));
try {
  const ok = await soak();
  process.exit(ok ? 0 : 1);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}

async function soak(): Promise<boolean> {
  if (process.platform !== 'linux') throw new Error('The soak needs Linux, because it reads /proc.');
  const gateway = await startGateway(databaseUrl);
  const tally: Tally = { requests: 0, events: 0, unavailable: 0, failures: 0, firstFailure: undefined };
  const end = performance.now() + minutes * 60_000;
  const isOver = () => performance.now() > end;
  const busy = [
    ...Array.from({ length: workers }, (_, index) => work(gateway, tally, index, isOver)),
    ...Array.from({ length: subscribers }, (_, index) => subscribe(gateway, tally, index, isOver)),
  ];
  const sampler = createSampler(gateway);
  while (!isOver()) {
    await sleep(Math.min(maxInterval, minutes * 1_000));
    await sampler.sample();
  }
  await Promise.all(busy);
  await gateway.stop();

  const series = sampler.list();
  console.log(`${minutes} minutes on ${databaseUrl === undefined ? 'SQLite' : 'PostgreSQL'}: ${workers} callers made
${tally.requests} requests, ${subscribers} subscribers at a time received ${tally.events} events.
${tally.unavailable} answers were that something is not available, ${tally.failures} were wrong.`);
  if (tally.firstFailure !== undefined) console.log(`The first wrong one: ${tally.firstFailure}`);
  return print(series) && tally.failures === 0;
}

/** Prints each figure and its slope. Returns whether all are flat, or the run was too short to tell. */
function print(series: readonly Series[]): boolean {
  const judged = series.map((each) => ({ ...each, ...judge(each) }));
  const rows = judged.map(({ name, unit, points, perHour, error, bound, rises }) => {
    const at = (share: number) => points[Math.floor((points.length - 1) * share)]?.[1].toFixed(1) ?? '';
    const slope = `${perHour.toFixed(1)} ± ${error.toFixed(1)} ${unit}`;
    return [name, at(0), at(0.5), at(1), slope, `${bound} ${unit}`, rises ? 'RISES' : 'flat'];
  });
  console.log(drawTable(['', 'first', 'middle', 'last', 'slope an hour', 'bound', ''], rows));
  const rising = judged.filter(({ rises }) => rises).map(({ name }) => name);
  if (minutes < minMinutes) {
    console.log(`The slopes are not judged: that takes ${minMinutes} minutes.`);
    return true;
  }
  console.log(rising.length === 0 ? 'All of them are flat.' : `These rise: ${rising.join(', ')}.`);
  return rising.length === 0;
}

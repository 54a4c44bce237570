import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { drawChart } from './chart.ts';
import { contenders } from './contenders.ts';
import { findMedian, findRatio, type Results, toTitle } from './measurements.ts';
import { drawTable } from './table.ts';
import { judgeTargets } from './targets.ts';
import { works } from './works.ts';

/** Prints every table. */
export function print(results: Results): void {
  console.log(`\n${markdown(results)}`);
}

/**
 * Saves the tables, the chart and every round under bench/results: as `full` when everything was measured, which is
 * worth committing, otherwise as `last`.
 */
export function save(results: Results): void {
  const place = new URL('results/', import.meta.url);
  const name = isFull(results) ? 'full' : 'last';
  mkdirSync(place, { recursive: true });
  writeFileSync(new URL(`${name}.md`, place), `${markdown(results)}\n\n![CPU time a request](${name}.svg)\n`);
  writeFileSync(new URL(`${name}.svg`, place), drawChart(results));
  writeFileSync(new URL(`${name}.json`, place), `${JSON.stringify(results, null, 2)}\n`);
  console.log(`\nSaved as bench/results/${name}.{md,svg,json}`);
}

function isFull({ options }: Results): boolean {
  return !options.isShort && options.only.length === contenders.length && options.works.length === works.length;
}

const sameWork = `Every contender has a copy of one SQLite database on disk, looks up the key by its hash, applies the same
rules, and returns the same fields; a replace updates the row and writes its revision in one transaction with
synchronous=FULL. Lists of the REST servers have one cursor per page instead of one per row. No contender logs requests.`;

function markdown(results: Results): string {
  const { entries, options } = results;
  const rounds = options.rounds === 1 ? 'one round' : `the medians of ${options.rounds} interleaved rounds`;
  const sections = works.flatMap((work) => {
    const measured = entries.filter(({ rounds }) => rounds[work.name]);
    const [gateway] = measured;
    if (!gateway) return [];
    const rows = measured.map((entry) => {
      const value = (name: 'cpu' | 'rate' | 'p50' | 'p99') => findMedian(entry, work.name, name) ?? Number.NaN;
      return [
        toTitle(entry),
        value('cpu').toFixed(0),
        value('rate').toFixed(0),
        value('p50').toFixed(1),
        value('p99').toFixed(1),
        (findRatio(gateway, entry, work.name, 'cpu') ?? Number.NaN).toFixed(2),
      ];
    });
    return [`## ${work.title}`, drawTable(['', 'CPU µs', 'requests/s', 'p50 ms', 'p99 ms', 'gateway / this'], rows)];
  });
  const processes = entries.map((entry) => [
    toTitle(entry),
    String(entry.idleMemory),
    String(entry.peakMemory),
    entry.readyAfter.toFixed(2),
  ]);
  return [
    '# The gateway and its peers',
    `CPU time of the server process per request, ${rounds} over 32 connections. Node ${process.versions.node}, ${availableParallelism()} cores.`,
    sameWork,
    ...sections,
    '## Memory and start',
    drawTable(['', 'idle MB', 'peak MB', 'ready after s'], processes),
    '## Targets',
    drawTable(
      ['', 'measured', 'target', ''],
      judgeTargets(results).map(({ name, measured, most, unit }) => [
        name,
        `${measured.toFixed(2)}${unit}`,
        `<= ${most}${unit}`,
        measured <= most ? 'met' : 'not met',
      ]),
    ),
  ].join('\n\n');
}

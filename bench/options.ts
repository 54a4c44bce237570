import { parseArgs } from 'node:util';
import { contenders } from './contenders.ts';
import { works } from './works.ts';

export interface Options {
  readonly isShort: boolean;
  readonly rounds: number;
  /** The names of contenders and of workloads. */
  readonly only: readonly string[];
  readonly works: readonly string[];
  readonly largeSize: number;
}

const usage = `npm run bench [-- <options>]
  --short            one short round without the large organization, under a minute
  --rounds=<n>       measured rounds, after one warm-up round (default 5)
  --only=<a,b>       some of ${contenders.map(({ name }) => name).join(', ')}; the gateway always runs
  --works=<a,b>      some of ${works.map(({ name }) => name).join(', ')}
  --overload         measure what is left of the gateway under too much load, and what one organization's does to another
  --parts            measure the gateway's parts instead, in one process`;

/** Parses the command line. For an invalid one, prints one line and exits with code 2. */
export function parseOptions(
  argv: readonly string[],
): Options & { readonly isParts: boolean; readonly isOverload: boolean } {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: {
        short: { type: 'boolean', default: false },
        rounds: { type: 'string' },
        only: { type: 'string' },
        works: { type: 'string' },
        overload: { type: 'boolean', default: false },
        parts: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    if (values.help) {
      console.log(usage);
      process.exit(0);
    }
    const rounds = values.rounds ?? (values.short ? '1' : '5');
    if (!/^[1-9]\d{0,2}$/.test(rounds)) throw new Error(`--rounds ${rounds} is not valid. Accepted: 1 to 999.`);
    return {
      isShort: values.short,
      isOverload: values.overload,
      isParts: values.parts,
      rounds: Number(rounds),
      only: [...new Set(['gateway', ...splitWords('only', values.only, contenders)])],
      works: splitWords('works', values.works, works),
      largeSize: 100_000,
    };
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exit(2);
  }
}

function splitWords(option: string, text: string | undefined, known: readonly { name: string }[]): string[] {
  const names = known.map(({ name }) => name);
  const given = text?.split(',') ?? names;
  const unknown = given.find((name) => !names.includes(name));
  if (unknown !== undefined) throw new Error(`--${option} ${unknown} is unknown. Accepted: ${names.join(', ')}.`);
  return given;
}

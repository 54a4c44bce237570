import { parseArgs } from 'node:util';

export interface Options {
  readonly minutes: number;
  /** Undefined for a new SQLite file, which is deleted at the end. */
  readonly databaseUrl: string | undefined;
}

const usage = `npm run soak [-- <options>]
Keeps a gateway busy with work of all kinds, and watches whether it takes more and more memory, handles, disk or time.
Exits with code 1 when something rises by more than its bound, or when an answer is wrong. A run below 5 minutes only
checks the answers.
  --minutes <n>          how long, from 0.2 to 10080 (default 10)
  --database-url <url>   a PostgreSQL database for this alone, instead of a new SQLite file`;

/** Parses the command line. For an invalid one, prints one line and exits with code 2. */
export function parseOptions(argv: readonly string[]): Options {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: {
        minutes: { type: 'string', default: '10' },
        'database-url': { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    });
    if (values.help) {
      console.log(usage);
      process.exit(0);
    }
    const minutes = Number(values.minutes);
    if (!(minutes >= 0.2 && minutes <= 10_080))
      throw new Error(`--minutes ${values.minutes} is not valid. Accepted: 0.2 to 10080.`);
    return { minutes, databaseUrl: values['database-url'] };
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exit(2);
  }
}

import { relative } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** The slowest files. They wait for real time or start many processes, and would otherwise finish the run alone. */
const longest = [
  'test/http/arrival.test.ts',
  'test/replicas/postgres-replicas.test.ts',
  'test/storage/postgres-faults.test.ts',
  'test/storage/postgres.test.ts',
  'test/e2e/copy-again.test.ts',
  'test/e2e/stop.test.ts',
  'test/e2e/run.test.ts',
  'test/e2e/failing-disk.test.ts',
  'test/e2e/command-line.test.ts',
  'test/attacks/',
  'test/e2e/',
  'test/examples/',
  'test/packaging/',
  'test/auth/',
  'test/storage/postgres-in-process.test.ts',
  'test/http/rest/list-filters.test.ts',
  'test/graphql/batches-properties.test.ts',
  'test/graphql/other-organizations.test.ts',
  'test/storage/',
  'test/events/',
  'test/http/',
  'test/docs-commands.test.ts',
  'test/graphql/properties.test.ts',
  'test/graphql-executor/random.test.ts',
];

/** Starts the slowest files first. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => {
      const path = relative(this.ctx.config.root, moduleId);
      const index = longest.findIndex((beginning) => path.startsWith(beginning));
      return index === -1 ? longest.length : index;
    };
    return files.toSorted((one, other) => rank(one) - rank(other));
  }
}

import type { AppParts } from '../../../src/app.ts';
import { graphqlJsExecutor } from './graphql-js-executor.ts';

/** Whether graphql-js replaces the gateway's own executor: `GATEWAY_TEST_EXECUTOR=graphql-js`. */
const isGraphqlJs = readName() === 'graphql-js';

/**
 * The parts of a gateway under test. The event loop never counts as late: a gateway shares it with its tests, which keep it
 * busy.
 */
export const testParts: AppParts = {
  ...(isGraphqlJs && { executor: graphqlJsExecutor }),
  clocks: { now: () => 0, readCpu: () => 0 },
};

/** What the executor under test cannot do; tests of it use `test.skipIf`. The gateway's own executor does all of it. */
export const lacks = {
  /** Charging a response as it grows: a mutation stops as soon as its response is too large. */
  budget: isGraphqlJs,
  /** Preserving the digits of a variable inside a JSON literal, whatever the type of the variable. */
  digitsOfAnyVariable: isGraphqlJs,
  /** Passing a resolver the selection below its field, so that it reads nothing else. */
  selection: isGraphqlJs,
} as const;

function readName(): string | undefined {
  const { GATEWAY_TEST_EXECUTOR: name } = process.env;
  if (name === undefined || name === '' || name === 'graphql-js') return name;
  throw new Error(`GATEWAY_TEST_EXECUTOR is "${name}". Accepted: graphql-js.`);
}

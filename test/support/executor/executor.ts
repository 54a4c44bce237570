import type { AppParts } from '../../../src/app.ts';
import { graphqlJsExecutor } from './graphql-js-executor.ts';

/** Whether graphql-js executes in the place of the gateway's own executor: `GATEWAY_TEST_EXECUTOR=graphql-js`. */
const isGraphqlJs = readName() === 'graphql-js';

/** The parts of a gateway under test. */
export const testParts: AppParts = isGraphqlJs ? { executor: graphqlJsExecutor } : {};

/** What the executor under test cannot do: tests of it say so by `test.skipIf`. The gateway's own does all of it. */
export const lacks = {
  /** Charging an answer while it grows: a mutation stops where its answer is too large. */
  budget: isGraphqlJs,
  /** Keeping the digits of a variable inside a literal for JSON, whatever the type of the variable is. */
  digitsOfAnyVariable: isGraphqlJs,
  /** Telling a resolver what is selected below its field, so that it reads nothing else. */
  selection: isGraphqlJs,
} as const;

function readName(): string | undefined {
  const { GATEWAY_TEST_EXECUTOR: name } = process.env;
  if (name === undefined || name === '' || name === 'graphql-js') return name;
  throw new Error(`GATEWAY_TEST_EXECUTOR is "${name}". Accepted: graphql-js.`);
}

import { execute } from './execute.ts';
import { subscribe } from './subscribe.ts';

/**
 * The gateway's own executor. This is the only file of the folder that other code imports, and only `app.ts` does.
 *
 * It executes valid documents as section 6 of the GraphQL specification requires, like graphql-js, but it collects the
 * selection of an operation once, as a plan, instead of at every object of every answer: a page of 50 experiments takes
 * 129 µs of CPU in this process instead of 405 µs. It also charges a budget while the answer grows, and preserves the
 * digits of numbers as they were sent (R11).
 *
 * It does not support incremental delivery (`@defer`, `@stream`), asynchronous iterables as lists, a root value,
 * cancellation, or graphql-js's messages about schema faults, which callers never see. `test/graphql-executor` compares
 * it with graphql-js, and `differences.test.ts` lists all differences.
 *
 * Rules for authors of the schema:
 * - A resolver gets `info` only if `resolve.length` is 0 or more than 3. So it must declare every parameter that it
 *   reads, without defaults, rest parameters or `arguments`: `(root, args = {}, context, info) => …` has length 1 and
 *   gets no `info`. `test/schema.test.ts` checks every resolver of the schema, including the wrappers of Pothos plugins.
 * - Arguments without variables are coerced once: all requests share one frozen object. Copy it before you change it.
 * - Plans are cached by operation, so a parsed document belongs to the schema that it was first executed on.
 *
 * To remove the executor, use `execute` and `subscribe` of graphql-js in `app.ts`, as
 * `test/support/executor/graphql-js-executor.ts` does (CI runs `test/graphql` with it), and delete this folder and its
 * tests. Answers are then only measured after they have been written.
 */
export const executor = { execute, subscribe };

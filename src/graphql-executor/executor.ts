import { execute } from './execute.ts';
import { subscribe } from './subscribe.ts';

/**
 * The gateway's own executor, and the only file of this folder that is imported from outside, by `app.ts` alone.
 *
 * It executes valid documents as section 6 of the GraphQL specification says and as graphql-js does, but collects the
 * selection of an operation once, as a plan, and not again at every object of every answer: a page of 50 experiments
 * takes 129 µs of CPU in this process in place of 405 µs. It also charges a budget for the answer while it grows,
 * and lets numbers keep the digits that they were sent with (R11).
 *
 * It leaves out incremental delivery (`@defer`, `@stream`), asynchronous iterables as lists, a root value, cancelling,
 * and the words of graphql-js about faults of the schema, which callers never see. `test/graphql-executor` holds it
 * beside graphql-js, and `differences.test.ts` lists everything that differs.
 *
 * What authors of the schema have to know:
 * - A resolver gets `info` only if `resolve.length` is 0 or more than 3. So it declares every parameter that it reads,
 *   without defaults, rest parameters or `arguments`: `(root, args = {}, context, info) => …` has length 1 and gets no
 *   `info`. `test/schema.test.ts` checks every resolver of the schema, the wrappers of Pothos' plugins included.
 * - Arguments without variables are coerced once: all requests share one frozen object. Copy it to change it.
 * - Plans are kept by operation, so a parsed document belongs to the schema that it was first executed on.
 *
 * To remove it: in `app.ts` put the `execute` and `subscribe` of graphql-js in its place, as
 * `test/support/executor/graphql-js-executor.ts` does (CI runs `test/graphql` with it); then delete this folder and its tests.
 * Answers are then measured only once they are written.
 */
export const executor = { execute, subscribe };

import * as fc from 'fast-check';
import { expect } from 'vitest';
import { createInputs, type Input, refusedInputs, replaceInputs, runs, updateInputs } from './arbitraries.ts';
import { batches, experimentFields, mutations, steps } from './operations.ts';
import type { TestGateway } from './test-gateway.ts';

const single = { ...mutations, cancel: steps.cancel };

/** What happens to an experiment before the batch. */
type Past = 'nothing' | 'started' | 'cancelled' | 'deleted' | 'updated' | 'never created';

interface Row {
  readonly past: Past;
  readonly created: Input;
  readonly replacement: Input;
  readonly ifRevision: number | null;
  readonly hasWrongId: boolean;
}

const mayBeRefused = (inputs: fc.Arbitrary<Input>) =>
  fc.oneof({ arbitrary: inputs, weight: 5 }, { arbitrary: refusedInputs(inputs), weight: 1 });

const rows: fc.Arbitrary<Row[]> = fc.array(
  fc.record({
    past: fc.oneof(
      { arbitrary: fc.constantFrom<Past>('nothing', 'started', 'updated'), weight: 6 },
      { arbitrary: fc.constantFrom<Past>('cancelled', 'deleted', 'never created'), weight: 1 },
    ),
    created: createInputs,
    replacement: mayBeRefused(replaceInputs),
    ifRevision: fc.oneof({ arbitrary: fc.constant(null), weight: 5 }, { arbitrary: fc.constantFrom(1, 2), weight: 1 }),
    hasWrongId: fc.nat(15).map((n) => n === 0),
  }),
  { minLength: 1, maxLength: 6 },
);

const batch = fc.record({
  kind: fc.constantFrom('replace', 'update', 'delete', 'cancel'),
  policy: fc.constantFrom('ATOMIC', 'PARTIAL', null),
  dryRun: fc.boolean(),
  update: mayBeRefused(updateInputs),
  rows,
});

const listQuery = `{ experiments(first: 10, orderBy: { field: NAME, direction: ASC }) {
  totalCount nodes { ${experimentFields} revisions(first: 100) { nodes { revision tags name workflow } } }
} }`;

const times = new Set(['createdAt', 'updatedAt', 'startedAt', 'completedAt', 'deletedAt', 'purgeAt']);
/** Drops moments, which differ between the organizations. */
const dropTimes = (value: unknown): any =>
  JSON.parse(JSON.stringify(value, (name, each) => (times.has(name) ? each !== null : each)));

const isFailure = (result: any) => result.code !== undefined;

let worlds = 0;

/**
 * Checks for random batches that they equal their mutations of one experiment, in order: two organizations have the same
 * experiments, one makes the batch, and the other one mutation after the other.
 */
export async function expectBatchesToEqualSingles({ data, issueKey }: TestGateway, examples: number): Promise<void> {
  await fc.assert(
    fc.asyncProperty(batch, async ({ kind, policy, dryRun: isDry, update, rows: given }) => {
      const dryRun = isDry && (kind === 'replace' || kind === 'update');
      const world = ++worlds;
      const ids = given.map(({ hasWrongId }, index) => (hasWrongId ? '\u0007'.repeat(index + 1) : `exp-${index}`));
      const createCaller = async (name: string) => {
        const { secret: key } = await issueKey({ organization: `${name}-${world}` });
        const call = async (query: string, variables: object) =>
          (await data(query, variables as Record<string, unknown>, { key })).result;
        const read = async () => dropTimes(await data(listQuery, undefined, { key }));
        return { call, read };
      };
      const [together, alone] = [await createCaller('together'), await createCaller('alone')];
      for (const { call } of [together, alone])
        for (const [index, { past, created }] of given.entries()) {
          const id = ids[index];
          if (past === 'never created' || !id?.startsWith('exp')) continue;
          await call(mutations.create, { input: { ...created, experimentId: id } });
          if (past === 'started') await call(steps.start, { id });
          if (past === 'cancelled') await call(steps.cancel, { id });
          if (past === 'updated') await call(mutations.update, { id, input: { concurrency: 7 } });
          if (past === 'deleted') await call(mutations.delete, { id });
        }
      const before = await together.read();
      expect(await alone.read()).toEqual(before);

      const singles: any[] = [];
      for (const [index, { replacement, ifRevision }] of given.entries()) {
        const input = kind === 'replace' ? { input: replacement, ifRevision } : { input: update };
        const id = ids[index];
        singles.push(
          await alone.call(
            single[kind as 'update'],
            kind === 'cancel' || kind === 'delete' ? { id } : { id, ...input, dryRun },
          ),
        );
      }
      const items = given.map(({ replacement, ifRevision }, index) => ({
        id: ids[index],
        input: replacement,
        ifRevision,
      }));
      const variables = {
        replace: { items, dryRun },
        update: { ids, input: update, dryRun },
        delete: { ids },
        cancel: { ids },
      };
      const result = await together.call(batches[kind as 'update'], { ...variables[kind as 'update'], policy });

      const failed = singles.filter(isFailure).length;
      const isUndone = policy !== 'PARTIAL' && failed > 0;
      const expected = singles.map((each, index) =>
        isUndone && !isFailure(each)
          ? { __typename: 'SkippedRow', experimentId: ids[index], message: expect.stringContaining('another row') }
          : dropTimes(each),
      );
      const succeeded = isUndone ? 0 : given.length - failed;
      expect(dropTimes(result)).toMatchObject({ succeeded, failed });
      expect(dropTimes(result.results)).toEqual(expected);
      expect(await together.read()).toEqual(isUndone || dryRun ? before : await alone.read());
    }),
    runs(examples),
  );
}

import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { InputField } from '../../../src/domain/experiment/input-shapes.ts';
import { runs } from '../../support/gateway/arbitraries.ts';
import { experimentFields } from '../../support/gateway/operations.ts';
import { createTestGateway } from '../../support/gateway/test-gateway.ts';
import { callRest } from '../../support/http/rest.ts';

const id = fc.oneof(
  fc.constantFrom('a', 'b', 'c'),
  fc.string({ maxLength: 3 }),
  fc.constant('x'.repeat(256)),
  fc.constant('a\u0007'),
);
const maybe = <Value>(value: fc.Arbitrary<Value>) =>
  fc.option(fc.oneof(value, fc.constant(null)), { nil: undefined, freq: 2 });
const wholeNumber = fc.oneof(fc.integer({ min: -1, max: 3 }), fc.constantFrom(100, 1_000, 1_001, 10_000, 10_001));
const text = fc.oneof(
  fc.string({ maxLength: 5 }),
  fc.constantFrom('', ' ', 'x'.repeat(255), 'x'.repeat(256), 'a\0', '\ud800'),
);
const objects = fc.array(fc.dictionary(fc.string({ maxLength: 3 }), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 3 }), {
  maxLength: 3,
});

/** Any input in GraphQL field names, valid or not, of the types that both GraphQL and REST accept. */
const input = fc.record(
  {
    name: maybe(text),
    description: maybe(text),
    datasetId: maybe(id),
    workflow: maybe(objects),
    evaluatorIds: maybe(fc.array(id, { maxLength: 3 })),
    evaluatorSlugs: maybe(fc.array(id, { maxLength: 3 })),
    evaluatorWorkflowIds: maybe(fc.array(id, { maxLength: 2 })),
    experimentId: maybe(fc.constantFrom('same', 'other')),
    spanWorkflowName: maybe(text),
    enableTracing: maybe(fc.boolean()),
    batchSize: maybe(wholeNumber),
    concurrency: maybe(wholeNumber),
    generationMethod: maybe(text),
  } satisfies Record<Exclude<InputField, 'tags' | 'addTags' | 'removeTags'>, fc.Arbitrary<unknown>>,
  { requiredKeys: [] },
);

const toRestName = (field: string) => field.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
const omitUndefined = (values: object) =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
const toRestBody = (values: object) =>
  Object.fromEntries(Object.entries(values).map(([field, value]) => [toRestName(field), value]));

const operations = [
  ['PUT', 'replaceExperiment', 'ReplaceExperimentInput'],
  ['PATCH', 'updateExperiment', 'UpdateExperimentInput'],
] as const;

test.each(operations)(
  'REST %s and GraphQL %s store the same, refuse the same and name the same fields',
  async (method, mutation, type) => {
    const gateway = await createTestGateway();
    const query = `mutation ($id: ID!, $input: ${type}!) { result: ${mutation}(id: $id, input: $input) {
    __typename ... on ValidationError { issues { path } } } }`;
    let round = 0;
    const readState = async (organizationKey: string, experiment: string) => {
      const { experiment: found } = await gateway.data(
        `{ experiment(id: "${experiment}") { ${experimentFields} } }`,
        {},
        { key: organizationKey },
      );
      const { createdAt: _, updatedAt: __, ...rest } = found;
      return rest;
    };
    // The same id in two organizations: one is written by GraphQL, the other by REST.
    const [{ secret: left }, { secret: right }] = await Promise.all([
      gateway.issueKey({ organization: 'left' }),
      gateway.issueKey({ organization: 'right' }),
    ]);

    await fc.assert(
      fc.asyncProperty(fc.array(input, { minLength: 1, maxLength: 3 }), async (inputs) => {
        const experiment = `exp_${round++}`;
        for (const key of [left, right])
          await callRest(gateway, 'POST', '', { experiment_id: experiment, name: 'Start', tags: [{ a: 1 }] }, { key });
        for (const raw of inputs) {
          const { experimentId, ...fields } = omitUndefined(raw) as Record<string, unknown>;
          const isNamed = experimentId !== undefined && method === 'PUT';
          const values = {
            ...fields,
            ...(isNamed && { experimentId: experimentId === 'same' ? experiment : experimentId }),
          };
          const { result } = await gateway.data(query, { id: experiment, input: values }, { key: left });
          const answer = await callRest(gateway, method, `${experiment}/`, toRestBody(values), { key: right });
          expect(answer.status === 200).toBe(result.__typename.endsWith('Success'));
          const issues: { path: string[] }[] = result.issues ?? [];
          const named = new Set(issues.map(({ path }) => toRestName(path[1] ?? '')));
          expect(Object.keys(answer.body.errors ?? {}).toSorted()).toEqual([...named].toSorted());
          expect(await readState(right, experiment)).toEqual(await readState(left, experiment));
        }
      }),
      runs(60),
    );
  },
  60_000,
);

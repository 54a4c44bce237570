import { describe, expect, test } from 'vitest';
import { createCalls, fullInput, listIssues } from '../support/gateway/calls.ts';
import { createTestGateway } from '../support/gateway/test-gateway.ts';

async function createAndReplace(input: Record<string, unknown>) {
  const calls = createCalls(await createTestGateway());
  await calls.created(fullInput);
  return calls.replace({ id: 'exp-full', input });
}

describe('one field with two names', () => {
  const ignored = { code: 'EVALUATOR_SLUGS_IGNORED', message: expect.any(String), path: ['input', 'evaluatorSlugs'] };

  test.each([
    ['evaluatorIds alone', { evaluatorIds: ['a', 'b'] }, ['a', 'b'], []],
    ['evaluatorSlugs alone', { evaluatorSlugs: ['a', 'b'] }, ['a', 'b'], []],
    ['evaluatorSlugs beside null', { evaluatorIds: null, evaluatorSlugs: ['a'] }, ['a'], []],
    ['evaluatorIds beside null', { evaluatorIds: ['a'], evaluatorSlugs: null }, ['a'], []],
    ['both with equal entries', { evaluatorIds: ['a', 'b'], evaluatorSlugs: ['a', 'b'] }, ['a', 'b'], []],
    ['both with different entries', { evaluatorIds: ['a'], evaluatorSlugs: ['b'] }, ['a'], [ignored]],
    ['both in another order', { evaluatorIds: ['a', 'b'], evaluatorSlugs: ['b', 'a'] }, ['a', 'b'], [ignored]],
    ['empty evaluatorIds beside evaluatorSlugs', { evaluatorIds: [], evaluatorSlugs: ['b'] }, [], [ignored]],
    ['empty evaluatorSlugs beside evaluatorIds', { evaluatorIds: ['a'], evaluatorSlugs: [] }, ['a'], [ignored]],
    ['both empty', { evaluatorIds: [], evaluatorSlugs: [] }, [], []],
    ['both null', { evaluatorIds: null, evaluatorSlugs: null }, [], []],
  ])('R6: evaluatorIds and evaluatorSlugs are one field: %s', async (_case, input, evaluators, warnings) => {
    const result = await createAndReplace(input);
    expect(result).toMatchObject({
      experiment: { evaluatorIds: evaluators, evaluatorSlugs: evaluators },
    });
    expect(result.warnings).toEqual(warnings);
  });

  test('R6: a change of the evaluators is one change, whichever name was used', async () => {
    const { changes } = await createAndReplace({
      ...fullInput,
      tags: undefined,
      evaluatorIds: undefined,
      evaluatorSlugs: ['c'],
    });
    expect(changes).toEqual([
      { field: 'evaluatorIds', before: ['evaluator-1', 'evaluator-2'], after: ['c'], reason: 'SET' },
    ]);
  });
});

describe('evaluators and evaluator workflows', () => {
  test.each([
    ['evaluatorIds', { evaluatorIds: ['a'] }, ['evaluatorIds']],
    ['evaluatorSlugs', { evaluatorSlugs: ['a'] }, ['evaluatorSlugs']],
    ['evaluatorSlugs beside null', { evaluatorIds: null, evaluatorSlugs: ['a'] }, ['evaluatorSlugs']],
    ['evaluatorIds that win over evaluatorSlugs', { evaluatorIds: ['a'], evaluatorSlugs: ['b'] }, ['evaluatorIds']],
    ['evaluatorIds that win over empty evaluatorSlugs', { evaluatorIds: ['a'], evaluatorSlugs: [] }, ['evaluatorIds']],
  ])('R7: %s and evaluatorWorkflowIds exclude each other', async (_case, evaluators, fields) => {
    const calls = createCalls(await createTestGateway());
    await calls.created({ experimentId: 'a', evaluatorWorkflowIds: ['kept'] });
    const input = { ...evaluators, evaluatorWorkflowIds: ['version-1'] };
    const result = await calls.writingNothing(() => calls.replace({ id: 'a', input }));
    expect(result).toEqual({
      __typename: 'ValidationError',
      code: 'BAD_USER_INPUT',
      status: 400,
      message: expect.any(String),
      issues: [...fields, 'evaluatorWorkflowIds'].map((field) => ({
        path: ['input', field],
        code: 'MUTUALLY_EXCLUSIVE',
        message: expect.any(String),
      })),
    });
  });

  test.each([
    ['empty evaluatorIds', { evaluatorIds: [], evaluatorWorkflowIds: ['v'] }, [], ['v']],
    ['null evaluatorIds', { evaluatorIds: null, evaluatorWorkflowIds: ['v'] }, [], ['v']],
    [
      'empty evaluatorIds over evaluatorSlugs',
      { evaluatorIds: [], evaluatorSlugs: ['a'], evaluatorWorkflowIds: ['v'] },
      [],
      ['v'],
    ],
    ['empty evaluatorWorkflowIds', { evaluatorIds: ['a'], evaluatorWorkflowIds: [] }, ['a'], []],
    ['null evaluatorWorkflowIds', { evaluatorSlugs: ['a'], evaluatorWorkflowIds: null }, ['a'], []],
    ['empty lists', { evaluatorIds: [], evaluatorWorkflowIds: [] }, [], []],
  ])('R7: %s do not exclude the other list', async (_case, input, evaluatorIds, evaluatorWorkflowIds) => {
    expect(await createAndReplace(input)).toMatchObject({ experiment: { evaluatorIds, evaluatorWorkflowIds } });
  });

  test('R7: lists that exclude each other are reported beside all other issues', async () => {
    const result = await createAndReplace({ batchSize: 0, evaluatorIds: ['a', ''], evaluatorWorkflowIds: ['v'] });
    expect(listIssues(result)).toEqual([
      'input.batchSize TOO_SMALL',
      'input.evaluatorIds MUTUALLY_EXCLUSIVE',
      'input.evaluatorIds.1 TOO_SHORT',
      'input.evaluatorWorkflowIds MUTUALLY_EXCLUSIVE',
    ]);
  });
});

describe('repeated entries', () => {
  test.each([
    ['evaluatorIds', 'evaluatorIds'],
    ['evaluatorSlugs', 'evaluatorIds'],
    ['evaluatorWorkflowIds', 'evaluatorWorkflowIds'],
  ])('R12: entries of %s are kept once, in order, with a warning', async (field, answered) => {
    const { experiment, warnings } = await createAndReplace({ [field]: ['b', 'a', 'b', 'c', 'a'] });
    expect(experiment[answered]).toEqual(['b', 'a', 'c']);
    expect(warnings).toEqual([{ code: 'DUPLICATES_REMOVED', message: expect.any(String), path: ['input', field] }]);
  });

  test('R12: entries that differ in case or white space are different entries', async () => {
    const { experiment, warnings } = await createAndReplace({ evaluatorIds: ['a', 'A', ' a'] });
    expect(experiment.evaluatorIds).toEqual(['a', 'A', ' a']);
    expect(warnings).toEqual([]);
  });

  test('R12: lists that are equal without repeated entries do not differ', async () => {
    const { experiment, warnings } = await createAndReplace({
      evaluatorIds: ['a', 'a', 'b'],
      evaluatorSlugs: ['a', 'b', 'b'],
    });
    expect(experiment.evaluatorIds).toEqual(['a', 'b']);
    expect(warnings.map(({ code }: any) => code)).not.toContain('EVALUATOR_SLUGS_IGNORED');
  });

  test('R12: equal tasks of a workflow are all kept', async () => {
    const workflow = [{ type: 'custom' }, { type: 'custom' }];
    expect(await createAndReplace({ workflow })).toMatchObject({
      experiment: { workflow, workflowCount: 2 },
      warnings: [],
    });
  });
});

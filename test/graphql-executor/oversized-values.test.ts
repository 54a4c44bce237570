import { type ExecutionResult, getOperationAST, parse } from 'graphql';
import { describe, expect, test } from 'vitest';
import { executor } from '../../src/graphql-executor/executor.ts';
import { findOversizedVariables } from '../../src/graphql-executor/oversized-values.ts';
import { schema } from '../../src/schema/index.ts';

/** The messages about a variable `$v` of a type. */
function listProblems(type: string, value: unknown): string[] {
  const operation = getOperationAST(parse(`query ($v: ${type}) { __typename }`));
  if (!operation) throw new Error('No operation');
  return findOversizedVariables(schema, operation, { v: value }).map(({ message }) => message);
}

const long = (count: number, entry: unknown = 'x') => Array.from({ length: count }, () => entry);
const wide = (count: number) => Object.fromEntries(long(count).map((_, index) => [`k${index}`, 1]));

describe('lists', () => {
  test.each<[type: string, value: unknown, place: string]>([
    ['[ID!]!', long(10_001), ''],
    ['[ReplaceExperimentItem!]', long(10_001, 1), ''],
    ['UpdateExperimentInput', { evaluatorIds: long(10_001) }, ' at "evaluatorIds"'],
    ['UpdateExperimentInput', { unknown: 1, addTags: long(10_001, 1) }, ' at "addTags"'],
    ['[ReplaceExperimentItem!]', [{}, { input: { evaluatorSlugs: long(10_001) } }], ' at "1.input.evaluatorSlugs"'],
    ['ExperimentFilter', { and: { or: [{ not: { ids: long(10_001) } }] } }, ' at "and.or.0.not.ids"'],
  ])('a list with more than 10,000 entries is refused, and named: %s', (type, value, place) => {
    expect(listProblems(type, value)).toEqual([`Variable "$v" has a list with more than 10000 entries${place}.`]);
  });

  test.each<[type: string, value: unknown]>([
    ['[ID!]!', long(10_000)],
    ['UpdateExperimentInput', { evaluatorIds: long(10_000), addTags: long(10_000, 1) }],
    ['UpdateExperimentInput', { workflow: [{ a: long(20_000, 1) }] }],
    ['JSON', long(20_000, 1)],
    ['JSONObject', { a: long(20_000, 1) }],
  ])('shorter ones, and those inside JSON, are left to what they are for: %s', (type, value) => {
    expect(listProblems(type, value)).toEqual([]);
  });
});

describe('invalid objects', () => {
  const spread = Object.fromEntries(long(20).map((_, index) => [`k${index}`, wide(60)]));
  test.each<[type: string, value: unknown]>([
    ['UpdateExperimentInput', wide(1_001)],
    ['UpdateExperimentInput', { unknown: wide(1_001) }],
    ['UpdateExperimentInput', spread],
    ['UpdateExperimentInput', { unknown: 1, workflow: wide(1_001) }],
    ['ReplaceExperimentItem', { input: { workflow: wide(1_001) } }],
    ['[ID!]', [wide(1_001)]],
    ['ID', [[wide(1_001)]]],
    ['String', wide(1_001)],
    ['ExperimentStatus', wide(1_001)],
    ['DateTime', wide(1_001)],
  ])('one that an error would write with more than 1,000 fields is refused: %s', (type, value) => {
    expect(listProblems(type, value)).toEqual([
      expect.stringMatching(/^Variable "\$v" has an invalid value with more than 1000 fields( at "[\w.]+")?\.$/),
    ]);
  });

  test.each<[type: string, value: unknown]>([
    ['UpdateExperimentInput', wide(900)],
    ['UpdateExperimentInput', { workflow: wide(5_000), tags: [wide(5_000)] }],
    ['JSONObject', wide(5_000)],
    ['String', wide(900)],
    ['UpdateExperimentInput', null],
    ['Unknown', wide(5_000)],
  ])('a small one, or one that is valid, is left to graphql-js: %s', (type, value) => {
    expect(listProblems(type, value)).toEqual([]);
  });
});

test('at most ten variables are reported', () => {
  const names = long(12).map((_, index) => `v${index}`);
  const operation = getOperationAST(parse(`query (${names.map((name) => `$${name}: ID`).join()}) { __typename }`));
  const values = Object.fromEntries(names.map((name) => [name, wide(1_001)]));
  expect(operation && findOversizedVariables(schema, operation, values)).toHaveLength(10);
});

test.each(['execute', 'subscribe'] as const)('%s refuses them before it does anything else', async (name) => {
  const document = parse(`
    ${name === 'execute' ? 'query' : 'subscription'} ($f: ExperimentFilter) {
      ${name === 'execute' ? 'experiments(filter: $f) { totalCount }' : 'experimentsChanged(filter: $f) { cursor }'}
    }`);
  const operation = getOperationAST(document);
  if (!operation) throw new Error('No operation');
  const variableValues = { f: { ids: long(10_001) } };
  const execution = { schema, document, operation, variableValues, contextValue: {}, hideSuggestions: false };
  const answer = (await executor[name](execution)) as ExecutionResult;
  expect(answer).toEqual({ errors: [expect.objectContaining({ message: expect.stringContaining('at "ids"') })] });
});

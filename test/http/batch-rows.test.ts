import { buildSchema, getOperationAST, parse } from 'graphql';
import { expect, test } from 'vitest';
import { estimateRows } from '../../src/http/graphql/document-limits.ts';

const schema = buildSchema(`
  type Query { experiments(ids: [ID!]): ExperimentConnection! }
  type Mutation { delete(ids: [ID!]!): Result!, replace(items: [ID!]!): Result! }
  type Result { revisions(first: Int): ExperimentConnection! }
  type ExperimentConnection { totalCount: Int! }
`);

function countRows(query: string, variables: Record<string, unknown> = {}): number[] {
  const document = parse(query);
  const operation = getOperationAST(document);
  if (!operation) throw new Error('There is no operation.');
  return estimateRows(schema, document, operation, variables);
}

const below = '{ revisions(first: 10) { totalCount } }';

test.each<[rows: number[], query: string, variables?: Record<string, unknown>]>([
  [[3 * 11], `mutation { delete(ids: ["a", "b", "c"]) ${below} }`],
  [[2 * 11], `mutation ($ids: [ID!]!) { delete(ids: $ids) ${below} }`, { ids: ['a', 'b'] }],
  [[2 * 11], `mutation ($ids: [ID!]! = ["a", "b"]) { delete(ids: $ids) ${below} }`],
  [[1 * 11], `mutation ($ids: [ID!]! = ["a", "b"]) { delete(ids: $ids) ${below} }`, { ids: ['a'] }],
  [
    [100 * 11, 11],
    `mutation ($all: [ID!]!) { delete(ids: $all) ${below} replace(items: ["a"]) ${below} }`,
    { all: Array(999) },
  ],
  [[20], '{ experiments(ids: ["a", "b"]) { totalCount } }'],
])(
  'a mutation could return a row, and what is below it, for each entry of its batch: %j for %s',
  (rows, query, variables) => {
    expect(countRows(query, variables)).toEqual(rows);
  },
);

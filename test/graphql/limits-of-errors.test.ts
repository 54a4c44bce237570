import { describe, expect, test } from 'vitest';
import { createTestGateway } from '../support/gateway/test-gateway.ts';

/** Repeats a text, with the index of each repetition. */
const times = (count: number, text: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => text(index)).join(' ');

describe('errors of a request', () => {
  test.each([
    ['unknown fields', `{ ${times(20, (i) => `unknown${i}`)} }`, undefined],
    ['unknown fields deeper down', `{ viewer { ${times(200, (i) => `unknown${i}`)} } }`, undefined],
    [
      'wrong variables',
      'mutation ($input: CreateExperimentInput!) { createExperiment(input: $input) { __typename } }',
      { input: { evaluatorIds: Array.from({ length: 60 }, () => ({})) } },
    ],
    ['many wrong variables', `query (${times(40, (i) => `$v${i}: Int!`)}) { __typename }`, undefined],
  ])('at most 10 errors are returned for many %s', async (_what, query, variables) => {
    const { body } = await (await createTestGateway()).graphql(query, variables);
    expect(body.errors.length).toBeGreaterThan(0);
    expect(body.errors.length).toBeLessThanOrEqual(10);
  });

  const long = 'x'.repeat(100_000);

  test.each<[what: string, query: string, variables?: object, more?: object]>([
    ['an unknown field', `{ ${long} }`],
    ['an unknown argument', `{ viewer(${long}: 1) { organization } }`],
    ['an unknown type', `query ($a: ${long}) { __typename }`],
    ['an unknown fragment', `{ ...${long} }`],
    ['an unknown directive', `{ viewer @${long} { organization } }`],
    ['an unexpected name', `${long} { viewer }`],
    ['a wrong literal', `{ experiments(first: "${long}") { totalCount } }`],
    ['a wrong enum value', `{ experiments(filter: { status: [${long}] }) { totalCount } }`],
    ['an invalid moment', `{ experiments(filter: { createdFrom: "${long}" }) { totalCount } }`],
    ['an unknown operation', 'query A { __typename }', {}, { operationName: long }],
    ['a wrong variable', 'query ($n: Int) { experiments(first: $n) { totalCount } }', { n: long }],
    [
      'an unknown field of a variable',
      'mutation ($i: CreateExperimentInput!) { createExperiment(input: $i) { __typename } }',
      { i: { [long]: 1 } },
    ],
    [
      'a wrong string in a variable',
      'mutation ($i: CreateExperimentInput!) { createExperiment(input: $i) { __typename } }',
      { i: { name: [long] } },
    ],
    ['an invalid cursor', `{ experiments(after: "${long}") { totalCount } }`],
  ])('%s of 100,000 characters is not repeated in the error', async (_what, query, variables = {}, more = {}) => {
    const gateway = await createTestGateway();
    const response = await gateway.fetch('/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${gateway.key}` },
      body: JSON.stringify({ query, variables, ...more }),
    });
    const text = await response.text();
    expect(JSON.parse(text).errors.length).toBeGreaterThan(0);
    expect(text).not.toContain('x'.repeat(201));
  });
});

import { type Attack, badInput, each, graphql, rest, times } from '../attack.ts';
import { withInput } from './text.ts';

/** Texts that are far longer than any limit, and those that an error would repeat. */
export const longTexts: readonly Attack[] = [
  {
    name: 'a text of a megabyte in a field or a filter',
    safe: { status: [200, 400, 404], hides: /x{300}/ },
    shapes: {
      'combining marks in a filter': () =>
        graphql('query ($t: String) { experiments(filter: {nameContains: $t}) { totalCount } }', {
          t: `a${'\u0300\u0316'.repeat(350_000)}`,
        }),
      name: () => withInput(`{"name":"${'x'.repeat(1_000_000)}"}`),
      'a name of spaces': () => withInput(`{"name":"${' '.repeat(1_500_000)}"}`),
      'combining marks in a name': () => withInput(`{"name":"a${'\u0300'.repeat(700_000)}"}`),
      'a filter': () =>
        graphql('query ($t: String) { experiments(filter: {nameContains: $t}) { totalCount } }', {
          t: 'x'.repeat(1_000_000),
        }),
      'the key of a tag': () =>
        graphql('query ($t: String!) { experiments(filter: {tag: {key: $t}}) { totalCount } }', {
          t: 'x'.repeat(1_000_000),
        }),
      'the value of a tag': () =>
        graphql('query ($v: JSON) { experiments(filter: {tag: {key: "a", value: $v}}) { totalCount } }', {
          v: 'x'.repeat(1_000_000),
        }),
      'a dataset': () =>
        graphql('query ($t: ID) { experiments(filter: {datasetId: $t}) { totalCount } }', { t: 'x'.repeat(1_000_000) }),
      'a dataset and a key, in each condition': () =>
        graphql(
          `query ($d: ID, $k: String!) { experiments(filter: {or: [${'{datasetId: $d, tag: {key: $k}} '.repeat(16)}]}) { totalCount } }`,
          { d: 'x'.repeat(900_000), k: 'x'.repeat(900_000) },
        ),
      'an id': () =>
        graphql('query ($t: ID!) { experiment(id: $t) { id } node(id: $t) { id } }', { t: 'x'.repeat(1_000_000) }),
      'a cursor and an id, in each of 20 fields': () =>
        graphql(
          `query ($t: String, $i: ID!) { ${times(10, (i) => `a${i}: datasets(after: $t) { totalCount } b${i}: experiment(id: $i) { id }`)} }`,
          { t: 'x'.repeat(900_000), i: '😀'.repeat(250_000) },
        ),
      'an id of a mutation': () =>
        graphql('mutation ($t: ID!) { cancelExperiment(id: $t) { __typename ... on NotFoundError { message } } }', {
          t: 'x'.repeat(1_000_000),
        }),
      'an error message': () =>
        graphql('mutation ($t: String!) { failExperiment(id: "exp_victim", errorMessage: $t) { __typename } }', {
          t: 'x'.repeat(1_000_000),
        }),
      'an idempotency key': () =>
        graphql('mutation ($t: String!) { createExperiment(input: {}, idempotencyKey: $t) { __typename } }', {
          t: 'x'.repeat(1_000_000),
        }),
      'a REST filter': () =>
        rest(
          'POST',
          'list/',
          JSON.stringify({ filters: { name: { operator: 'iexact', value: ['\u0300'.repeat(700_000)] } } }),
        ),
      'a REST name': () => rest('PUT', 'exp_victim/', JSON.stringify({ name: 'x'.repeat(1_000_000) })),
      'a key of a REST body': () => rest('PUT', 'missing/', `{"${'x'.repeat(1_000_000)}":1}`),
    },
  },
  {
    name: 'a wrong value whose text would be repeated',
    safe: { ...badInput, hides: /x{201}/ },
    shapes: each(
      {
        String: 'String',
        Int: 'Int',
        Boolean: 'Boolean',
        DateTime: 'DateTime',
        JSONObject: 'JSONObject',
        ExperimentStatus: 'ExperimentStatus',
      },
      (type) =>
        graphql(
          `query ($v: ${type}!) { __typename @skip(if: false) ${type === 'Boolean' ? '@include(if: $v)' : ''} ${type === 'Int' ? 'experiments(first: $v) { totalCount }' : ''} ${type === 'String' ? 'experiments(after: $v) { totalCount }' : ''} ${type === 'DateTime' ? 'experiments(filter: {createdFrom: $v}) { totalCount }' : ''} ${type === 'ExperimentStatus' ? 'experiments(filter: {status: [$v]}) { totalCount }' : ''} }`,
          {
            v: type === 'String' ? ['x'.repeat(2_000)] : 'x'.repeat(2_000),
          },
        ),
    ),
  },
];

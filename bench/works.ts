import type { Contender } from './contenders.ts';

/** A request that the load generator repeats: `{n}` counts requests, `{id}` cycles through all experiments. */
export interface WorkRequest {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly path: string;
  readonly body: string;
  /** The texts that every response must contain. */
  readonly expect: readonly string[];
}

export interface Work {
  readonly name: string;
  readonly title: string;
  /** The number of requests in a round: in a full run, and with `--short`. */
  readonly requests: { readonly full: number; readonly short: number };
  /** Measured only for the gateway, in its small and its large organization. */
  readonly isGrowth: boolean;
  /** Whether each request writes a revision. */
  readonly isWrite: boolean;
  request(protocol: Contender['protocol'], place: Place): WorkRequest;
}

/** The setting of a workload: how many experiments there are, the cursor at 90 % of them, and the round. */
export interface Place {
  readonly size: number;
  readonly deepCursor: string;
  readonly round: number;
}

export const datasetName = 'Support questions';

/** Every field that the documented REST operation returns. */
const allFields = `id name status createdAt updatedAt description dataset datasetId datasetName workflowCount progress startedAt
  completedAt tags workflow evaluatorIds evaluatorSlugs evaluatorWorkflowIds spanWorkflowName enableTracing batchSize
  concurrency generationMethod errorMessage revision`;

const rowFields =
  'id name status createdAt updatedAt datasetId workflowCount progress tags evaluatorIds batchSize revision';

export const documents = {
  replace: `mutation Replace($id: ID!, $input: ReplaceExperimentInput!, $ifRevision: Int) {
  replaceExperiment(id: $id, input: $input, ifRevision: $ifRevision) {
    __typename
    ... on ReplaceExperimentSuccess {
      experiment { ${allFields} }
      changes { field before after reason }
      warnings { code path }
    }
    ... on MutationError { code status message }
    ... on ValidationError { issues { path code message } }
  }
}`,
  one: `query One($id: ID!) { experiment(id: $id) { ${allFields} } }`,
  page: `query Page($first: Int, $after: String) {
  experiments(first: $first, after: $after) {
    totalCount
    edges { cursor node { ${rowFields} } }
    pageInfo { hasNextPage endCursor }
  }
}`,
} as const;

/** The initial content of every experiment, with the names of the GraphQL schema. */
export const content = {
  name: 'Run 0',
  description: 'Nightly quality run',
  datasetId: 'ds_support_qa',
  batchSize: 200,
  evaluatorIds: ['quality', 'tone'],
  workflow: [{ type: 'completion', config: { model: 'small', temperature: 0.2, max_tokens: 256 } }],
};

export function toSnakeCase(field: string): string {
  return field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

export function graphql(query: string, variables: object): Pick<WorkRequest, 'method' | 'path' | 'body'> {
  return { method: 'POST', path: '/graphql', body: JSON.stringify({ query, variables }) };
}

export function restReplace(id: string, input: object): Pick<WorkRequest, 'method' | 'path' | 'body'> {
  const body = Object.fromEntries(Object.entries(input).map(([field, value]) => [toSnakeCase(field), value]));
  return { method: 'PUT', path: restPath(id), body: JSON.stringify(body) };
}

export function restPath(id: string): string {
  return `/api/v2/experiments/${id}/`;
}

export function restPage(first: number, after: string | null): Pick<WorkRequest, 'method' | 'path' | 'body'> {
  return { method: 'GET', path: `/api/v2/experiments/?first=${first}${after ? `&after=${after}` : ''}`, body: '' };
}

const pageSize = 50;
const page = (protocol: Contender['protocol'], size: number, after: string | null): WorkRequest =>
  protocol === 'graphql'
    ? {
        ...graphql(documents.page, { first: pageSize, after }),
        expect: [`"totalCount":${size},`, '"hasNextPage":true'],
      }
    : { ...restPage(pageSize, after), expect: [`"total_count":${size},`, '"has_next":true'] };

export const works: readonly Work[] = [
  {
    name: 'replace',
    title: 'replaceExperiment, a real change each time, durable',
    requests: { full: 2_000, short: 500 },
    isGrowth: false,
    isWrite: true,
    request(protocol, { round }) {
      const name = `Run {n} of ${round}`;
      const input = { ...content, name };
      const expect = [`"name":"${name}"`, '"id":"{id}"', '"changes":[{"field":"name"'];
      if (protocol === 'rest') return { ...restReplace('{id}', input), expect };
      return { ...graphql(documents.replace, { id: '{id}', input }), expect };
    },
  },
  {
    name: 'one',
    title: 'one experiment, all fields',
    requests: { full: 4_000, short: 1_000 },
    isGrowth: false,
    isWrite: false,
    request(protocol) {
      if (protocol === 'rest') {
        return {
          method: 'GET',
          path: restPath('{id}'),
          body: '',
          expect: ['"id":"{id}"', `"dataset_name":"${datasetName}"`],
        };
      }
      const expect = ['"id":"{id}"', `"datasetName":"${datasetName}"`];
      return { ...graphql(documents.one, { id: '{id}' }), expect };
    },
  },
  {
    name: 'page',
    title: 'a page of 50, 12 fields per node, totalCount',
    requests: { full: 1_000, short: 300 },
    isGrowth: false,
    isWrite: false,
    request: (protocol, { size }) => page(protocol, size, null),
  },
  {
    name: 'deep-page',
    title: 'the same page at 90 % of the list',
    requests: { full: 500, short: 200 },
    isGrowth: true,
    isWrite: false,
    request: (protocol, { size, deepCursor }) => page(protocol, size, deepCursor),
  },
];

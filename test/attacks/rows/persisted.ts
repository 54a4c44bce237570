import { type Attack, answered, each, getGraphql, graphql, persisted, post, refused, times } from '../attack.ts';

const only = { modes: ['persisted'] } as const;
const variables = { id: 'exp_victim' };
const named = (documentId: unknown, more: object = {}) => post(JSON.stringify({ documentId, variables, ...more }));

/** What is executed when only persisted operations are. */
export const persistedOperations: readonly Attack[] = [
  {
    name: 'an operation that is not persisted',
    ...only,
    safe: { ...refused(400, 'PERSISTED_OPERATION_NOT_FOUND'), hides: /Victim/ },
    shapes: {
      ...each(
        {
          another: '{ experiment(id: "exp_victim") { name } }',
          'a mutation': 'mutation { deleteExperiment(id: "exp_victim") { __typename } }',
          introspection: '{ __schema { types { name } } }',
          'a field more': 'query Known($id: ID!) { experiment(id: $id) { name tags } }',
          'another name': 'query Other($id: ID!) { experiment(id: $id) { name } }',
          'another operation beside it': `${persisted.document} query B { __typename }`,
          'with a default': 'query Known($id: ID! = "exp_victim") { experiment(id: $id) { name } }',
          'a comment of a megabyte': `{ __typename } #${'x'.repeat(1_000_000)}`,
          'a syntax error': 'query Known($id: ID!) { experiment(',
          'braces by the thousand': '{'.repeat(60_000),
          'fragments that explode': `{ ...F0 } ${times(100, (i) => `fragment F${i} on Query { ...F${i + 1} ...F${i + 1} }`)}`,
        },
        (query) => graphql(query, variables),
      ),
      'by GET': getGraphql({ query: '{ __typename }' }),
    },
  },
  {
    name: 'a hash that is none',
    ...only,
    safe: { ...refused(400, ['PERSISTED_OPERATION_NOT_FOUND', 'BAD_USER_INPUT']), hides: /Victim/ },
    shapes: {
      ...each<unknown>(
        {
          unknown: 'd4e5f6',
          'another algorithm': `md5:${persisted.hash}`,
          'a prototype': '__proto__',
          'a method of maps': 'constructor',
          'a path': '../persisted-documents.json',
          'of a megabyte': 'a'.repeat(1_000_000),
          'a list': [persisted.hash],
          'an object': { toString: persisted.hash },
          number: 1,
          empty: '',
        },
        (hash) => named(hash),
      ),
      'of Apollo': post(
        JSON.stringify({
          query: '{ __typename }',
          extensions: { persistedQuery: { version: 1, sha256Hash: 'd'.repeat(64) } },
        }),
      ),
    },
  },
  {
    name: 'a persisted operation, whatever is sent beside its hash',
    ...only,
    safe: answered(/^\{"data":\{"experiment":\{"name":"[^"]*"\}\}\}$/),
    shapes: {
      'another document': named(persisted.hash, {
        query: 'mutation { deleteExperiment(id: "exp_victim") { __typename } }',
      }),
      'unknown members': named(persisted.hash, { id: 'x', doc_id: 'y', extensions: { persistedQuery: {} } }),
      'its document in another spelling': graphql(
        'query Known( $id : ID! ) { # x\n experiment( id : $id ) { name , } }',
        variables,
      ),
    },
  },
];

import { readFileSync } from 'node:fs';
import { GraphQLError, GraphQLScalarType } from 'graphql';
import { checkReplace, type Input } from './rules.ts';
import { type Caller, type Experiment, encodeCursor, type Store } from './store.ts';

/** The gateway's schema, so that every GraphQL contender has the same types. */
export const typeDefs = readFileSync(new URL('../../schema.graphql', import.meta.url), 'utf8');

export interface Context {
  readonly caller: Caller | null;
}

interface ReplaceArguments {
  readonly id: string;
  readonly input: Input;
  readonly ifRevision?: number | null;
  readonly dryRun?: boolean | null;
}

/** Resolvers for the measured operations, with hand-written rules and SQL. */
export function createResolvers(store: Store) {
  const list = (column: 'tags' | 'workflow' | 'evaluatorIds' | 'evaluatorWorkflowIds') => (row: Experiment) =>
    JSON.parse(row[column]) as unknown;
  const content = {
    dataset: ({ datasetId }: Experiment) => datasetId,
    datasetName: ({ organization, datasetId }: Experiment) =>
      datasetId === null ? null : store.datasetName(organization, datasetId),
    tags: list('tags'),
    workflow: list('workflow'),
    evaluatorIds: list('evaluatorIds'),
    evaluatorSlugs: list('evaluatorIds'),
    evaluatorWorkflowIds: list('evaluatorWorkflowIds'),
    enableTracing: ({ enableTracing }: Experiment) => enableTracing === 1,
  };

  return {
    DateTime: new GraphQLScalarType({
      name: 'DateTime',
      serialize: (value) => new Date(value as number).toISOString(),
    }),
    JSON: new GraphQLScalarType({ name: 'JSON' }),
    JSONObject: new GraphQLScalarType({ name: 'JSONObject', parseValue: asObject }),

    Experiment: content,
    ExperimentPreview: content,

    ExperimentConnection: {
      totalCount: (_: unknown, __: unknown, { caller }: Context) => store.count(reader(caller)),
    },
    ExperimentEdge: { node: (row: Experiment) => row, cursor: encodeCursor },

    Query: {
      experiment: (_: unknown, { id }: { id: string }, { caller }: Context) => store.find(reader(caller), id) ?? null,

      experiments(_: unknown, { first, after }: { first?: number; after?: string }, { caller }: Context) {
        const size = first ?? 20;
        if (size < 1 || size > 100) throw failure('first must be 1 to 100.', 'BAD_USER_INPUT', 400);
        const page = store.page(reader(caller), size, after ?? null);
        if (!page) throw failure('after is not a cursor of this list.', 'BAD_USER_INPUT', 400);
        const last = page.rows.at(-1);
        return {
          edges: page.rows,
          pageInfo: {
            hasNextPage: page.hasNextPage,
            hasPreviousPage: after != null,
            startCursor: page.rows[0] ? encodeCursor(page.rows[0]) : null,
            endCursor: last ? encodeCursor(last) : null,
          },
        };
      },
    },

    Mutation: {
      replaceExperiment(_: unknown, { id, input, ifRevision, dryRun }: ReplaceArguments, { caller }: Context) {
        if (!caller) return { __typename: 'AuthenticationError', code: 'UNAUTHENTICATED', status: 401, message: noKey };
        if (!caller.scopes.includes('experiments:write')) {
          const requiredScope = 'experiments:write';
          const message = `This operation requires the scope ${requiredScope}.`;
          return { __typename: 'PermissionError', code: 'FORBIDDEN', status: 403, message, requiredScope };
        }
        const checked = checkReplace(id, input);
        if ('issues' in checked) {
          const { issues } = checked;
          const message = 'The input is not valid.';
          return { __typename: 'ValidationError', code: 'BAD_USER_INPUT', status: 400, message, issues };
        }
        const { content, warnings } = checked;
        const outcome = store.replace(caller, { id, content, ifRevision: ifRevision ?? null, dryRun: dryRun === true });
        if (outcome.kind === 'missing') {
          const message = 'There is no experiment with this id.';
          return { __typename: 'NotFoundError', code: 'NOT_FOUND', status: 404, message, missingId: id };
        }
        if (outcome.kind === 'stale') {
          const { current } = outcome;
          const message = `The experiment is now at revision ${current.revision}.`;
          const reason = 'STALE_REVISION';
          return { __typename: 'ConflictError', code: 'CONFLICT', status: 409, message, reason, current };
        }
        const { experiment, changes } = outcome;
        if (dryRun) return { __typename: 'ExperimentPreview', ...experiment, changes, warnings };
        return { __typename: 'ReplaceExperimentSuccess', experiment, changes, warnings };
      },
    },
  };
}

const noKey = 'A valid API key or dashboard token is required.';

function reader(caller: Caller | null): Caller {
  if (!caller) throw failure(noKey, 'UNAUTHENTICATED', 401);
  if (!caller.scopes.includes('experiments:read')) {
    throw failure('This operation requires the scope experiments:read.', 'FORBIDDEN', 403);
  }
  return caller;
}

function failure(message: string, code: string, status: number): GraphQLError {
  return new GraphQLError(message, { extensions: { code, status } });
}

function asObject(value: unknown): unknown {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  throw new GraphQLError('JSONObject cannot represent a value that is not a JSON object.');
}

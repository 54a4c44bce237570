// relay-compiler writes __generated__ from the documents below, and babel-plugin-relay puts what it wrote in their place.
// In React, `usePaginationFragment`, `useMutation` and `useSubscription` take the same documents.
import {
  commitMutation,
  createOperationDescriptor,
  type Environment,
  fetchQuery,
  type GraphQLTaggedNode,
  getFragment,
  getRequest,
  getSingularSelector,
  graphql,
  type MutationParameters,
  requestSubscription,
} from 'relay-runtime';
import type { experiments_list$data, experiments_list$key } from './__generated__/experiments_list.graphql';
import type { experimentsDeleteMutation } from './__generated__/experimentsDeleteMutation.graphql';
import type { experimentsListQuery } from './__generated__/experimentsListQuery.graphql';
import nextPageQuery, { type experimentsNextPageQuery } from './__generated__/experimentsNextPageQuery.graphql';
import type { experimentsReplaceMutation } from './__generated__/experimentsReplaceMutation.graphql';
import type { experimentsWatchSubscription } from './__generated__/experimentsWatchSubscription.graphql';

const listQuery = graphql`
  query experimentsListQuery($first: Int!) {
    ...experiments_list @arguments(first: $first)
  }
`;

const listFragment = graphql`
  fragment experiments_list on Query
  @argumentDefinitions(first: { type: "Int!" }, after: { type: "String" })
  @refetchable(queryName: "experimentsNextPageQuery") {
    experiments(first: $first, after: $after, orderBy: { field: CREATED_AT, direction: ASC })
      @connection(key: "experiments_experiments") {
      edges {
        node {
          id
          name
          status
          progress
          batchSize
          revision
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`;

// With a fragment for each member the result is a union. One on `MutationError` would make every field optional.
const replaceMutation = graphql`
  mutation experimentsReplaceMutation(
    $id: ID!
    $input: ReplaceExperimentInput!
    $ifRevision: Int
    $dryRun: Boolean = false
  ) {
    replaceExperiment(id: $id, input: $input, ifRevision: $ifRevision, dryRun: $dryRun) {
      __typename
      ... on ReplaceExperimentSuccess {
        experiment {
          id
          name
          batchSize
          revision
        }
        changes {
          field
          reason
        }
      }
      ... on ExperimentPreview {
        name
        batchSize
        changes {
          field
          reason
        }
      }
      ... on ValidationError {
        issues {
          path
          code
        }
      }
      ... on ConflictError {
        reason
        current {
          id
          revision
        }
      }
      ... on NotFoundError {
        missingId
      }
      ... on AuthenticationError {
        message
      }
      ... on PermissionError {
        message
      }
    }
  }
`;

const deleteMutation = graphql`
  mutation experimentsDeleteMutation($id: ID!) {
    deleteExperiment(id: $id) {
      __typename
      ... on DeleteExperimentSuccess {
        deletedExperimentId @deleteRecord
      }
      ... on NotFoundError {
        missingId
      }
    }
  }
`;

const watchSubscription = graphql`
  subscription experimentsWatchSubscription($id: ID!) {
    experimentChanged(id: $id) {
      id
      name
      status
      progress
      batchSize
      revision
    }
  }
`;

export type Experiment = experiments_list$data['experiments']['edges'][number]['node'];
export type ReplaceResult = experimentsReplaceMutation['response']['replaceExperiment'];

/** Fetches the first page, and shows the list now and whenever the store changes. */
export async function showExperiments(
  environment: Environment,
  first: number,
  show: (experiments: Experiment[], hasNext: boolean) => void,
) {
  await fetchQuery<experimentsListQuery>(environment, listQuery, { first }).toPromise();
  const operation = createOperationDescriptor(getRequest(listQuery), { first });
  const retained = environment.retain(operation);
  const key = environment.lookup(operation.fragment).data as unknown as experiments_list$key;
  const selector = getSingularSelector(getFragment(listFragment), key);
  if (!selector) throw new Error('The query does not spread the fragment.');

  let { experiments } = environment.lookup(selector).data as unknown as experiments_list$data;
  const showAll = () => {
    // A deleted record leaves its edge behind, without a node.
    const nodes = experiments.edges.flatMap(({ node }: { node: Experiment | null }) => node ?? []);
    show(nodes, experiments.pageInfo.hasNextPage);
  };
  const subscription = environment.subscribe(environment.lookup(selector), ({ data }) => {
    ({ experiments } = data as unknown as experiments_list$data);
    showAll();
  });
  showAll();
  return {
    /** Adds the next page to the list. */
    async loadNext() {
      const variables = { first, after: experiments.pageInfo.endCursor };
      await fetchQuery<experimentsNextPageQuery>(environment, nextPageQuery, variables).toPromise();
    },
    stop() {
      subscription.dispose();
      retained.dispose();
    },
  };
}

function commit<Mutation extends MutationParameters>(
  environment: Environment,
  mutation: GraphQLTaggedNode,
  variables: Mutation['variables'],
): Promise<Mutation['response']> {
  return new Promise((resolve, reject) => {
    commitMutation<Mutation>(environment, { mutation, variables, onCompleted: resolve, onError: reject });
  });
}

export async function replace(
  environment: Environment,
  variables: experimentsReplaceMutation['variables'],
): Promise<ReplaceResult> {
  return (await commit<experimentsReplaceMutation>(environment, replaceMutation, variables)).replaceExperiment;
}

/** Deletes an experiment, and its record in the store. */
export async function remove(environment: Environment, id: string) {
  return (await commit<experimentsDeleteMutation>(environment, deleteMutation, { id })).deleteExperiment;
}

/** Follows an experiment: each change goes into the store. Returns a function that stops it. */
export function watch(environment: Environment, id: string, fail: (error: Error) => void): () => void {
  const subscription = requestSubscription<experimentsWatchSubscription>(environment, {
    subscription: watchSubscription,
    variables: { id },
    onError: fail,
  });
  return () => subscription.dispose();
}

/** Describes the outcome of a replace. The compiler refuses a member that is missing here. */
export function describeOutcome(result: ReplaceResult): string {
  switch (result.__typename) {
    case 'ReplaceExperimentSuccess': {
      const { experiment, changes } = result;
      return `revision ${experiment.revision}: ${changes.map(({ field, reason }) => `${field} ${reason}`).join(', ')}`;
    }
    case 'ExperimentPreview':
      return `would change ${result.changes.map(({ field }) => field).join(', ')}`;
    case 'ValidationError':
      return result.issues.map(({ path, code }) => `${path.join('.')} ${code}`).join(', ');
    case 'ConflictError':
      return `${result.reason}: now at revision ${result.current?.revision}`;
    case 'NotFoundError':
      return `no ${result.missingId}`;
    case 'AuthenticationError':
    case 'PermissionError':
      return result.message;
    case '%other': // a member that the schema got later
      return 'unknown outcome';
  }
}

/** Must not compile without the directive: the union has no such member. */
export function isSuccess(result: ReplaceResult): boolean {
  // @ts-expect-error -- the generated types reject an unknown name
  return result.__typename === 'ReplaceSuccess';
}

import type { ReplaceMutation } from './gql/graphql.ts';

export type ReplaceResult = ReplaceMutation['replaceExperiment'];

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
    case 'SkippedRow': // only in batches
      return result.__typename;
  }
}

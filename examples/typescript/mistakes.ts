// Mistakes that the generated types catch: each line below a `@ts-expect-error` must not compile.
import type { ListQuery, ReplaceMutationVariables } from './gql/graphql.ts';
import type { ReplaceResult } from './outcome.ts';

type Experiment = ListQuery['experiments']['nodes'][number];

export function readWrongly(result: ReplaceResult, experiment: Experiment): unknown[] {
  return [
    // @ts-expect-error -- no member of the union has this name
    result.__typename === 'ReplaceSuccess',
    // @ts-expect-error -- only a success has the experiment
    result.experiment,
    // @ts-expect-error -- a preview has no revision
    result.__typename === 'ExperimentPreview' && result.revision,
    // @ts-expect-error -- the experiment is null when it is not known
    result.__typename === 'ConflictError' && result.current.revision,
    // @ts-expect-error -- not selected
    experiment.tags,
    // @ts-expect-error -- DateTime is a string
    experiment.updatedAt.getTime(),
    // @ts-expect-error -- what a task holds is unknown until it is checked
    experiment.workflow[0]?.['config'].model,
    // @ts-expect-error -- not a status
    experiment.status === 'STOPPED',
  ];
}

export const wrongVariables: ReplaceMutationVariables[] = [
  // @ts-expect-error -- an id is required
  { input: {} },
  // @ts-expect-error -- batchSize is a number
  { id: 'exp_1', input: { batchSize: '100' } },
  // @ts-expect-error -- a replace does not take tags
  { id: 'exp_1', input: { tags: [] } },
];

// @ts-expect-error -- the outcomes other than success are missing
export function describeSome(result: ReplaceResult): string {
  switch (result.__typename) {
    case 'ReplaceExperimentSuccess':
      return result.experiment.name;
  }
}

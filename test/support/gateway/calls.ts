import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { expect, onTestFinished } from 'vitest';
import type { EditableField } from '../../../src/domain/experiment/experiment.ts';
import type { InputField } from '../../../src/domain/experiment/input-shapes.ts';
import { experimentFields, listLeaves, mutations, previewFields } from './operations.ts';
import type { RequestOptions, TestGateway } from './test-gateway.ts';

type Call = (variables: Record<string, unknown>) => Promise<any>;

/** The mutations as functions from variables to result, plus what one caller can read. */
export interface Calls extends Record<keyof typeof mutations, Call> {
  /** Creates an experiment, which must succeed, and returns it. */
  created(input?: Record<string, unknown>): Promise<any>;
  /** The experiment as a query returns it. */
  stored(id: string): Promise<any>;
  /** Every experiment of the organization with all its revisions, as queries return them. */
  everything(): Promise<any>;
  /** The result of a call that must change nothing. */
  writingNothing(call: () => Promise<any>): Promise<any>;
}

/** Every field of a revision that needs no selection. */
export const revisionFields = listLeaves('ExperimentRevision');

const everythingQuery = `{
  experiments(first: 99) {
    totalCount
    edges { node { ${experimentFields} revisions(first: 100) { totalCount edges { node { ${revisionFields} } } } } }
  }
}`;

export function createCalls(world: TestGateway, options?: RequestOptions): Calls {
  const call =
    (name: keyof typeof mutations): Call =>
    async (variables) =>
      (await world.data(mutations[name], variables, options)).result;
  const create = call('create');
  const everything = () => world.data(everythingQuery, undefined, options);
  return {
    create,
    clone: call('clone'),
    replace: call('replace'),
    update: call('update'),
    delete: call('delete'),
    restore: call('restore'),
    everything,
    async created(input = {}) {
      const result = await create({ input });
      expect(result).toMatchObject({ __typename: 'CreateExperimentSuccess' });
      return result.experiment;
    },
    stored: async (id) =>
      (await world.data(`query ($id: ID!) { experiment(id: $id) { ${experimentFields} } }`, { id }, options))
        .experiment,
    async writingNothing(refused) {
      const before = await everything();
      const result = await refused();
      expect(await everything()).toEqual(before);
      return result;
    },
  };
}

/** A create input with a non-default value in every field. */
export const fullInput = {
  experimentId: 'exp-full',
  name: 'Full',
  description: 'Every field is set',
  datasetId: 'dataset-1',
  workflow: [{ type: 'custom', config: { b: 1, a: [2] } }],
  evaluatorIds: ['evaluator-1', 'evaluator-2'],
  spanWorkflowName: 'span',
  enableTracing: false,
  batchSize: 7,
  concurrency: 3,
  generationMethod: 'method',
  tags: [{ team: 'search' }],
} satisfies Partial<Record<InputField, unknown>> & Record<Exclude<EditableField, 'evaluatorWorkflowIds'>, unknown>;

/** The result that a dry run returns where the write returns `result` (R15). */
export function toPreview(result: any): any {
  if (!result.experiment) return result;
  const { experiment, changes, warnings } = result;
  const content = previewFields.split(' ').map((field) => [field, experiment[field]]);
  return { __typename: 'ExperimentPreview', ...Object.fromEntries(content), changes, warnings };
}

/** The issues of a `ValidationError`, sorted, each as its path and code: `input.batchSize TOO_SMALL`. */
export function listIssues(result: { issues: { path: string[]; code: string }[] }): string[] {
  return result.issues.map(({ path, code }) => `${path.join('.')} ${code}`).toSorted();
}

/** The text of a response, byte for byte. The body is JSON text or an operation. */
export async function answerText(
  world: TestGateway,
  body: string | object,
  key: string | null = world.key,
): Promise<string> {
  const response = await world.fetch('/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(key !== null && { authorization: `Bearer ${key}` }) },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return response.text();
}

/** A connection to a gateway's database, as from another program. Closed at the end of the test. */
export function otherConnection(world: TestGateway): Database.Database {
  const connection = new Database(world.databasePath);
  onTestFinished(() => void connection.close());
  return connection;
}

/** Waits until the clock has moved on from the millisecond of a returned timestamp. */
export async function later(moment: string): Promise<void> {
  while (Date.now() <= Date.parse(moment)) await sleep(1);
}

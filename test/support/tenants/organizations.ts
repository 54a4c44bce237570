import { revisionFields } from '../gateway/calls.ts';
import { experimentFields, mutations } from '../gateway/operations.ts';
import type { TestGateway } from '../gateway/test-gateway.ts';
import { ownId } from '../schema/slots.ts';

/** The ids of what an organization has. Nobody has the unknown ones, which are as long. */
export const theirIds = {
  live: 'exp-theirs',
  trashed: 'exp-binned',
  dataset: 'set-theirs',
  datasetNode: 'dataset:set-theirs',
  evaluator: 'eva-theirs',
  evaluatorWorkflow: 'flo-theirs',
  idempotencyKey: 'key-theirs',
};
export type Ids = typeof theirIds;
export const unknownIds: Ids = {
  live: 'exp-absent',
  trashed: 'exp-nobody',
  dataset: 'set-absent',
  datasetNode: 'dataset:set-absent',
  evaluator: 'eva-absent',
  evaluatorWorkflow: 'flo-absent',
  idempotencyKey: 'key-absent',
};

/** A caller with an organization of their own. */
export interface Caller {
  readonly key: string;
  data(query: string, variables?: Record<string, unknown>): Promise<any>;
}

let organizations = 0;

async function createCaller({ data, issueKey }: TestGateway): Promise<Caller> {
  const { secret: key } = await issueKey({ organization: `organization-${++organizations}` });
  return { key, data: (query, variables) => data(query, variables, { key }) };
}

/** A new organization with one experiment. */
export async function createAsker(gateway: TestGateway): Promise<Caller> {
  const caller = await createCaller(gateway);
  await caller.data(mutations.create, { input: { experimentId: ownId, tags: [{ team: 'search' }] } });
  return caller;
}

/** A new organization with something under each of these ids, and everything that it has in common with an asker. */
export async function createOwner(gateway: TestGateway, ids: Ids): Promise<Caller> {
  const caller = await createAsker(gateway);
  const register = 'mutation ($id: ID!) { registerDataset(input: { id: $id, name: "Theirs" }) { __typename } }';
  await caller.data(register, { id: ids.dataset });
  const inputs = [
    { experimentId: ids.live, name: 'Theirs', datasetId: ids.dataset, evaluatorIds: [ids.evaluator] },
    { experimentId: ids.trashed, name: 'Binned', evaluatorWorkflowIds: [ids.evaluatorWorkflow] },
  ];
  for (const input of inputs) await caller.data(mutations.create, { input });
  await caller.data(mutations.delete, { id: ids.trashed });
  await caller.data(mutations.create, { input: { name: 'Once' }, idempotencyKey: ids.idempotencyKey });
  return caller;
}

const page = `totalCount nodes { ${experimentFields} revisions { nodes { ${revisionFields} } } }`;
const everything = `{
  live: experiments { ${page} } trash: experiments(filter: { deleted: true }) { ${page} }
  datasets { nodes { id datasetId name updatedAt } }
}`;

/** Everything that an organization has: experiments, the trash, revisions and datasets. */
export const readEverything = ({ data }: Caller): Promise<any> => data(everything);

/** The cursors of an organization: of a list of experiments, of datasets, of revisions, and of the changes. */
export async function readCursors({ data }: Caller, { live }: Ids): Promise<Record<string, string>> {
  const query = `query ($id: ID!) {
    experiments { changesCursor edges { cursor node { id } } } datasets { edges { cursor } }
    experiment(id: $id) { revisions { edges { cursor } } }
  }`;
  const { experiments, datasets, experiment } = await data(query, { id: live });
  return {
    experiments: experiments.edges.find(({ node }: any) => node.id === live).cursor,
    datasets: datasets.edges[0].cursor,
    revisions: experiment.revisions.edges[0].cursor,
    experimentsChanged: experiments.changesCursor,
  };
}

/** An answer without what differs between organizations and calls: ids, cursors, and what a gateway makes up. */
export function maskAnswer(text: string, ids: Ids): string {
  const known = Object.entries(ids).toSorted(([, one], [, other]) => other.length - one.length);
  const masked = known.reduce((rest, [kind, id]) => rest.replaceAll(id, `<${kind}>`), text);
  return masked
    .replaceAll(/("\w*cursor":)"[^"]*"/gi, '$1"<cursor>"')
    .replaceAll(/exp_\w{26}/g, '<made>')
    .replaceAll(/("authorId":)"[^"]*"/g, '$1"<author>"');
}

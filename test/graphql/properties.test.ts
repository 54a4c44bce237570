import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { documentedDefaults, editableFields } from '../../src/domain/experiment/experiment.ts';
import {
  createInputs,
  type Input,
  jsonContainerTexts,
  jsonObjectTexts,
  plainKeys,
  plainStrings,
  refusedInputs,
  replaceInputs,
  runs,
  type Write,
  writes,
} from '../support/gateway/arbitraries.ts';
import { toPreview } from '../support/gateway/calls.ts';
import { experimentFields, mutations } from '../support/gateway/operations.ts';
import { createTestGateway, type TestGateway } from '../support/gateway/test-gateway.ts';

const editable: readonly string[] = editableFields;
const defaults: Input = documentedDefaults;
const findQuery = `query ($id: ID!) { experiment(id: $id) { ${experimentFields} } }`;
const readQuery = `query ($id: ID!) {
  experiment(id: $id) {
    ${experimentFields} revisions(first: 100) { totalCount edges { node { revision createdAt ${editable.join(' ')} } } }
  }
}`;

let experiments = 0;
/** Returns an id that is unique within this file. */
const generateId = () => `exp-${++experiments}`;

/** Creates a gateway with the operations under test. */
async function setUp() {
  const gateway = await createTestGateway();
  const create = async (input: Input, dryRun = false) =>
    (await gateway.data(mutations.create, { input, dryRun })).result;
  return {
    gateway,
    create,
    /** Creates an experiment, applies a history of writes and returns its id. */
    async createWithHistory(input: Input, history: readonly Write[] = []): Promise<string> {
      const id = generateId();
      expect(await create({ ...input, experimentId: id })).toMatchObject({ experiment: { id, revision: 1 } });
      for (const write of history) await apply(gateway, id, write);
      return id;
    },
    read: async (id: string) => (await gateway.data(readQuery, { id })).experiment,
    find: async (id: string) => (await gateway.data(findQuery, { id })).experiment,
    apply: (id: string, write: Write, dryRun = false) => apply(gateway, id, write, dryRun),
    replace: (id: string, input: Input) => apply(gateway, id, { operation: 'replace', input }),
  };
}

async function apply(
  { data }: TestGateway,
  id: string,
  { operation, ...content }: Write,
  dryRun = false,
): Promise<any> {
  return (await data(mutations[operation], { id, ...content, dryRun })).result;
}

const pickContent = (experiment: any) => Object.fromEntries(editable.map((field) => [field, experiment[field]]));
/** The content without tags, which a replace never changes. */
const pickReplaced = (experiment: any) => ({ ...pickContent(experiment), tags: undefined });

function findReason(field: string, value: unknown): string {
  if (value === null || value === '' || (Array.isArray(value) && value.length === 0)) return 'CLEARED';
  return defaults[field] === value ? 'RESET_TO_DEFAULT' : 'SET';
}

const histories = fc.array(writes, { maxLength: 3 });

test('a second replace with the same input changes nothing (R13)', async () => {
  const { createWithHistory, read, replace } = await setUp();
  await fc.assert(
    fc.asyncProperty(createInputs, histories, replaceInputs, async (created, history, input) => {
      const id = await createWithHistory(created, history);
      const once = await replace(id, input);
      const stored = await read(id);
      const twice = await replace(id, input);
      expect(twice).toEqual({ ...once, changes: [] });
      expect(await read(id)).toEqual(stored);
    }),
    runs(20),
  );
});

test('every revision has the changes that its write returned (R13)', async () => {
  const { gateway, create, apply } = await setUp();
  const query = `query ($id: ID!) { experiment(id: $id) {
    revisions(first: 100) { nodes { changes { field before after reason } } }
  } }`;
  await fc.assert(
    fc.asyncProperty(createInputs, histories, async (created, history) => {
      const experimentId = generateId();
      const results = [await create({ ...created, experimentId })];
      for (const write of history) results.push(await apply(experimentId, write));
      const { experiment } = await gateway.data(query, { id: experimentId });
      // A write that fails or changes nothing makes no revision; a create always does.
      const made = results.filter(({ changes }, index) => index === 0 || changes?.length > 0);
      expect(experiment.revisions.nodes.map(({ changes }: any) => changes).toReversed()).toEqual(
        made.map(({ changes }) => changes),
      );
    }),
    runs(20),
  );
});

test('a dry run previews what the write then returns, and writes nothing (R15)', async () => {
  const { createWithHistory, find, read, apply } = await setUp();
  await fc.assert(
    fc.asyncProperty(createInputs, histories, writes, async (created, history, write) => {
      const id = await createWithHistory(created, history);
      const before = [await find(id), await read(id)];
      const planned = await apply(id, write, true);
      expect([await find(id), await read(id)]).toEqual(before);
      const done = await apply(id, write);
      expect(planned).toEqual(toPreview(done));
      expect(await find(id)).toEqual(done.experiment ?? before[0]);
    }),
    runs(30),
  );
});

test('a dry run of a create previews what the create returns, with or without an id, and writes nothing (R15)', async () => {
  const { gateway, create, read } = await setUp();
  const count = async () => (await gateway.data('{ experiments { totalCount } }')).experiments.totalCount;
  const inputs = fc.oneof(createInputs, refusedInputs(createInputs));
  await fc.assert(
    fc.asyncProperty(inputs, async (input) => {
      const before = await count();
      const experimentId = generateId();
      const planned = [await create(input, true), await create({ ...input, experimentId }, true)];
      expect([await count(), await read(experimentId)]).toEqual([before, null]);
      const done = [await create(input), await create({ ...input, experimentId })];
      expect(await count()).toBe(before + done.filter(({ experiment }) => experiment).length);
      expect(planned).toEqual(done.map(toPreview));
    }),
    runs(20),
  );
});

test('a dry run of a create with a taken id previews what the create returns, and writes nothing (R15)', async () => {
  const { createWithHistory, create, find } = await setUp();
  await fc.assert(
    fc.asyncProperty(createInputs, createInputs, fc.boolean(), async (input, other, isRetry) => {
      const experimentId = await createWithHistory(input);
      const before = await find(experimentId);
      const again = { ...(isRetry ? input : other), experimentId };
      const planned = await create(again, true);
      const done = await create(again);
      expect(planned).toEqual(toPreview(done));
      expect(done.experiment ?? done.current).toEqual(before);
      expect(await find(experimentId)).toEqual(before);
    }),
    runs(20),
  );
});

test('the result of a replace depends only on its input and the previous name (R2 to R5)', async () => {
  const { createWithHistory, read, apply, replace } = await setUp();
  const pasts = fc.tuple(createInputs, histories);
  await fc.assert(
    fc.asyncProperty(pasts, pasts, fc.constantFrom('One', 'Two'), replaceInputs, async (one, other, name, input) => {
      const ids = [await createWithHistory(...one), await createWithHistory(...other)] as const;
      for (const id of ids) await apply(id, { operation: 'update', input: { name } });
      const before = await read(ids[0]);
      const results = [await replace(ids[0], input), await replace(ids[1], input)];
      const [first, second] = [await read(ids[0]), await read(ids[1])];
      expect(pickReplaced(first)).toEqual(pickReplaced(second));
      expect(pickReplaced(first)).toEqual(pickReplaced(results[1].experiment));
      expect(first.name).toBe(typeof input.name === 'string' ? input.name.trim() : name);
      expect(results[0].warnings).toEqual(results[1].warnings);
      // R9: a replace never changes these.
      const { status, createdAt, progress, startedAt, completedAt, tags, errorMessage } = before;
      expect(first).toMatchObject({ status, createdAt, progress, startedAt, completedAt, tags, errorMessage });
    }),
    runs(20),
  );
});

test('changes contain exactly the fields that differ, each with its reason (R13)', async () => {
  const { createWithHistory, read, apply } = await setUp();
  await fc.assert(
    fc.asyncProperty(createInputs, fc.array(writes, { minLength: 1, maxLength: 4 }), async (created, history) => {
      const id = await createWithHistory(created);
      for (const write of history) {
        const before = await read(id);
        const result = await apply(id, write);
        const after = await read(id);
        const changed = editable.filter((field) => JSON.stringify(before[field]) !== JSON.stringify(after[field]));
        const changes = changed.map((field) => {
          return { field, before: before[field], after: after[field], reason: findReason(field, after[field]) };
        });
        expect(result.changes ?? []).toEqual(changes);
        const counted = expect.objectContaining({ revision: before.revision + 1 });
        expect(after).toEqual(changed.length > 0 ? counted : before);
      }
    }),
    runs(20),
  );
});

test('a restore brings back the exact content of its revision and keeps the tags (R9)', async () => {
  const { createWithHistory, read, apply } = await setUp();
  await fc.assert(
    fc.asyncProperty(createInputs, histories, fc.nat(), async (created, history, choice) => {
      const id = await createWithHistory(created);
      const contents = [pickContent(await read(id))];
      for (const write of history) {
        await apply(id, write);
        const { revision, ...now } = await read(id);
        contents[revision - 1] = pickContent(now);
      }
      const before = await read(id);
      expect(before.revisions.edges.map(({ node }: any) => pickContent(node))).toEqual(contents.toReversed());
      expect(before.revisions.totalCount).toBe(contents.length);

      const revision = 1 + (choice % contents.length);
      await apply(id, { operation: 'restore', revision });
      const after = await read(id);
      expect(pickContent(after)).toEqual({ ...contents[revision - 1], tags: before.tags });
      expect(after.revisions.edges.slice(-contents.length)).toEqual(before.revisions.edges);
    }),
    runs(20),
  );
});

/** Sends variables as raw JSON text. Returns the text of the answer. */
async function sendRaw({ fetch, key }: TestGateway, query: string, variables: string): Promise<string> {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${key}` };
  const body = `{ "variables" : ${variables} , "query" : ${JSON.stringify(query)} }`;
  return (await fetch('/graphql', { method: 'POST', headers, body })).text();
}

const objectTexts = jsonObjectTexts({ strings: plainStrings, keys: plainKeys });

test('random JSON is returned byte for byte (R11)', async () => {
  const { gateway } = await setUp();
  const written = 'experiment { workflow tags } changes { field before after }';
  const create = `mutation ($input: CreateExperimentInput!) {
    result: createExperiment(input: $input) { ... on CreateExperimentSuccess { ${written} } }
  }`;
  const replace = `mutation ($id: ID!, $tasks: [JSONObject!]) {
    result: replaceExperiment(id: $id, input: { workflow: $tasks }) { ... on ReplaceExperimentSuccess { ${written} } }
  }`;
  const read = 'query ($id: ID!) { experiment(id: $id) { revisions { edges { node { workflow tags } } } } }';
  const change = (field: string, before: string, after: string) =>
    before === after ? [] : [`{"field":"${field}","before":${before},"after":${after}}`];
  const answer = (workflow: string, tags: string, changes: string[]) =>
    `{"data":{"result":{"experiment":{"workflow":${workflow},"tags":${tags}},"changes":[${changes.join()}]}}}`;

  await fc.assert(
    fc.asyncProperty(objectTexts, objectTexts, objectTexts, async (first, second, tag) => {
      const id = generateId();
      const [one, two, tags] = [first, second, tag].map(({ compact }) => `[${compact}]`) as [string, string, string];
      const input = `{"experimentId":"${id}","workflow":[${first.spaced}],"tags":[ ${tag.spaced}]}`;
      expect(await sendRaw(gateway, create, `{"input":${input}}`)).toBe(
        answer(one, tags, [...change('workflow', '[]', one), ...change('tags', '[]', tags)]),
      );
      expect(await sendRaw(gateway, replace, `{"id":"${id}","tasks":[${second.spaced}]}`)).toBe(
        answer(two, tags, change('workflow', one, two)),
      );
      const nodes = (one === two ? [one] : [two, one]).map((tasks) => `{"node":{"workflow":${tasks},"tags":${tags}}}`);
      expect(await sendRaw(gateway, read, `{"id":"${id}"}`)).toBe(
        `{"data":{"experiment":{"revisions":{"edges":[${nodes.join()}]}}}}`,
      );
    }),
    runs(30),
  );
});

test('JSON in a variable stays exact inside an inline task (R11)', async () => {
  const { gateway } = await setUp();
  const create = `mutation ($value: JSON, $object: JSONObject!) {
    result: createExperiment(dryRun: true, input: { workflow: [{ b: 1.50, a: [$value, -0, { c: 1e400 }] }, $object] }) {
      ... on ExperimentPreview { workflow }
    }
  }`;
  const values = jsonContainerTexts({ strings: plainStrings, keys: plainKeys });
  await fc.assert(
    fc.asyncProperty(values, objectTexts, async (value, object) => {
      const tasks = `[{"b":1.50,"a":[${value.compact},-0,{"c":1e400}]},${object.compact}]`;
      expect(await sendRaw(gateway, create, `{"value":${value.spaced},"object":${object.spaced}}`)).toBe(
        `{"data":{"result":{"workflow":${tasks}}}}`,
      );
    }),
    runs(30),
  );
});

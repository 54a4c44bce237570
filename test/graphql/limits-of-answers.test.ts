import { describe, expect, test } from 'vitest';
import type { Experiment } from '../../src/domain/experiment/experiment.ts';
import { openStorage } from '../../src/storage/open.ts';
import { lacks } from '../support/executor/executor.ts';
import { createCalls, revisionFields } from '../support/gateway/calls.ts';
import { anExperiment, author, json, toReplace } from '../support/gateway/experiments.ts';
import { experimentFields } from '../support/gateway/operations.ts';
import { createTestGateway, type TestGateway } from '../support/gateway/test-gateway.ts';
import { openStream } from '../support/http/stream.ts';
import { countStatements } from '../support/storage/statements.ts';

const limit = 16 * 1024 * 1024;

/** Repeats a text, with the index of each repetition. */
const times = (count: number, text: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => text(index)).join(' ');

/** Builds a workflow of `bytes` bytes of JSON. */
const buildWorkflow = (bytes: number, letter = 'x') =>
  json(`[{"prompt":"${letter.repeat((bytes - 15) / Buffer.byteLength(letter))}"}]`);

/** Creates a gateway with experiments `e0`, `e1` and so on, each with `revisions` revisions. */
async function createGatewayWith(count: number, fields: Partial<Experiment>, revisions = 1): Promise<TestGateway> {
  const gateway = await createTestGateway();
  const { experiments, close } = await openStorage(`file:${gateway.databasePath}`);
  for (let index = 0; index < count; index++) {
    const experiment = anExperiment({ ...fields, id: `e${index}` });
    await experiments.insert(experiment, author);
    for (let revision = 2; revision <= revisions; revision++) {
      await experiments.replace(toReplace(experiment, { batchSize: revision }));
    }
  }
  await close();
  return gateway;
}

const tooLarge = {
  errors: [
    { message: expect.stringMatching(/larger than 16 MiB.*less/), extensions: { code: 'BAD_USER_INPUT', status: 400 } },
  ],
};

/** Expects that the whole answer is refused. */
async function expectRefused(gateway: TestGateway, query: string) {
  const { status, body } = await gateway.graphql(query);
  expect(body.errors?.length === 1 ? body : { ...body, data: 'some' }).toEqual(tooLarge);
  expect(status).toBe(400);
}

/** Returns the size in bytes of a successful answer. */
async function countAnswerBytes(gateway: TestGateway, query: string): Promise<number> {
  const { status, body } = await gateway.graphql(query);
  expect([status, body.errors]).toEqual([200, undefined]);
  return Buffer.byteLength(JSON.stringify(body));
}

describe('answers have at most 16 MiB', () => {
  const page = (selection: string) => `experiments(first: 90) { edges { node { ${selection} } } }`;
  const revisions = (selection: string) => `revisions(first: 100) { edges { node { ${selection} } } }`;

  test('a page whose workflows exceed 16 MiB is refused as a whole', async () => {
    const gateway = await createGatewayWith(17, { workflow: buildWorkflow(1_000_000) });
    await expectRefused(gateway, `{ ${page('workflow')} }`);
    expect(
      await countAnswerBytes(gateway, '{ experiments(first: 16) { edges { node { workflow } } } }'),
    ).toBeGreaterThan(15e6);
    // The entry after the page is read too, but is not part of the answer.
    expect(await countAnswerBytes(gateway, '{ experiments(last: 16) { edges { node { workflow } } } }')).toBeLessThan(
      limit,
    );
  });

  test('workflows of revisions above 16 MiB are refused, however they are selected', async () => {
    const gateway = await createGatewayWith(1, { workflow: buildWorkflow(1_000_000) }, 17);
    const ways = [
      `{ experiment(id: "e0") { ${revisions('workflow')} } }`,
      `{ ${page(revisions('...F'))} } fragment F on ExperimentContent { workflow }`,
      `{ node(id: "e0") { ... on Experiment { a: revisions(first: 10) { edges { node { workflow } } } b: revisions(first: 10) { edges { node { w: workflow } } } } } }`,
      `{ experiments { nodes { revisions(first: 100) { nodes { workflow } } } } }`,
      `{ ${times(18, (i) => `a${i}: experiment(id: "e0") { workflow }`)} }`,
      `{ experiment(id: "e0") { ${times(18, (i) => `a${i}: workflow`)} } }`,
    ];
    for (const query of ways) await expectRefused(gateway, query);
  });

  test('changes of revisions whose contents exceed 16 MiB are refused, and a smaller page is answered', async () => {
    const gateway = await createGatewayWith(1, { workflow: buildWorkflow(1_000_000) }, 17);
    const changes = (first: number) =>
      `{ experiment(id: "e0") { revisions(first: ${first}) { nodes { changes { field } } } } }`;
    await expectRefused(gateway, changes(17));
    expect(await countAnswerBytes(gateway, changes(7))).toBeLessThan(1e4);
  });

  test('tags, aliased texts and multi-byte or escaped characters count towards 16 MiB', async () => {
    const tags = json(`[{"a":"${'x'.repeat(64_000)}"}]`);
    const description = '\u0001'.repeat(9_000);
    const gateway = await createGatewayWith(100, { tags, description, name: 'ß'.repeat(200) });
    await expectRefused(gateway, `{ ${page('a: tags b: tags c: tags')} }`);
    await expectRefused(gateway, `{ ${page('a: description b: description c: description d: description')} }`);
    // 6 x 90 descriptions are 5 MB in characters, but 29 MB in bytes.
    await expectRefused(gateway, `{ ${times(6, (i) => `a${i}: ${page('description')}`)} }`);
    expect(await countAnswerBytes(gateway, `{ ${page('description tags')} }`)).toBeLessThan(limit);
  });

  test('long aliases count towards 16 MiB', async () => {
    const gateway = await createGatewayWith(100, {});
    const alias = 'a'.repeat(100_000);
    await expectRefused(gateway, `{ ${page(`${alias}b: id ${alias}c: revision`)} }`);
    await expectRefused(gateway, `{ ${page(`${alias}b: id ${alias}c: progress`)} }`);
  });

  test.skipIf(lacks.selection)('a page that selects only small fields does not read large ones', async () => {
    const gateway = await createGatewayWith(20, { workflow: buildWorkflow(1_048_576) }, 2);
    const { texts } = countStatements();
    const fields = experimentFields.replace(/\bworkflow\b/, '');
    for (const query of [
      `{ ${page(`${fields} ${revisions('revision name workflowCount')}`)} }`,
      `{ experiments { nodes { ${fields} revisions { nodes { revision name workflowCount } } } } }`,
      `{ experiments { edges { node { id name } } nodes { ${fields} revisions { edges { cursor } nodes { name } } } } }`,
    ]) {
      expect(await countAnswerBytes(gateway, query)).toBeLessThan(1e5);
      const reads = texts.splice(0).filter((text) => /from "experiment(s|_revisions)"/.test(text));
      expect(reads).toHaveLength(2);
      for (const text of reads) expect(text.replace(/json_array_length\([^)]*\)/, '')).not.toMatch(/"workflow"/);
    }
  });

  test('a refused answer is not read to its end', async () => {
    const gateway = await createGatewayWith(100, { workflow: buildWorkflow(1_048_576) });
    const before = process.memoryUsage().rss;
    await expectRefused(
      gateway,
      `{ ${times(20, (i) => `a${i}: experiments(first: ${100 - i}) { edges { node { workflow } } }`)} }`,
    );
    expect(process.memoryUsage().rss - before).toBeLessThan(150e6);
  });

  test('fields that are selected through edges and nodes are read for both', async () => {
    const gateway = await createGatewayWith(2, {}, 2);
    const lists = (one: string, other: string) =>
      `experiments { edges { node { ${one} } } nodes { ${other} revisions { edges { node { ${other} } } nodes { ${one} } } } }`;
    const { experiments } = await gateway.data(`{ ${lists('name workflowCount', 'description tags')} }`);
    const twice = (value: object) => [value, value];
    const [name, workflowCount] = ['Tone of voice', 1];
    const [description, tags] = ['Which tone do people like?', [{ team: 'search' }]];
    const revisionsOfOne = {
      edges: twice({ node: { description, tags } }),
      nodes: twice({ name, workflowCount }),
    };
    expect(experiments).toEqual({
      edges: twice({ node: { name, workflowCount } }),
      nodes: twice({ description, tags, revisions: revisionsOfOne }),
    });
  });

  test('each field returns the same alone as among all others', async () => {
    const gateway = await createGatewayWith(3, { errorMessage: 'No.', description: 'D' }, 2);
    await gateway.data('mutation { registerDataset(input: {id: "dataset_1", name: "One"}) { __typename } }');
    const names = (fields: string) => fields.trim().split(/\s+/);
    const nodes = async (selection: string) => {
      const { experiments } = await gateway.data(`{ ${page(selection)} }`);
      const read = experiments.edges.map(({ node }: any) => node);
      expect(await gateway.data(`{ experiments { nodes { ${selection} } } }`)).toEqual({
        experiments: { nodes: read },
      });
      return read;
    };
    const whole = await nodes(`${experimentFields} ${revisions(revisionFields)}`);
    for (const name of names(experimentFields)) {
      expect(await nodes(name)).toEqual(whole.map((node: any) => ({ [name]: node[name] })));
    }
    for (const name of names(revisionFields)) {
      const alone = whole.map(({ revisions: { edges } }: any) => ({
        revisions: { edges: edges.map(({ node }: any) => ({ node: { [name]: node[name] } })) },
      }));
      expect(await nodes(revisions(name))).toEqual(alone);
    }
  });
});

describe('mutations with an answer that is too large', () => {
  test.skipIf(lacks.budget)(
    'a mutation with an answer that is too large stops, and the error names the last field carried out',
    async () => {
      const gateway = await createGatewayWith(1, { workflow: buildWorkflow(1_000_000) });
      const update = (index: number) =>
        `u${index}: updateExperiment(id: "e0", input: { batchSize: ${index + 200} }) { ... on UpdateExperimentSuccess { experiment { workflow } } }`;
      const { status, body } = await gateway.graphql(`mutation { ${times(20, update)} }`);
      expect(status).toBe(200);
      expect(body).toEqual({
        errors: [
          {
            message: expect.stringContaining('carried out up to u16'),
            path: ['u16'],
            locations: expect.anything(),
            extensions: { code: 'ANSWER_TOO_LARGE', status: 200 },
          },
        ],
        data: null,
      });
      // The fields after it were not started.
      expect(await createCalls(gateway).stored('e0')).toMatchObject({ batchSize: 216, revision: 18 });
    },
  );

  test.skipIf(lacks.budget)(
    'an error of an earlier field does not pass for the place where a mutation stopped',
    async () => {
      const gateway = await createGatewayWith(1, { workflow: buildWorkflow(1_000_000) });
      const failing =
        'f: startExperiment(id: "e0", ifRevision: 9) { ... on ConflictError { current { revisions(first: 0) { totalCount } } } }';
      const large = `large: updateExperiment(id: "e0", input: { batchSize: 2 }) { ... on UpdateExperimentSuccess { experiment { ${times(17, (i) => `a${i}: workflow`)} } } }`;
      const { body } = await gateway.graphql(`mutation { ${failing} ${large} }`);
      expect(body.errors).toMatchObject([{ message: expect.stringContaining('up to large'), path: ['large'] }]);
    },
  );

  test.skipIf(lacks.budget)(
    'changes, previews and conflicting experiments count towards the size of the answer to a mutation',
    async () => {
      const gateway = await createGatewayWith(1, { workflow: buildWorkflow(1_000_000) });
      const changes = `mutation { ${times(20, (i) => `u${i}: updateExperiment(id: "e0", input: { workflow: [{ n: ${i} }] }, dryRun: true) { ... on ExperimentPreview { changes { before after } } }`)} }`;
      const previews = `mutation { ${times(20, (i) => `u${i}: updateExperiment(id: "e0", input: { name: "${i}" }, dryRun: true) { ... on ExperimentPreview { workflow } }`)} }`;
      const current = `mutation { ${times(20, (i) => `u${i}: updateExperiment(id: "e0", input: {}, ifRevision: 9) { ... on ConflictError { current { workflow } } }`)} }`;
      for (const query of [changes, previews, current]) {
        const { body } = await gateway.graphql(query);
        expect(body.errors).toMatchObject([{ path: ['u16'], extensions: { code: 'ANSWER_TOO_LARGE' } }]);
      }
    },
  );
});

test('an event that is too large is sent as an error, and the stream continues', async () => {
  const gateway = await createGatewayWith(1, { workflow: buildWorkflow(1_000_000) });
  const watch = `subscription { experimentChanged(id: "e0") { batchSize ${times(17, (i) => `a${i}: workflow`)} } }`;
  const changes = await openStream(gateway, watch);
  expect(await changes.next()).toEqual(tooLarge);
  await gateway.data('mutation { updateExperiment(id: "e0", input: { workflow: [], batchSize: 5 }) { __typename } }');
  expect((await changes.next()).data.experimentChanged).toMatchObject({ batchSize: 5, a0: [] });
  await changes.leave();
});

describe('equal parts of a document', () => {
  const countReads = async (query: string) => {
    const gateway = await createGatewayWith(3, {}, 4);
    const { texts } = countStatements();
    const data = await gateway.data(query);
    return { data, reads: texts.filter((text) => /from "experiment(s|_revisions|_counts)"/.test(text)) };
  };

  test('lists with the same arguments are read once, whatever they select', async () => {
    const filter = 'filter: { tag: { key: "team", value: "search" }, nameContains: "VOICE" }';
    const { data, reads } = await countReads(`{
      a: experiments(first: 2, ${filter}) { totalCount edges { node { id } } }
      b: experiments(${filter}, first: 2) { totalCount edges { node { id name workflow } } }
      c: experiments(first: 2) { edges { node { description } } }
      d: experiments(first: 2) { edges { node { tags } } }
    }`);
    expect(reads).toHaveLength(3);
    expect(data.a.totalCount).toBe(3);
    expect(data.b).toMatchObject({ totalCount: 3, edges: [{ node: { id: 'e2', name: 'Tone of voice' } }, {}] });
    expect(data.c.edges[0].node.description).toBe('Which tone do people like?');
    expect(data.d.edges[0].node.tags).toEqual([{ team: 'search' }]);
  });

  test('lists whose filters differ only in the last digit are read separately', async () => {
    const list = (value: string) =>
      `experiments(filter: { tag: { key: "seed", value: { n: ${value} } } }) { edges { node { id } } }`;
    const { reads } = await countReads(`{ a: ${list('18446744073709551615')} b: ${list('18446744073709551614')} }`);
    expect(reads).toHaveLength(2);
  });

  test('revisions in equal or overlapping ranges are read once', async () => {
    const { data, reads } = await countReads(`{
      a: experiment(id: "e0") { revisions(first: 2) { edges { node { revision name } } } }
      b: experiment(id: "e0") { revisions(first: 3) { edges { node { revision batchSize workflow } } } }
      c: experiment(id: "e1") { revisions(first: 1) { edges { node { revision } } } }
    }`);
    expect(reads.filter((text) => /from "experiment_revisions"/.test(text))).toHaveLength(1);
    const listRevisions = (name: string) => data[name].revisions.edges.map(({ node }: any) => node.revision);
    expect([listRevisions('a'), listRevisions('b'), listRevisions('c')]).toEqual([[4, 3], [4, 3, 2], [4]]);
  });
});

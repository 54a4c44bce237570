import { describe, expect, test } from 'vitest';
import { createCalls, fullInput, later, revisionFields } from '../support/gateway/calls.ts';
import { createTestGateway, type TestGateway } from '../support/gateway/test-gateway.ts';
import { token, trusted } from '../support/http/jwt.ts';

const secret = 'a secret of more than 32 characters, for tests';

const query = `query ($id: ID!, $first: Int, $after: String) {
  experiment(id: $id) {
    revisions(first: $first, after: $after) {
      totalCount
      edges { cursor node { ${revisionFields} } }
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    }
  }
}`;

async function readRevisions(gateway: TestGateway, variables: Record<string, unknown> = {}) {
  const { experiment } = await gateway.data(query, { id: 'a', ...variables });
  return { ...experiment.revisions, nodes: experiment.revisions.edges.map(({ node }: any) => node) };
}

const listNumbers = (nodes: any[]) => nodes.map(({ revision }) => revision);

test('a new experiment has one revision with its author, time and full content', async () => {
  const gateway = await createTestGateway();
  const { id: authorId, secret: key } = await gateway.issueKey();
  const { createdAt } = await createCalls(gateway, { key }).created({ ...fullInput, experimentId: 'a' });
  const { experimentId: _, ...content } = fullInput;
  expect((await readRevisions(gateway)).nodes).toEqual([
    {
      ...content,
      experimentId: 'a',
      revision: 1,
      createdAt,
      authorKind: 'API_KEY',
      authorId,
      authorName: null,
      dataset: content.datasetId,
      workflowCount: 1,
      evaluatorSlugs: content.evaluatorIds,
      evaluatorWorkflowIds: [],
    },
  ]);
});

test('every write that changes something adds a revision with its author and time, newest first', async () => {
  const gateway = await createTestGateway();
  const keys = await Promise.all([1, 2, 3, 4].map(() => gateway.issueKey()));
  const [creator, replacer, updater, restorer] = keys.map(({ secret: key }) => createCalls(gateway, { key })) as [
    ReturnType<typeof createCalls>,
    ReturnType<typeof createCalls>,
    ReturnType<typeof createCalls>,
    ReturnType<typeof createCalls>,
  ];
  const written = [await creator.created({ experimentId: 'a', name: 'First', tags: [{ kept: 1 }] })];
  for (const write of [
    () => replacer.replace({ id: 'a', input: { name: 'Second' } }),
    () => replacer.replace({ id: 'a', input: { name: 'Second' } }),
    () => updater.update({ id: 'a', input: { tags: [] } }),
    () => updater.update({ id: 'a', input: { description: 'text' } }),
    () => restorer.restore({ id: 'a', revision: 1 }),
  ]) {
    await later(written.at(-1).updatedAt);
    const { experiment, changes } = await write();
    if (changes.length > 0) written.push(experiment);
  }
  const { nodes, totalCount } = await readRevisions(gateway);
  expect(totalCount).toBe(5);
  const authors = [keys[0], keys[1], keys[2], keys[2], keys[3]];
  expect(
    nodes.map(({ revision, name, description, tags, createdAt, authorId }: any) => [
      revision,
      name,
      description,
      tags,
      createdAt,
      authorId,
    ]),
  ).toEqual(
    written
      .map(({ revision, name, description, tags, updatedAt }, index) => [
        revision,
        name,
        description,
        tags,
        updatedAt,
        authors[index]?.id,
      ])
      .toReversed(),
  );
  expect(nodes.map(({ name, description, tags }: any) => [name, description, tags])).toEqual([
    ['First', null, []],
    ['Second', 'text', []],
    ['Second', null, []],
    ['Second', null, [{ kept: 1 }]],
    ['First', null, [{ kept: 1 }]],
  ]);
});

test('the author of a write with a token is its subject', async () => {
  const gateway = await createTestGateway({ ...trusted, JWT_SECRET: secret });
  const key = await token('HS256', new TextEncoder().encode(secret), { claims: { sub: 'user-1' } });
  await createCalls(gateway, { key }).created({ experimentId: 'a' });
  expect((await readRevisions(gateway)).nodes).toMatchObject([
    { authorKind: 'SUBJECT', authorId: 'user-1', authorName: null },
  ]);
});

test('the author of a write with a key has the name of the key, also when it has been revoked since', async () => {
  const gateway = await createTestGateway();
  const [ci, nameless, person] = [
    await gateway.issueKey({ name: 'CI' }),
    await gateway.issueKey(),
    await gateway.issueKey({ name: 'Notebook of Ada' }),
  ];
  await createCalls(gateway, { key: ci.secret }).created({ experimentId: 'a' });
  await createCalls(gateway, { key: nameless.secret }).update({ id: 'a', input: { batchSize: 2 } });
  await createCalls(gateway, { key: person.secret }).update({ id: 'a', input: { batchSize: 3 } });
  await gateway.revokeKey(ci.id);
  const { nodes } = await readRevisions(gateway);
  expect(nodes.map(({ authorId, authorName }: any) => [authorId, authorName])).toEqual([
    [person.id, 'Notebook of Ada'],
    [nameless.id, null],
    [ci.id, 'CI'],
  ]);
});

test('a token whose subject is the id of a named key does not take its name', async () => {
  const gateway = await createTestGateway({ ...trusted, JWT_SECRET: secret });
  const { id } = await gateway.issueKey({ name: 'CI' });
  const key = await token('HS256', new TextEncoder().encode(secret), { claims: { sub: id } });
  await createCalls(gateway, { key }).created({ experimentId: 'a' });
  expect((await readRevisions(gateway)).nodes).toMatchObject([
    { authorKind: 'SUBJECT', authorId: id, authorName: null },
  ]);
});

describe('the changes of a revision', () => {
  const changesQuery = `query ($first: Int, $after: String) {
    experiment(id: "a") {
      revisions(first: $first, after: $after) {
        nodes { revision changes { field before after reason } }
        pageInfo { endCursor }
      }
    }
  }`;
  const readChanges = async ({ data }: TestGateway, page: Record<string, unknown> = {}) =>
    (await data(changesQuery, page)).experiment.revisions;

  test('each revision has the changes that its write returned, on any page', async () => {
    const gateway = await createTestGateway();
    const calls = createCalls(gateway);
    const written = [
      await calls.create({ input: { ...fullInput, experimentId: 'a' } }),
      await calls.replace({ id: 'a', input: { name: 'Second', workflow: [{ b: 1.0, a: 1 }] } }),
      await calls.update({ id: 'a', input: { tags: [{ team: 'ads' }], batchSize: 9 } }),
      await calls.restore({ id: 'a', revision: 1 }),
    ].map(({ changes }) => changes);
    const { nodes } = await readChanges(gateway);
    expect(nodes.map(({ revision }: any) => revision)).toEqual([4, 3, 2, 1]);
    expect(nodes.map(({ changes }: any) => changes)).toEqual(written.toReversed());
    const pages = [await readChanges(gateway, { first: 1 })];
    for (let page = 1; page < 4; page++)
      pages.push(await readChanges(gateway, { first: 1, after: pages.at(-1).pageInfo.endCursor }));
    expect(pages.flatMap((page) => page.nodes)).toEqual(nodes);
  });

  test('the first revision is compared with an experiment that was created with an empty input', async () => {
    const gateway = await createTestGateway();
    const calls = createCalls(gateway);
    await calls.created({ experimentId: 'a' });
    expect((await readChanges(gateway)).nodes).toEqual([{ revision: 1, changes: [] }]);
    await calls.delete({ id: 'a' });
    await calls.created({ experimentId: 'a', description: 'Second life' });
    // Its predecessor with this id is gone, and is not compared with.
    expect((await readChanges(gateway)).nodes).toEqual([
      { revision: 2, changes: [{ field: 'description', before: null, after: 'Second life', reason: 'SET' }] },
    ]);
  });

  test('changes do not depend on what else is selected', async () => {
    const gateway = await createTestGateway();
    const calls = createCalls(gateway);
    await calls.created({ experimentId: 'a', name: 'One' });
    await calls.update({ id: 'a', input: { name: 'Two', workflow: [{ x: 1 }] } });
    const { one, two } = await gateway.data(`{
      one: experiment(id: "a") { revisions { edges { node { name changes { field } } } nodes { workflow } } }
      two: experiment(id: "a") { revisions(first: 1) { nodes { changes { reason } } } }
    }`);
    expect(one.revisions).toEqual({
      edges: [
        { node: { name: 'Two', changes: [{ field: 'name' }, { field: 'workflow' }] } },
        { node: { name: 'One', changes: [{ field: 'name' }] } },
      ],
      nodes: [{ workflow: [{ x: 1 }] }, { workflow: [] }],
    });
    expect(two.revisions.nodes).toEqual([{ changes: [{ reason: 'SET' }, { reason: 'SET' }] }]);
  });
});

describe('pages of revisions', () => {
  async function createGatewayWithRevisions(count: number) {
    const gateway = await createTestGateway();
    const calls = createCalls(gateway);
    await calls.created({ experimentId: 'a' });
    for (let revision = 2; revision <= count; revision++) {
      await calls.update({ id: 'a', input: { description: `${revision}` } });
    }
    return gateway;
  }

  test('following cursors returns every revision once', async () => {
    const gateway = await createGatewayWithRevisions(7);
    const pages: number[][] = [];
    let after: string | null = null;
    do {
      const { nodes, pageInfo, edges, totalCount } = await readRevisions(gateway, { first: 3, after });
      expect(totalCount).toBe(7);
      expect(pageInfo).toEqual({
        hasNextPage: pages.length < 2,
        hasPreviousPage: pages.length > 0,
        startCursor: edges[0].cursor,
        endCursor: edges.at(-1).cursor,
      });
      pages.push(listNumbers(nodes));
      after = pageInfo.hasNextPage ? pageInfo.endCursor : null;
    } while (after);
    expect(pages).toEqual([[7, 6, 5], [4, 3, 2], [1]]);
  });

  test('a page has 20 revisions by default', async () => {
    const gateway = await createGatewayWithRevisions(22);
    const { nodes, pageInfo } = await readRevisions(gateway);
    expect(listNumbers(nodes)).toEqual(Array.from({ length: 20 }, (_, index) => 22 - index));
    expect(pageInfo.hasNextPage).toBe(true);
    expect(listNumbers((await readRevisions(gateway, { first: 100 })).nodes)).toHaveLength(22);
    expect(listNumbers((await readRevisions(gateway, { first: 22 })).nodes)).toHaveLength(22);
  });

  test('a cursor of revisions keeps its place while others write', async () => {
    const gateway = await createGatewayWithRevisions(3);
    const { pageInfo } = await readRevisions(gateway, { first: 1 });
    await createCalls(gateway).update({ id: 'a', input: { description: 'new' } });
    const next = await readRevisions(gateway, { after: pageInfo.endCursor });
    expect(listNumbers(next.nodes)).toEqual([2, 1]);
    expect(next.pageInfo).toMatchObject({ hasNextPage: false, hasPreviousPage: true });
  });

  test('the page after the last revision is empty', async () => {
    const gateway = await createGatewayWithRevisions(2);
    const { pageInfo } = await readRevisions(gateway);
    expect(await readRevisions(gateway, { after: pageInfo.endCursor })).toMatchObject({
      edges: [],
      totalCount: 2,
      pageInfo: { hasNextPage: false, startCursor: null, endCursor: null },
    });
  });

  test('one document may read two different pages of one experiment', async () => {
    const gateway = await createGatewayWithRevisions(3);
    const { experiment } = await gateway.data(`{ experiment(id: "a") {
      one: revisions(first: 1) { edges { node { revision } } }
      two: revisions(first: 2) { edges { node { revision } } }
    } }`);
    expect(listNumbers(experiment.one.edges.map(({ node }: any) => node))).toEqual([3]);
    expect(listNumbers(experiment.two.edges.map(({ node }: any) => node))).toEqual([3, 2]);
  });

  test.each([
    ['first: 0', { first: 0 }, 'first', 'TOO_SMALL'],
    ['first: 101', { first: 101 }, 'first', 'TOO_BIG'],
    ['an invalid cursor', { after: 'x' }, 'after', 'INVALID_CURSOR'],
    ['an empty cursor', { after: '' }, 'after', 'INVALID_CURSOR'],
  ])('a page of revisions with %s is refused', async (_what, variables, argument, code) => {
    const gateway = await createGatewayWithRevisions(1);
    const { body } = await gateway.graphql(query, { id: 'a', ...variables });
    expect(body).toMatchObject({
      errors: [
        {
          path: ['experiment', 'revisions'],
          extensions: { code: 'BAD_USER_INPUT', status: 400, issues: [{ path: [argument], code }] },
        },
      ],
      data: { experiment: null },
    });
  });

  test('a cursor of experiments is not a valid cursor of revisions', async () => {
    const gateway = await createGatewayWithRevisions(1);
    const { experiments } = await gateway.data('{ experiments { pageInfo { endCursor } } }');
    const { body } = await gateway.graphql(query, { id: 'a', after: experiments.pageInfo.endCursor });
    expect(body.errors).toMatchObject([
      { extensions: { code: 'BAD_USER_INPUT', issues: [{ code: 'INVALID_CURSOR' }] } },
    ]);
  });
});

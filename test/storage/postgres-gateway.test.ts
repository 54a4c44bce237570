import { describe, expect, test } from 'vitest';
import { createCalls, fullInput, revisionFields } from '../support/gateway/calls.ts';
import { experimentFields, mutations } from '../support/gateway/operations.ts';
import { createTestGateway, type TestGateway } from '../support/gateway/test-gateway.ts';
import { createEnglishDatabase, hasServer } from '../support/storage/postgres.ts';
import { createSqliteDatabase } from '../support/storage/storage.ts';

const sentWorkflow = String.raw`[{"type":"custom","config":{"b":1.0,"10":12345678901234567890,"1":-0,"a":"\u0041/é"}}]`;
const list = `query ($order: ExperimentOrder, $filter: ExperimentFilter, $after: String) {
  experiments(first: 3, after: $after, orderBy: $order, filter: $filter) {
    totalCount
    edges { cursor node { ${experimentFields} revisions(first: 10) { totalCount edges { node { ${revisionFields} } } } } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}`;

/** Every response of a gateway to the same requests, exactly as sent, except for times and generated ids. */
async function readAnswers(gateway: TestGateway): Promise<string[]> {
  const { secret: reader } = await gateway.issueKey({ scopes: ['experiments:read'] });
  const answers: string[] = [];
  const send = async (path: string, init: { method?: string; body?: string; key?: string } = {}) => {
    const response = await gateway.fetch(path, {
      method: init.method ?? 'POST',
      headers: { authorization: `Bearer ${init.key ?? gateway.key}`, 'content-type': 'application/json' },
      ...(init.body !== undefined && { body: init.body }),
    });
    const text = (await response.text())
      .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '<time>')
      .replaceAll(/key_[\da-f]{16}/g, '<key>')
      .replaceAll(/"requestId":"[^"]+"/g, '<request>');
    answers.push(`${init.method ?? 'POST'} ${path} ${response.status} ${text}`);
    return text;
  };
  const graphql = (query: string, variables: object | string, key?: string) =>
    send('/graphql', {
      body: `{"query":${JSON.stringify(query)},"variables":${typeof variables === 'string' ? variables : JSON.stringify(variables)}}`,
      ...(key !== undefined && { key }),
    });

  await graphql(mutations.create, { input: fullInput });
  await graphql(mutations.create, { input: fullInput });
  await graphql(mutations.create, { input: { ...fullInput, name: 'Taken' } });
  await graphql(
    mutations.create,
    `{"input":{"experimentId":"exact","workflow":${sentWorkflow},"tags":[{"z":1,"a":1.0}]}}`,
  );
  for (const name of ['Zebra', 'apple', 'Ärger', 'ärger', '100%', '😀', '～', 'a b', 'a-b', 'ab'])
    await graphql(mutations.create, { input: { experimentId: `id ${name}`, name, tags: [{ name }] } });
  await graphql(mutations.replace, { id: 'exp-full', input: { name: ' New ', batchSize: 9 }, ifRevision: 1 });
  await graphql(mutations.replace, { id: 'exp-full', input: { batchSize: 9 } });
  await graphql(mutations.replace, { id: 'exp-full', input: {}, ifRevision: 1 });
  await graphql(mutations.replace, { id: 'exp-full', input: {}, dryRun: true });
  await graphql(mutations.replace, { id: 'nobody', input: {} });
  await graphql(mutations.replace, { id: 'exp-full', input: { name: '\0', batchSize: 0 } });
  await graphql(mutations.replace, { id: 'exp-full', input: {} }, reader);
  await graphql(mutations.update, { id: 'exp-full', input: { tags: [{ other: [1, { b: 2, a: 1 }] }] } });
  await graphql(mutations.update, {
    id: 'exp-full',
    input: { description: 'Now', tags: [{ other: [1, { b: 2, a: 1 }] }] },
  });
  await graphql(mutations.update, { id: 'exp-full', input: { addTags: [{ n: 1 }], removeTags: [{ n: 2 }] } });
  await graphql(mutations.update, `{"id":"exact","input":{"addTags":[{"z":1.0,"a":1},{"n":1.50}]}}`);
  await graphql(mutations.update, { id: 'exp-full', input: { removeTags: [{ n: 1.0 }] } });
  await graphql(mutations.clone, { id: 'exp-full', input: { experimentId: 'clone', name: 'Clone' } });
  await graphql(mutations.clone, { id: 'exp-full', revision: 1, input: { experimentId: 'clone' } });
  await graphql(mutations.clone, { id: 'exact', input: { experimentId: 'keyed' }, idempotencyKey: 'key' });
  await graphql(mutations.clone, { id: 'exact', input: { experimentId: 'keyed' }, idempotencyKey: 'key' });
  await graphql(mutations.create, { input: {}, idempotencyKey: 'key' });
  await graphql(mutations.delete, { id: 'keyed' });
  await graphql(mutations.clone, { id: 'exact', input: { experimentId: 'keyed' }, idempotencyKey: 'key' });
  await graphql(mutations.restore, { id: 'exp-full', revision: 1 });
  await graphql(mutations.restore, { id: 'exp-full', revision: 99 });
  await graphql(mutations.delete, { id: 'id ab', ifRevision: 7 });
  await graphql(mutations.delete, { id: 'id ab', ifRevision: 1 });
  await graphql(mutations.delete, { id: 'id ab' });
  for (const field of ['NAME', 'STATUS']) {
    for (const direction of ['ASC', 'DESC']) {
      for (let after: string | null = null; ; ) {
        const answer = JSON.parse(await graphql(list, { order: { field, direction }, after }));
        const { pageInfo } = answer.data.experiments;
        if (!pageInfo.hasNextPage) break;
        after = pageInfo.endCursor;
      }
    }
  }
  const byName = { order: { field: 'NAME', direction: 'ASC' } };
  for (const filter of [
    { nameContains: 'ÄRG' },
    { nameContains: '%' },
    { tag: { key: 'other', value: [1, { a: 1, b: 2 }] } },
    { status: [] },
    { not: { datasetId: 'dataset-1' } },
    { ids: ['exact', 'id ab', 'nobody', 'exp-full', 'clone'] },
    { evaluatorId: 'evaluator-1' },
    { hasTags: false },
  ])
    await graphql(list, { ...byName, filter });
  const forged = Buffer.from('["NAME","\\u0000","x"]').toString('base64url');
  await graphql(list, { ...byName, after: forged });
  await graphql('query ($id: ID!) { experiment(id: $id) { id } }', { id: 'a\0b' });
  for (const id of ['exp-full', 'exact', 'nobody', '%00']) await send(`/api/v2/experiments/${id}`, { method: 'GET' });
  await send('/api/v2/experiments/exact', { method: 'PUT', body: `{"workflow":${sentWorkflow},"name":"By REST"}` });
  await send('/api/v2/experiments/exact', { method: 'DELETE' });
  await send('/health', { method: 'GET' });
  return answers;
}

describe.runIf(hasServer)('on a PostgreSQL server, a whole gateway', () => {
  test('responds exactly like one on SQLite, byte for byte', async () => {
    const onSqlite = await readAnswers(await createTestGateway({ DATABASE_URL: createSqliteDatabase().url }));
    const onPostgres = await readAnswers(await createTestGateway({ DATABASE_URL: await createEnglishDatabase() }));
    expect(onPostgres).toEqual(onSqlite);
    expect(onPostgres.length).toBeGreaterThan(50);
    expect(onPostgres.filter((answer) => / 5\d\d |INTERNAL_SERVER_ERROR/.test(answer))).toEqual([]);
    expect(onPostgres.some((answer) => answer.includes(sentWorkflow.replace(String.raw`\u0041`, 'A')))).toBe(true);
  });

  test('sends each change to its subscribers, in commit order', async () => {
    const url = await createEnglishDatabase();
    const gateway = await createTestGateway({ DATABASE_URL: url });
    const { replace, created } = createCalls(gateway);
    await created({ experimentId: 'watched' });
    const response = await gateway.fetch('/graphql', {
      method: 'POST',
      headers: {
        authorization: `Bearer ${gateway.key}`,
        'content-type': 'application/json',
        accept: 'text/event-stream',
      },
      body: JSON.stringify({ query: 'subscription { experimentChanged(id: "watched") { name revision } }' }),
    });
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    let seen = '';
    const until = async (text: string) => {
      while (!seen.includes(text)) {
        const { value, done } = await reader.read();
        if (done) throw new Error(`The stream ended: ${seen}`);
        seen += new TextDecoder().decode(value);
      }
    };
    await until('"revision":1');
    const names = Array.from({ length: 20 }, (_, index) => `name ${index}`);
    await Promise.all(names.map((name) => replace({ id: 'watched', input: { name } })));
    await until('"revision":21');
    await reader.cancel();
    const revisions = [...seen.matchAll(/"revision":(\d+)/g)].map(([, revision]) => Number(revision));
    expect(revisions).toEqual(Array.from({ length: 21 }, (_, index) => index + 1));
  });
});

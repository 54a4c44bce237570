import { describe, expect, test } from 'vitest';
import { openStorage } from '../../../src/storage/open.ts';
import { createCalls, otherConnection } from '../../support/gateway/calls.ts';
import { anExperiment, author, json } from '../../support/gateway/experiments.ts';
import { createTestGateway, type TestGateway } from '../../support/gateway/test-gateway.ts';
import { callRest } from '../../support/http/rest.ts';

/** A gateway with experiments whose names, statuses and times differ: `e1` is the oldest. */
async function createGatewayWith(count: number): Promise<TestGateway> {
  const gateway = await createTestGateway();
  const { experiments, close } = await openStorage(`file:${gateway.databasePath}`);
  for (let index = 1; index <= count; index++) {
    const at = new Date(Date.UTC(2026, 0, index));
    const fields = { id: `e${index}`, name: `Name ${count - index}`, createdAt: at, updatedAt: at };
    await experiments.insert(anExperiment({ ...fields, datasetId: index % 2 ? 'odd' : null }), author);
  }
  await close();
  return gateway;
}

const listIds = (body: any): string[] => body.results.map(({ id }: any) => id);

/** Follows a link of an answer, as a client does: with the same method and body. */
async function follow(gateway: TestGateway, link: string, method: string, body?: object) {
  const { pathname, search } = new URL(link);
  return callRest(gateway, method, `${pathname.replace('/api/v2/experiments/', '')}${search}`, body);
}

test.each(['list/', 'list', '', '?', 'l%69st/'])('GET %s returns the newest experiments, complete', async (path) => {
  const gateway = await createGatewayWith(3);
  await createCalls(gateway).update({ id: 'e2', input: { workflow: [{ type: 'custom', big: 1 }] } });
  const { status, body } = await callRest(gateway, 'GET', path);
  expect([status, listIds(body)]).toEqual([200, ['e3', 'e2', 'e1']]);
  expect(body).toEqual({ count: 3, next: null, previous: null, current_filters: {}, results: body.results });
  for (const result of body.results) {
    expect(result).toEqual((await callRest(gateway, 'GET', `${result.id}/`)).body);
  }
});

test('HEAD returns the headers of a list without a body', async () => {
  const gateway = await createGatewayWith(1);
  for (const path of ['', 'list/', 'summary/']) {
    const { status, text, headers } = await callRest(gateway, 'HEAD', path);
    expect([status, text, headers.get('content-type')]).toEqual([200, '', 'application/json; charset=utf-8']);
  }
});

test('an empty organization has an empty list', async () => {
  const gateway = await createTestGateway();
  const empty = { count: 0, next: null, previous: null, current_filters: {}, results: [] };
  expect((await callRest(gateway, 'GET', 'list/')).body).toEqual(empty);
  expect((await callRest(gateway, 'POST', 'list/', { filters: {} })).body).toEqual(empty);
  expect((await callRest(gateway, 'GET', 'summary/')).body).toEqual({ total_count: 0 });
});

test('a list by POST without a body has no filters; a body without a media type is refused', async () => {
  const gateway = await createGatewayWith(1);
  const { body } = await callRest(gateway, 'POST', 'list/?page_size=5');
  expect([listIds(body), body.current_filters]).toEqual([['e1'], {}]);
  expect((await callRest(gateway, 'POST', 'summary/')).body).toEqual({ total_count: 1 });
  const headers = { authorization: `Bearer ${gateway.key}` };
  const sent = new Uint8Array(Buffer.from('{"filters":{"id":{"value":["x"]}}}'));
  const refused = await gateway.fetch('/api/v2/experiments/list/', { method: 'POST', headers, body: sent });
  expect(refused.status).toBe(415);
});

describe('pages', () => {
  test.each([
    ['GET', {}],
    ['POST', { page_size: 3, sort_by: 'name' }],
    ['POST', { page: 1, page_size: 3, sort_by: 'name', filters: { name: { operator: 'contains', value: ['Name'] } } }],
  ])('the links of a list by %s lead through all pages and back: %j', async (method, sent) => {
    const gateway = await createGatewayWith(8);
    const [path, body] = method === 'GET' ? ['list/?page_size=3&sort_by=name', undefined] : ['list/', sent];
    const pages: string[][] = [];
    let answer = await callRest(gateway, method, path, body);
    expect(answer.body.previous).toBeNull();
    for (;;) {
      expect([answer.status, answer.body.count]).toEqual([200, 8]);
      pages.push(listIds(answer.body));
      if (answer.body.next === null) break;
      answer = await follow(gateway, answer.body.next, method, body);
    }
    expect(pages).toEqual([
      ['e8', 'e7', 'e6'],
      ['e5', 'e4', 'e3'],
      ['e2', 'e1'],
    ]);
    for (let page = pages.length - 2; page >= 0; page--) {
      answer = await follow(gateway, answer.body.previous, method, body);
      expect(listIds(answer.body)).toEqual(pages[page]);
    }
    expect(answer.body.previous).toBeNull();
  });

  test('a link is the address that was asked for, with another page', async () => {
    const gateway = await createGatewayWith(3);
    const { body } = await callRest(gateway, 'GET', 'list/?sort_by=id&page=2&page_size=1');
    expect(body.next).toBe('http://gateway.test/api/v2/experiments/list/?sort_by=id&page=3&page_size=1');
    expect(body.previous).toBe('http://gateway.test/api/v2/experiments/list/?sort_by=id&page=1&page_size=1');
  });

  test('behind a proxy, links have the scheme and host that the proxy names, if they could be any', async () => {
    const gateway = await createGatewayWith(2);
    const readLink = async (headers: Record<string, string>) =>
      (await callRest(gateway, 'GET', '?page_size=1', undefined, { headers })).body.next;
    const path = '/api/v2/experiments/?page_size=1&page=2';
    const forwarded = { 'x-forwarded-proto': 'https, http', 'x-forwarded-host': 'api.example.com:8443, inner' };
    expect(await readLink(forwarded)).toBe(`https://api.example.com:8443${path}`);
    const odd = { 'x-forwarded-proto': 'javascript', 'x-forwarded-host': 'a.example/evil?x=' };
    expect(await readLink(odd)).toBe(`http://gateway.test${path}`);
  });

  test('over a socket, links have the host that the caller used, and work', async () => {
    const gateway = await createGatewayWith(2);
    const url = (await gateway.app.listen()).replace('127.0.0.1', 'localhost');
    const headers = { authorization: `Bearer ${gateway.key}` };
    const first = await (await fetch(new URL('/api/v2/experiments/?page_size=1', url), { headers })).json();
    expect(first.next).toBe(`${new URL(url).origin}/api/v2/experiments/?page_size=1&page=2`);
    const second = await (await fetch(first.next, { headers })).json();
    expect([...listIds(first), ...listIds(second)]).toEqual(['e2', 'e1']);
  });

  test('a page has 20 experiments unless it says otherwise', async () => {
    const gateway = await createGatewayWith(22);
    expect(listIds((await callRest(gateway, 'GET', 'list/')).body)).toHaveLength(20);
    expect(listIds((await callRest(gateway, 'GET', 'list/?page=2')).body)).toEqual(['e2', 'e1']);
    expect(listIds((await callRest(gateway, 'GET', 'list/?page=&page_size=')).body)).toHaveLength(20);
  });

  test('a page beyond the end has no results, however large its number', async () => {
    const gateway = await createGatewayWith(3);
    for (const page of [2, 99, 1_000_000_000]) {
      const { status, body } = await callRest(gateway, 'GET', `list/?page_size=100&page=${page}`);
      expect([status, body.count, body.results, body.next]).toEqual([200, 3, [], null]);
    }
  });

  test('a page deeper than 10,000 experiments is refused when it has results, and names the way on', async () => {
    const gateway = await createGatewayWith(0);
    await callRest(gateway, 'POST', '', { experiment_id: 'template' });
    const connection = otherConnection(gateway);
    const columns = connection.prepare('SELECT name FROM pragma_table_info(?)').pluck().all('experiments') as string[];
    const values: Record<string, string> = { id: "'e' || n", created_at: 'n', updated_at: 'n' };
    connection.exec(`CREATE TEMP TABLE copies AS SELECT * FROM experiments;
      WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 10005)
      INSERT INTO experiments SELECT ${columns.map((name) => values[name] ?? name).join(', ')} FROM copies, numbers`);
    const last = await callRest(gateway, 'GET', 'list/?page=100&page_size=100&sort_by=created_at');
    expect([last.status, last.body.count, listIds(last.body)[99]]).toEqual([200, 10_006, 'e10000']);
    const refused = await follow(gateway, last.body.next, 'GET');
    expect([refused.status, refused.body]).toEqual([
      400,
      { detail: 'Validation error', errors: { page: [expect.stringMatching(/10000 .*GraphQL query experiments/)] } },
    ]);
    const beyond = await callRest(gateway, 'GET', 'list/?page=102&page_size=100');
    expect([beyond.status, beyond.body.results]).toEqual([200, []]);
    expect(beyond.body.previous).toContain('page=101&');
  });

  test.each([
    ['page=0', 'page'],
    ['page=-1', 'page'],
    ['page=1.5', 'page'],
    ['page=two', 'page'],
    ['page=1000000001', 'page'],
    ['page=99999999999999999999', 'page'],
    ['page_size=0', 'page_size'],
    ['page_size=101', 'page_size'],
    ['page_size=all', 'page_size'],
    ['sort_by=colour', 'sort_by'],
    ['sort_by=--name', 'sort_by'],
    ['sort_by=7', 'sort_by'],
    ['sort_by=__proto__', 'sort_by'],
  ])('%s is refused, and named', async (query, name) => {
    const gateway = await createTestGateway();
    const refusal = { detail: 'Validation error', errors: { [name]: [expect.any(String)] } };
    const [, value = ''] = query.split('=');
    for (const path of ['list/', '', 'summary/']) {
      const answer = await callRest(gateway, 'GET', `${path}?${query}`);
      expect([answer.status, answer.body]).toEqual([400, refusal]);
    }
    const sent = { [name]: Number.isNaN(Number(value)) ? value : Number(value) };
    expect(await callRest(gateway, 'POST', 'list/', sent)).toMatchObject({ status: 400, body: refusal });
  });

  test.each([
    ['page=-1', 'page: -1 is outside the range 1 to 1000000000.'],
    ['page=2.5', 'page: 2.5 is not a whole number.'],
    ['page=two', 'page: "two" is not a number.'],
    ['page_size=123456789012345678', 'page_size: 123456789012345680 is outside the range 1 to 100.'],
  ])('the message about %s says what is wrong with it', async (query, message) => {
    const { body } = await callRest(await createTestGateway(), 'GET', `list/?${query}`);
    expect(Object.values(body.errors)).toEqual([[message]]);
  });

  test('a number in a body is not a text', async () => {
    const { status, body } = await callRest(await createTestGateway(), 'POST', 'list/', { page: '1', page_size: '1' });
    expect([status, Object.keys(body.errors)]).toEqual([400, ['page', 'page_size']]);
  });

  test('all that is wrong with a list is reported at once', async () => {
    const { body } = await callRest(await createTestGateway(), 'GET', 'list/?page=0&page_size=101&sort_by=x');
    expect(Object.keys(body.errors)).toEqual(['page', 'page_size', 'sort_by']);
    expect(body.errors.sort_by[0]).toMatch(/^sort_by: "x" is not one of "name", "-name", "status"/);
  });

  test('the query string wins over the body, and null in the body is as good as nothing', async () => {
    const gateway = await createGatewayWith(3);
    const answer = await callRest(gateway, 'POST', 'list/?page=2', {
      page: 1,
      page_size: 1,
      sort_by: null,
      filters: null,
    });
    expect(listIds(answer.body)).toEqual(['e2']);
  });
});

describe('orders', () => {
  test.each([
    ['created_at', ['e1', 'e2', 'e3']],
    ['-created_at', ['e3', 'e2', 'e1']],
    ['updated_at', ['e1', 'e2', 'e3']],
    ['name', ['e3', 'e2', 'e1']],
    ['id', ['e1', 'e2', 'e3']],
    ['-id', ['e3', 'e2', 'e1']],
    ['status', ['e1', 'e3', 'e2']],
    ['-status', ['e2', 'e3', 'e1']],
    ['dataset_id', ['e2', 'e1', 'e3']],
    ['-dataset_id', ['e3', 'e1', 'e2']],
  ])('sort_by=%s sorts the whole list, with the id as the tie-break', async (sort, ids) => {
    const gateway = await createGatewayWith(3);
    await createCalls(gateway).everything();
    otherConnection(gateway).exec("UPDATE experiments SET status = 'RUNNING' WHERE id = 'e2'");
    const pages = [1, 2, 3].map(
      async (page) => (await callRest(gateway, 'GET', `?sort_by=${sort}&page_size=1&page=${page}`)).body,
    );
    expect((await Promise.all(pages)).flatMap(listIds)).toEqual(ids);
    expect(listIds((await callRest(gateway, 'POST', 'list/', { sort_by: sort })).body)).toEqual(ids);
  });
});

describe('callers', () => {
  test.each(['list/', 'summary/', ''])('/%s needs a credential with the scope experiments:read', async (path) => {
    const gateway = await createGatewayWith(1);
    const { secret: writer } = await gateway.issueKey({ scopes: ['experiments:write', 'experiments:run'] });
    for (const method of path === '' ? ['GET'] : ['GET', 'POST']) {
      const body = method === 'POST' ? 'not even JSON' : undefined;
      const anonymous = await callRest(gateway, method, path, body, { key: null });
      expect([anonymous.status, anonymous.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
      const forbidden = await callRest(gateway, method, path, body, { key: writer });
      expect([forbidden.status, forbidden.body.detail]).toEqual([403, expect.stringContaining('experiments:read')]);
    }
  });

  test('a list and its count hold nothing of another organization', async () => {
    const gateway = await createGatewayWith(2);
    const { secret: key } = await gateway.issueKey({ organization: 'other' });
    const sent = { filters: { id: { operator: 'in', value: ['e1', 'e2'] } } };
    for (const body of [undefined, sent]) {
      const method = body ? 'POST' : 'GET';
      expect((await callRest(gateway, method, 'list/', body, { key })).body).toMatchObject({ count: 0, results: [] });
      expect((await callRest(gateway, method, 'summary/', body, { key })).body).toEqual({ total_count: 0 });
    }
  });
});

test('fields of a list that are not known are ignored, and named in warnings', async () => {
  const gateway = await createGatewayWith(1);
  const { body } = await callRest(gateway, 'POST', 'list/?colour=red', { filter: {}, page: 1 });
  expect(listIds(body)).toEqual(['e1']);
  expect(body.warnings).toEqual([
    { code: 'UNKNOWN_FIELD', message: expect.stringContaining('"colour"'), path: ['colour'] },
    { code: 'UNKNOWN_FIELD', message: expect.stringContaining('"filter"'), path: ['filter'] },
  ]);
  expect((await callRest(gateway, 'GET', 'summary/?q=1')).body).toMatchObject({
    total_count: 1,
    warnings: [{ path: ['q'] }],
  });
});

describe('the answer of a list has at most 16 MiB', () => {
  /** Twenty experiments with workflows of this many bytes. */
  async function createLargeExperiments(bytes: number) {
    const gateway = await createTestGateway();
    const { experiments, close } = await openStorage(`file:${gateway.databasePath}`);
    const workflow = json(`[{"prompt":"${'x'.repeat(bytes - 15)}"}]`);
    for (let index = 0; index < 20; index++)
      await experiments.insert(anExperiment({ id: `e${index}`, workflow }), author);
    await close();
    return gateway;
  }

  test('and a page that would be larger is refused and says to ask for less', async () => {
    const gateway = await createLargeExperiments(900_000);
    expect(await callRest(gateway, 'GET', 'list/')).toMatchObject({
      status: 400,
      body: { errors: { page_size: [expect.stringMatching(/larger than 16 MiB/)] } },
    });
    const { status, body } = await callRest(gateway, 'GET', 'list/?page_size=15');
    expect([status, listIds(body)]).toEqual([200, expect.toSatisfy((ids) => ids.length === 15)]);
  });

  test('and what is written twice counts twice', async () => {
    const gateway = await createTestGateway();
    const { experiments, close } = await openStorage(`file:${gateway.databasePath}`);
    const ids = json<string>(JSON.stringify(Array.from({ length: 100 }, (_, index) => `${index}`.padEnd(1_000, '😀'))));
    for (let index = 0; index < 100; index++)
      await experiments.insert(anExperiment({ id: `e${index}`, evaluatorIds: ids }), author);
    await close();
    expect((await callRest(gateway, 'GET', 'list/?page_size=100')).status).toBe(400);
    expect((await callRest(gateway, 'GET', 'list/?page_size=20')).status).toBe(200);
  });
});

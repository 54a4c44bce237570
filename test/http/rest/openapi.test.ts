import { createConfig, lintFromString } from '@redocly/openapi-core';
import { expect, test } from 'vitest';
import { createTestGateway, type TestGateway } from '../../support/gateway/test-gateway.ts';
import { callRest } from '../../support/http/rest.ts';

async function readOpenApi() {
  const { fetch } = await createTestGateway();
  const response = await fetch('/api/v2/openapi.json');
  expect(response.status).toBe(200);
  return response.json();
}

/** The problems that the linter finds in a document and its examples. */
async function findProblems(document: object) {
  const config = await createConfig({
    extends: ['recommended'],
    rules: {
      'no-invalid-media-type-examples': 'error',
      'no-invalid-schema-examples': 'error',
      'no-invalid-parameter-examples': 'error',
      'no-path-trailing-slash': 'off',
    },
  });
  const problems = await lintFromString({ source: JSON.stringify(document), config });
  return problems.map(({ ruleId, message, location }) => [ruleId, message, location[0]?.pointer]);
}

test('the OpenAPI document passes the linter with its recommended rules, examples included', async () => {
  expect(await findProblems(await readOpenApi())).toEqual([]);
});

/** Every schema of a document at any depth, with its path. */
function findSchemas(value: unknown, path = ''): [string, Record<string, any>][] {
  if (typeof value !== 'object' || value === null) return [];
  const own: [string, Record<string, any>][] = 'type' in value || 'anyOf' in value ? [[path, value]] : [];
  return [...own, ...Object.entries(value).flatMap(([key, inner]) => findSchemas(inner, `${path}/${key}`))];
}

test('in the OpenAPI document lists declare the type of their items, and nullable types include null', async () => {
  const { components } = await readOpenApi();
  const lists = findSchemas(components.schemas).filter(([, { type }]) => [type].flat().includes('array'));
  expect(lists.length).toBeGreaterThan(10);
  for (const [path, { items }] of lists)
    expect([path, items]).toEqual([path, expect.toSatisfy((each) => 'type' in each || '$ref' in each)]);
  expect(findSchemas(components.schemas).filter(([, schema]) => 'anyOf' in schema)).toEqual([]);
  const { ReplaceExperiment, CreateExperiment } = components.schemas;
  for (const { properties } of [ReplaceExperiment, CreateExperiment])
    for (const property of Object.values<any>(properties)) expect(property.type).toContain('null');
});

test('the OpenAPI document says which ids are reserved (R10), and that a replace does not rename (R8)', async () => {
  const { CreateExperiment, ReplaceExperiment } = (await readOpenApi()).components.schemas;
  expect(CreateExperiment.properties.experiment_id.description).toContain(
    '., .., list, summary, and everything that begins with dataset:',
  );
  expect(ReplaceExperiment.properties.experiment_id.description).toContain('id in the path');
});

/** An example request of the document. */
interface Example {
  readonly operation: any;
  readonly method: string;
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: unknown;
}

/** Sends an example with a key; `null` sends none. */
async function send(gateway: TestGateway, { method, path, headers, body }: Example, key: string | null = gateway.key) {
  const response = await gateway.fetch(path, {
    method: method.toUpperCase(),
    headers: {
      ...headers,
      ...(key !== null && { authorization: `Bearer ${key}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === '' ? undefined : JSON.parse(text) };
}

const methods = ['post', 'get', 'put', 'patch', 'delete'];

/** The examples of a document in the order in which a reader tries them. */
function findExamples({ paths }: any): Example[] {
  const all = Object.entries<any>(paths).flatMap(([path, item]) =>
    Object.entries<any>(item)
      .filter(([method]) => method !== 'parameters')
      .map(([method, operation]): Example => {
        const parameters: any[] = [...(item.parameters ?? []), ...(operation.parameters ?? [])];
        const inPath = parameters.filter((parameter) => parameter.in === 'path');
        const query = parameters.flatMap(({ in: place, name, example }) =>
          place === 'query' ? [[name, String(example)]] : [],
        );
        return {
          operation,
          method,
          path: inPath.reduce(
            (known, { name, example }) => known.replace(`{${name}}`, encodeURIComponent(example)),
            query.length > 0 ? `${path}?${new URLSearchParams(query)}` : path,
          ),
          headers: Object.fromEntries(parameters.filter((p) => p.in === 'header').map((p) => [p.name, p.example])),
          body: operation.requestBody?.content['application/json'].example,
        };
      }),
  );
  return all.toSorted((one, other) => methods.indexOf(one.method) - methods.indexOf(other.method));
}

/** An answer without its times, which differ from those of the example. */
function removeTimes(body: unknown): unknown {
  const isTime = (name: string) => name === 'created_at' || name === 'updated_at';
  return body && JSON.parse(JSON.stringify(body, (name, value: unknown) => (isTime(name) ? null : value)));
}

async function createExampleGateway() {
  const gateway = await createTestGateway();
  const registration =
    'mutation { registerDataset(input: { id: "ds_support_qa_2024", name: "Support QA" }) { __typename } }';
  await gateway.data(registration);
  return gateway;
}

test('every example of the OpenAPI document works and returns the documented answer', async () => {
  const document = await readOpenApi();
  const gateway = await createExampleGateway();
  for (const example of findExamples(document)) {
    const answer = await send(gateway, example);
    const { headers, content } = example.operation.responses[answer.status];
    const media = content?.['application/json'];
    expect(removeTimes(answer.body)).toEqual(removeTimes(media?.example));
    const location = headers.Location ? document.components.headers.Location.example : null;
    expect(answer.headers.get('location')).toBe(location);
    expect(answer.headers.get('etag')).toBe(headers.ETag?.example ?? null);
    expect(answer.headers.get('x-request-id')).not.toBeNull();
    // The linter then checks the answer against the schema.
    if (media) media.example = answer.body;
  }
  expect(await findProblems(document)).toEqual([]);
});

test('real answers with links, warnings, changes and every kind of value match their schemas', async () => {
  const document = await readOpenApi();
  const gateway = await createExampleGateway();
  const rich = {
    description: 'D',
    tags: [{ a: [1, null] }],
    generation_method: 'g',
    nonsense: 1,
    evaluator_slugs: ['s'],
  };
  for (const experiment_id of ['one', 'two', 'three'])
    await callRest(gateway, 'POST', '', { experiment_id, dataset_id: 'ds_support_qa_2024', ...rich });
  await gateway.data('mutation { failExperiment(id: "two", errorMessage: "No credit.") { __typename } }');
  const list = { filters: { id: { value: 'two' }, dataset_id: { operator: 'isnull', value: [false] } }, junk: 1 };
  const calls: [path: string, method: string, address: string, body?: object][] = [
    ['/api/v2/experiments/', 'get', '?page=2&page_size=1'],
    ['/api/v2/experiments/', 'post', '', { ...rich, workflow: [{ type: 'completion', config: { temperature: 9 } }] }],
    ['/api/v2/experiments/list/', 'get', 'list/?page_size=2&junk=1'],
    ['/api/v2/experiments/list/', 'post', 'list/?page=2', list],
    ['/api/v2/experiments/summary/', 'get', 'summary/?junk=1'],
    ['/api/v2/experiments/summary/', 'post', 'summary/', list],
    ['/api/v2/experiments/{experiment_id}/', 'get', 'two/'],
    ['/api/v2/experiments/{experiment_id}/', 'put', 'two/', { workflows: [{ type: 'x' }], evaluator_ids: ['t', 't'] }],
    ['/api/v2/experiments/{experiment_id}/', 'patch', 'one/', { tags: null, description: null, junk: 1 }],
  ];
  for (const [path, method, address, body] of calls) {
    const answer = await callRest(gateway, method.toUpperCase(), address, body);
    const documented = document.paths[path][method].responses[answer.status];
    expect([method, address, documented]).toEqual([method, address, expect.anything()]);
    documented.content['application/json'].example = answer.body;
  }
  expect(await findProblems(document)).toEqual([]);
  // Proves that the linter looks: an answer that does not match is found.
  document.paths['/api/v2/experiments/list/'].get.responses[200].content['application/json'].example.results[0].name =
    5;
  expect(await findProblems(document)).not.toEqual([]);
});

test('every example of the OpenAPI document works again, although the revision has changed', async () => {
  const gateway = await createExampleGateway();
  const examples = findExamples(await readOpenApi()).filter(({ method }) => method !== 'delete');
  for (const example of examples) expect((await send(gateway, example)).status).toBeLessThan(300);
  for (const example of examples) {
    const isCreate = example.operation.operationId === 'createExperiment';
    expect((await send(gateway, example)).status).toBe(isCreate ? 201 : 200);
  }
});

test('every refusal is documented in OpenAPI and matches its schema', async () => {
  const document = await readOpenApi();
  const gateway = await createExampleGateway();
  const { secret: readOnly } = await gateway.issueKey({ scopes: [] });
  const examples = findExamples(document).filter(({ method }) => method !== 'delete');
  for (const example of findExamples(document)) await send(gateway, example);
  const [create] = examples;
  if (!create) throw new Error('There is no example.');
  const refusals: [Example, Awaited<ReturnType<typeof send>>][] = [];
  const refuse = async (example: Example, key?: string | null) => {
    refusals.push([example, await send(gateway, example, key)]);
  };
  for (const example of findExamples(document)) {
    await refuse(example, null);
    await refuse(example, readOnly);
    if (example.path.includes('exp_')) await refuse(example);
  }
  // What its key created has been deleted.
  await refuse(create);
  const withoutKey = { ...create, headers: {} };
  expect((await send(gateway, withoutKey)).status).toBe(201);
  await refuse({ ...withoutKey, body: { ...(create.body as object), name: 'Another' } });
  for (const example of findExamples(document).filter(({ path }) => path.includes('?')))
    await refuse({ ...example, path: example.path.replace('page=1', 'page=0') });
  for (const example of findExamples(document).filter(({ headers }) => 'If-Match' in headers))
    await refuse({ ...example, headers: { 'If-Match': '"7"' } });
  for (const example of examples.filter(({ body }) => body !== undefined)) {
    await refuse({ ...example, body: { batch_size: 0, concurrency: 'many', filters: { nonsense: {} } } });
    await refuse({ ...example, body: '[' });
    await refuse({ ...example, body: ' '.repeat(2 * 1024 * 1024 + 1) });
  }
  const seen = new Set<number>();
  for (const [{ method, operation }, { status, headers, body }] of refusals) {
    const documented = operation.responses[status];
    expect([method, status, documented]).toEqual([method, status, expect.anything()]);
    seen.add(status);
    for (const name of Object.keys(documented.headers))
      expect([method, status, name, headers.get(name)]).toEqual([method, status, name, expect.any(String)]);
    documented.content['application/json'].example = body;
  }
  expect(await findProblems(document)).toEqual([]);
  expect([...seen].toSorted((one, other) => one - other)).toEqual([400, 401, 403, 404, 409, 412, 413, 422]);
});

test('null is accepted exactly where the OpenAPI document allows it', async () => {
  const { components } = await readOpenApi();
  const gateway = await createTestGateway();
  const { UpdateExperiment, ReplaceExperiment } = components.schemas;
  await callRest(gateway, 'POST', '', { experiment_id: 'a' });
  for (const [method, { properties }] of Object.entries({ PATCH: UpdateExperiment, PUT: ReplaceExperiment })) {
    for (const [name, { type }] of Object.entries<any>(properties)) {
      const { status } = await callRest(gateway, method, 'a/', { [name]: null });
      expect([method, name, status]).toEqual([method, name, type.includes('null') ? 200 : 400]);
    }
  }
});

test('the OpenAPI document contains all operations with their defaults and bounds', async () => {
  const { openapi, paths, components } = await readOpenApi();
  expect(openapi).toMatch(/^3\.1\./);
  const operations = Object.entries<any>(paths).flatMap(([path, item]) =>
    Object.keys(item)
      .filter((method) => method !== 'parameters')
      .map((method) => `${method} ${path}`),
  );
  expect(operations.toSorted()).toEqual([
    'delete /api/v2/experiments/{experiment_id}/',
    'get /api/v2/experiments/',
    'get /api/v2/experiments/list/',
    'get /api/v2/experiments/summary/',
    'get /api/v2/experiments/{experiment_id}/',
    'patch /api/v2/experiments/{experiment_id}/',
    'post /api/v2/experiments/',
    'post /api/v2/experiments/list/',
    'post /api/v2/experiments/summary/',
    'put /api/v2/experiments/{experiment_id}/',
  ]);
  const { properties } = components.schemas.ReplaceExperiment;
  expect(properties.batch_size).toMatchObject({ default: 100 });
  expect(JSON.stringify(properties.batch_size)).toContain('"maximum":10000');
  expect(JSON.stringify(properties.name)).toContain('"maxLength":255');
  expect(properties.tags).toBeUndefined();
  expect(components.schemas.UpdateExperiment.properties.batch_size.default).toBeUndefined();
  expect(properties.workflows).toMatchObject({ deprecated: true });
  const { page_size, filters } = components.schemas.ListExperiments.properties;
  const { Filters, FilterCondition } = components.schemas;
  expect(filters).toEqual({ $ref: '#/components/schemas/Filters' });
  expect(page_size).toMatchObject({ type: 'integer', minimum: 1, maximum: 100, default: 20 });
  expect(Object.keys(Filters.properties)).toEqual(['name', 'status', 'dataset_id', 'created_at', 'updated_at', 'id']);
  expect(FilterCondition.properties.operator.enum).toEqual(
    expect.arrayContaining(['', 'iexact', 'in', 'not', 'contains', 'icontains', 'isnull']),
  );
});

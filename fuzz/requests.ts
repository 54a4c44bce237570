import { buildOpenApiDocument } from '../src/http/rest/openapi.ts';
import { type FuzzCase, toCase } from './case.ts';
import { generateOperation } from './documents.ts';
import type { Random } from './random.ts';
import { generateJson, type Seen } from './values.ts';

const document = buildOpenApiDocument() as any;
const resolve = (schema: any): any =>
  schema?.$ref ? document.components.schemas[schema.$ref.replace('#/components/schemas/', '')] : schema;
const operations = Object.entries<any>(document.paths).flatMap(([path, { parameters: _, ...methods }]) =>
  Object.entries<any>(methods).map(([method, { requestBody }]) => ({
    method: method.toUpperCase(),
    path,
    properties: Object.keys(resolve(requestBody?.content['application/json'].schema)?.properties ?? {}),
    hasBody: requestBody !== undefined,
  })),
);

/** Bytes that parsers trip over. */
const tokens = [
  '"',
  '\\',
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '\\u0000',
  '\\ud800',
  '1e999',
  '-0',
  'null',
  'true',
  '\0',
  '\x7f',
];
const longTokens = ['['.repeat(600), '{"a":'.repeat(600), '9'.repeat(400), ' '.repeat(3_000), '"__proto__":{"a":1},'];

/** A random request: generated from the schema or the REST operations, with its bytes changed in one of four. */
export function generateRequest(random: Random, seen: Seen, keys: readonly string[]): FuzzCase {
  const made = random.chance(0.7) ? generateGraphql(random, seen) : generateRest(random, seen);
  const authorization = random.chance(0.95) ? `Bearer ${keys[0]}` : random.pick(['', 'Bearer x', `Bearer ${keys[1]}`]);
  const headers: Record<string, string> = { authorization, ...made.headers };
  const door = made.isStream || random.chance(0.7) ? 'fetch' : 'socket';
  const changed = !made.isStream && random.chance(0.25);
  const body = changed && made.body.length > 0 ? mutate(random, made.body) : made.body;
  const isRaw = changed && door === 'socket' && random.chance(0.2);
  return toCase({
    ...made,
    headers,
    door: isRaw ? 'raw' : door,
    body,
    rawSeed: isRaw ? random.below(2 ** 31) : 0,
    isChanged: changed,
  });
}

type Made = Pick<FuzzCase, 'method' | 'path' | 'headers' | 'isStream' | 'operation'> & { body: Buffer };

function generateGraphql(random: Random, seen: Seen): Made {
  const operation = generateOperation(random, seen);
  const { query, variables, kind } = operation;
  const isStream = kind === 'subscription';
  const headers: Record<string, string> = { 'content-type': 'application/json' };
  if (isStream) headers.accept = 'text/event-stream';
  if (!isStream && random.chance(0.2)) headers.accept = 'application/graphql-response+json';
  const shared = { isStream, operation: { query, variables } };
  if (kind === 'query' && random.chance(0.05)) {
    const search = new URLSearchParams({ query: query.toWellFormed(), variables: JSON.stringify(variables) });
    const path = `/graphql?${search}`;
    if (path.length < 8_000) return { ...shared, method: 'GET', path, headers: {}, body: Buffer.of() };
  }
  const body = Buffer.from(JSON.stringify({ query, variables }));
  return { ...shared, method: 'POST', path: '/graphql', headers, body };
}

function generateRest(random: Random, seen: Seen): Made {
  const { method, path, properties, hasBody } = random.pick(operations);
  const id =
    seen.ids.length > 0 && random.chance(0.6)
      ? random.pick(seen.ids)
      : random.pick(['e1', 'e2', 'e3', '%', 'a b', 'ü', '%ff']);
  const search = random.chance(0.3)
    ? `?page=${random.pick([0, 1, 2, 'x', 1e9])}&page_size=${random.pick([1, 5, 101, ''])}&sort_by=${random.pick(['name', '-created_at', 'x'])}`
    : '';
  const headers: Record<string, string> = {};
  if (hasBody) headers['content-type'] = 'application/json';
  if (random.chance(0.15))
    headers['if-match'] = random.pick(['"1"', '"2"', '*', 'x', '"1", "2"', 'W/"1"', '"99999999999999999999"', '']);
  if (random.chance(0.1)) headers['idempotency-key'] = random.pick(['key-1', 'key-2', '', 'k'.repeat(300)]);
  const entries = properties.filter(() => random.chance(0.25)).map((name) => [name, generateProperty(random, name)]);
  return {
    method,
    path: path.replace('{experiment_id}', id.startsWith('%') ? id : encodeURIComponent(id.toWellFormed())) + search,
    headers,
    isStream: false,
    operation: null,
    body: Buffer.from(hasBody ? JSON.stringify(Object.fromEntries(entries)) : ''),
  };
}

function generateProperty(random: Random, name: string): unknown {
  if (random.chance(0.1)) return generateJson(random);
  if (name === 'filters')
    return {
      [random.pick(['name', 'status', 'id', 'dataset_id', 'created_at', 'x'])]: {
        operator: random.pick([
          '',
          'iexact',
          'in',
          'not',
          'contains',
          'icontains',
          'startswith',
          'gt',
          'lte',
          'isnull',
          'x',
        ]),
        value: [random.pick(['e1', 'a', '%', 'running', '2026-11-22', '2026-11-22T10:00:00Z', true, '\0'])],
      },
    };
  if (/_ids$|_slugs$/.test(name)) return random.pick([[], ['a'], ['a', 'b'], ['a', 'a'], ['\0'], null]);
  if (/tags|workflows?$/.test(name))
    return random.pick([[], [{}], [{ type: 'prompt', config: { temperature: 9 } }], [generateJson(random)], null]);
  if (/batch_size|concurrency|page/.test(name)) return random.pick([1, 5, 100, 0, 10_001, 1.5, '5', null]);
  if (name === 'enable_tracing') return random.pick([true, false, null, 'true']);
  if (name === 'experiment_id') return random.pick(['e1', 'e2', 'e3', 'list', '']);
  return random.pick(['a', 'Name', '', ' ', '\0', '\ud800', 'x'.repeat(256), null]);
}

/** Changes some bytes: flips, cuts, repeats, and inserts. */
export function mutate(random: Random, bytes: Buffer): Buffer {
  let changed = bytes;
  for (let count = 1 + random.below(4); count > 0 && changed.length > 0; count--) {
    const at = random.below(changed.length);
    const end = Math.min(changed.length, at + 1 + random.below(20));
    const [before, part, after] = [changed.subarray(0, at), changed.subarray(at, end), changed.subarray(end)];
    const action = random.below(5);
    if (action === 0) {
      changed = Buffer.from(changed);
      changed[at] = random.below(256);
    } else if (action === 1) changed = Buffer.concat([before, after]);
    else if (action === 2) changed = Buffer.concat([before, part, part, after]);
    else if (action === 3) changed = Buffer.concat([before, Buffer.from(random.pick(tokens)), part, after]);
    else if (random.chance(0.3)) changed = before;
    else changed = Buffer.concat([before, Buffer.from(random.pick(longTokens)), part, after]);
  }
  return changed;
}

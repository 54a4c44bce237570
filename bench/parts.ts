import { createRequire } from 'node:module';
import { createApp } from '../src/app.ts';
import { readConfig } from '../src/config.ts';
import type { Actor } from '../src/domain/actor.ts';
import { createApiKeyReadOperations } from '../src/domain/api-key/api-key.ts';
import { createDatasetOperations } from '../src/domain/dataset/dataset.ts';
import { createLocalEvents } from '../src/domain/experiment/events.ts';
import { omittedContent } from '../src/domain/experiment/experiment.ts';
import { validateInput } from '../src/domain/experiment/input.ts';
import { createExperimentOperations } from '../src/domain/experiment/operations.ts';
import { defaultOrder } from '../src/domain/experiment/query.ts';
import { parseJson, stringifyJson } from '../src/domain/json/exact-json.ts';
import { GatewayContext } from '../src/schema/context.ts';
import { schema } from '../src/schema/index.ts';
import { openStorage } from '../src/storage/open.ts';
import { createDatabases } from './databases.ts';
import { toExperimentId } from './load.ts';
import { median, smallSize } from './measurements.ts';
import { buildEnvironment, measure, startServer } from './servers.ts';
import { drawTable } from './table.ts';
import { content, documents, graphql } from './works.ts';

/** The gateway's own graphql: an import from this folder could find the one of the peers. */
const { execute, parse, validate } = createRequire(new URL('../src/app.ts', import.meta.url))(
  'graphql',
) as typeof import('../node_modules/graphql/index.js');

/** One part of a request. `call` gets a different number each time, and throws when the part does not do its work. */
interface Part {
  readonly name: string;
  readonly call: (n: number) => unknown;
}

type Document = keyof typeof documents;

/** How many calls are in flight at once, as if over that many connections. */
const inFlight = 32;

/** Prints the CPU time per call of each part: the median of interleaved rounds, and the minimum. */
export async function measureParts({ rounds, isShort }: { rounds: number; isShort: boolean }): Promise<void> {
  const files = createDatabases();
  const { path, key } = await files.template(smallSize);
  const app = await createApp(readConfig({ ...buildEnvironment(files.copy(path, 'app')), LOG_LEVEL: 'silent' }));
  const storage = await openStorage(`file:${files.copy(path, 'parts')}`);
  const fetched = fetcher(app.fetch, key);
  const answers = { replace: await fetched('replace', 0), page: await fetched('page', 0) };

  const parts = [...pureParts(answers), ...storedParts(storage), ...wholeParts(fetched)];
  const budget = isShort ? 20_000 : 200_000;
  const times = new Map<string, number[]>();
  for (let round = 0; round <= rounds; round++) {
    for (const part of parts) {
      const cpu = await cpuOfCall(part, budget, round);
      // The first round only warms up.
      if (round > 0) times.set(part.name, [...(times.get(part.name) ?? []), cpu]);
    }
  }
  await app.close();
  await storage.close();

  for (const name of ['replace', 'page'] as const) {
    const floor = { title: 'The floor', command: ['bench/floor.ts', files.file(`${name}.json`, answers[name])] };
    const server = await startServer(floor, path);
    const request = { ...buildRequest(name, 0), expect: ['"data"'] };
    const requests = isShort ? 500 : 5_000;
    const job = { ...request, port: server.port, key, requests, connections: inFlight, size: smallSize };
    await measure(server, job);
    const cpus: number[] = [];
    for (let round = 0; round < rounds; round++) cpus.push((await measure(server, job)).cpu);
    times.set(`http: node:http alone with the bytes of a ${name}`, cpus);
    await server.stop();
  }

  const rows = [...times].map(([name, cpus]) => [name, median(cpus).toFixed(1), Math.min(...cpus).toFixed(1)]);
  console.log(drawTable(['CPU µs per call', `median of ${rounds}`, 'minimum'], rows));
}

/** The CPU time of this process per call, in microseconds, over as many calls as fit in a budget of CPU time. */
async function cpuOfCall({ call }: Part, budget: number, round: number): Promise<number> {
  const start = process.cpuUsage();
  for (let calls = 0; ; ) {
    const results = Array.from({ length: inFlight }, () => call(round * 1_000_000 + calls++));
    if (results[0] instanceof Promise) await Promise.all(results);
    const { user, system } = process.cpuUsage(start);
    if (user + system >= budget) return (user + system) / calls;
  }
}

function buildRequest(name: Document, n: number) {
  const id = toExperimentId(n % smallSize);
  const variables = { replace: { id, input: buildInput(n) }, one: { id }, page: { first: 50, after: null } };
  return graphql(documents[name], variables[name]);
}

function buildInput(n: number) {
  return { ...content, name: `Run ${n}` };
}

function assert(isTrue: boolean, message: string): void {
  if (!isTrue) throw new Error(message);
}

/** The parts that need no storage. */
function pureParts(answers: { readonly replace: string; readonly page: string }): Part[] {
  const parsed = { replace: parse(documents.replace), page: parse(documents.page) };
  const body = buildRequest('replace', 1).body;
  const values = { replace: parseJson(answers.replace), page: parseJson(answers.page) };
  const isValid = (name: 'replace' | 'page') =>
    assert(validate(schema, parsed[name]).length === 0, `The document of a ${name} is not valid.`);
  return [
    { name: 'parse: replace', call: () => parse(documents.replace) },
    { name: 'parse: page', call: () => parse(documents.page) },
    { name: 'validate: replace', call: () => isValid('replace') },
    { name: 'validate: page', call: () => isValid('page') },
    { name: 'json: body of a replace', call: () => parseJson(body) },
    {
      name: 'zod: input of a replace',
      call: (n) => assert(validateInput(buildInput(n)).kind === 'checked', 'The input is not valid.'),
    },
    { name: 'stringify: response to a replace', call: () => stringifyJson(values.replace) },
    { name: 'stringify: response with a page', call: () => stringifyJson(values.page) },
  ];
}

type Storage = Awaited<ReturnType<typeof openStorage>>;
type Store = Storage['experiments'];

/** The store, the operation on top of it, and the resolvers on top of that. */
function storedParts({ experiments: store, datasets, apiKeys }: Storage): Part[] {
  const organization = 'default';
  const author = { kind: 'apiKey', id: 'key_bench' } as const;
  const actor: Actor = { organization, scopes: ['experiments:read', 'experiments:write'], author };
  const services = {
    experiments: createExperimentOperations(store, createLocalEvents()),
    datasets: createDatasetOperations(datasets),
    apiKeys: createApiKeyReadOperations(apiKeys),
  };
  const page = { size: 50, fromEnd: false, after: null, before: null };
  const checked = validateInput(content);
  if (checked.kind === 'invalid') throw new Error(checked.message);
  const written = { ...omittedContent, ...checked.given } as Parameters<Store['replace']>[0]['content'];

  const execution = (name: Document) => {
    const document = parse(documents[name]);
    return async (n: number) => {
      const contextValue = new GatewayContext(
        { caller: actor, isRefused: false, rateLimit: null, noteError: () => undefined, noteFault: () => undefined },
        services,
        () => () => undefined,
      );
      const variableValues = { id: toExperimentId(n % smallSize), input: buildInput(n), first: 50 };
      const { data, errors } = await execute({ schema, document, contextValue, variableValues });
      assert(data != null && !errors, `The execution of ${name} failed.`);
    };
  };
  return [
    { name: 'store: find', call: (n) => store.find(organization, toExperimentId(n % smallSize)) },
    { name: 'store: list of 50', call: () => store.list({ organization, filter: {}, order: defaultOrder, page }) },
    { name: 'store: count', call: () => store.count(organization, {}) },
    {
      name: 'store: replace, durable',
      async call(n) {
        const write = { organization, id: toExperimentId(n % smallSize), ifRevision: null, at: new Date(), author };
        const outcome = await store.replace({ ...write, content: { ...written, name: `Stored ${n}` } });
        assert(outcome.kind === 'replaced' && outcome.after !== outcome.before, 'Nothing was replaced.');
      },
    },
    {
      name: 'domain: replace, durable',
      async call(n) {
        const id = toExperimentId(n % smallSize);
        const result = await services.experiments.replace(actor, { id, input: { ...content, name: `Operated ${n}` } });
        assert(result.kind === 'written' && result.changes.length > 0, 'Nothing was replaced.');
      },
    },
    { name: 'execute: one', call: execution('one') },
    { name: 'execute: page', call: execution('page') },
    { name: 'execute: replace, durable', call: execution('replace') },
  ];
}

type Fetched = (name: Document, n: number) => Promise<string>;

/** The gateway without a socket. */
function fetcher(fetch: (request: Request) => Promise<Response>, key: string): Fetched {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${key}` };
  return async (name, n) => {
    const { path, ...request } = buildRequest(name, n);
    const response = await fetch(new Request(`http://localhost${path}`, { ...request, headers }));
    const answer = await response.text();
    assert(response.status === 200 && !answer.includes('"errors"'), `The gateway answers ${answer.slice(0, 300)}`);
    return answer;
  };
}

function wholeParts(fetched: Fetched): Part[] {
  return [
    { name: 'fetch: one', call: (n) => fetched('one', n) },
    { name: 'fetch: page', call: (n) => fetched('page', n) },
    { name: 'fetch: replace, durable', call: (n) => fetched('replace', n) },
  ];
}

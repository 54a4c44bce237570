import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { buildSchema, parse, print, validate, visit } from 'graphql';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { bundleRelayExample, copyExample, generateCode, root } from '../support/clients/generated-examples.ts';
import { createCalls } from '../support/gateway/calls.ts';
import { steps } from '../support/gateway/operations.ts';
import { createTestGateway } from '../support/gateway/test-gateway.ts';

const typescript = copyExample('typescript');
const relay = copyExample('relay');
const bundled = { environment: '', experiments: '' };

beforeAll(async () => {
  await generateCode(typescript);
  bundled.environment = await bundleRelayExample(relay, 'environment');
  bundled.experiments = await bundleRelayExample(relay, 'experiments');
});

const load = (path: string): Promise<any> => import(pathToFileURL(path).href);

async function waitFor(isThere: () => boolean): Promise<void> {
  while (!isThere()) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** Records the GraphQL requests that client libraries send from here on. */
function recordRequests(): string[] {
  const sent: string[] = [];
  const { fetch } = globalThis;
  onTestFinished(() => void (globalThis.fetch = fetch));
  globalThis.fetch = (input, init) => {
    sent.push(/^\s*(query|mutation|subscription)/m.exec(JSON.parse(init?.body as string).query)?.[1] ?? '');
    return fetch(input, init);
  };
  return sent;
}

/** A gateway that listens, with the experiments `faq` and `tone`. */
async function openGateway() {
  const gateway = await createTestGateway();
  const calls = createCalls(gateway);
  await calls.created({ experimentId: 'faq', name: 'First', batchSize: 7 });
  await calls.created({ experimentId: 'tone', name: 'Other', batchSize: 8 });
  return { ...gateway, url: `${await gateway.app.listen()}/graphql` };
}

describe('the code that is generated from schema.graphql', () => {
  test.each([
    ['typescript', typescript],
    ['relay', relay],
  ])('makes examples/%s compile under `strict`, and each mistake in it an error', async (_name, folder) => {
    const compiler = join(root, 'node_modules/.bin/tsc');
    const compiled = promisify(execFile)(compiler, ['-p', folder]).catch(({ stdout }: { stdout: string }) => ({
      stdout,
    }));
    expect(await compiled).toMatchObject({ stdout: '' });
  });

  test('is up to date in examples/relay', () => {
    const schema = buildSchema(readFileSync(join(root, 'schema.graphql'), 'utf8'));
    const source = readFileSync(join(relay, 'experiments.ts'), 'utf8');
    const folder = join(relay, '__generated__');
    const generated = readdirSync(folder).flatMap((file) => {
      const [, text] = /"text": ("(?:[^"\\]|\\.)*")/.exec(readFileSync(join(folder, file), 'utf8')) ?? [];
      return text ? [JSON.parse(text) as string] : [];
    });
    expect(generated).toHaveLength(5);
    for (const text of generated) expect(validate(schema, parse(text))).toEqual([]);
    const written = [...source.matchAll(/graphql`([^`]*)`/g)].map(([, text = '']) => text);
    // The first page is the same selection without its `after`.
    const compared = generated.filter((text) => !text.startsWith('query experimentsListQuery'));
    expect(listSelections(compared)).toEqual(listSelections(written));
  });
});

/** Lists the fields of documents with their arguments, without those that relay-compiler adds. */
function listSelections(documents: readonly string[]): Set<string> {
  const found = new Set<string>();
  for (const definition of documents.flatMap((text) => parse(text).definitions)) {
    const path: string[] = [];
    visit(definition, {
      Field: {
        enter(node) {
          path.push(print({ ...node, selectionSet: undefined, directives: [] }));
          if (!/^(id|cursor|__\w+(: __typename)?)$/.test(path.at(-1) ?? '')) found.add(path.join(' / '));
        },
        leave: () => void path.pop(),
      },
      InlineFragment: {
        enter: (node) => void path.push(`... on ${node.typeCondition?.name.value}`),
        leave: () => void path.pop(),
      },
    });
  }
  return found;
}

/** What the tests below see of an example with a cache. */
interface Screen {
  /** The rows, each time that the example shows them. */
  readonly shown: { id: string; name: string; batchSize: number; status: string; progress: number }[][];
  readonly errors: Error[];
  replace(variables: object): Promise<string>;
  remove(id: string): Promise<any>;
  watch(id: string): () => void;
  stop(): void;
}

async function openTypeScriptScreen(library: 'apollo' | 'urql', url: string, key: string): Promise<Screen> {
  const example = await load(join(typescript, `${library}.ts`));
  const { describeOutcome } = await load(join(typescript, 'outcome.ts'));
  const client = example.createClient(url, key);
  const shown: Screen['shown'] = [];
  const errors: Error[] = [];
  const fail = (error: Error) => void errors.push(error);
  const stop = example.showExperiments(client, (rows: Screen['shown'][0]) => void shown.push(rows), fail);
  return {
    shown,
    errors,
    replace: async (variables) => describeOutcome(await example.replace(client, variables)),
    remove: (id) => example.remove(client, id),
    watch: (id) => example.watch(client, id, () => undefined, fail),
    stop,
  };
}

async function openRelayScreen(url: string, key: string): Promise<Screen> {
  const example = await load(bundled.experiments);
  const environment = (await load(bundled.environment)).createEnvironment(url, key);
  const shown: Screen['shown'] = [];
  const errors: Error[] = [];
  const { stop } = await example.showExperiments(environment, 20, (rows: Screen['shown'][0]) => void shown.push(rows));
  return {
    shown,
    errors,
    replace: async (variables) => example.describeOutcome(await example.replace(environment, variables)),
    remove: (id) => example.remove(environment, id),
    watch: (id) => example.watch(environment, id, (error: Error) => void errors.push(error)),
    stop,
  };
}

describe.each<[string, (url: string, key: string) => Promise<Screen>]>([
  ['examples/typescript/urql.ts', (url, key) => openTypeScriptScreen('urql', url, key)],
  ['examples/typescript/apollo.ts', (url, key) => openTypeScriptScreen('apollo', url, key)],
  ['examples/relay', openRelayScreen],
])('%s', (_name, open) => {
  async function openScreen() {
    const gateway = await openGateway();
    const sent = recordRequests();
    const screen = await open(gateway.url, gateway.key);
    onTestFinished(() => screen.stop());
    await waitFor(() => screen.shown.length > 0);
    const show = () => screen.shown.at(-1)?.map(({ name, batchSize }) => `${name} ${batchSize}`);
    return { ...gateway, ...screen, sent, show };
  }

  test('shows a dry run nowhere, and a replaced experiment in the list without another request', async () => {
    const { replace, show, shown, sent } = await openScreen();
    expect(show()).toEqual(['First 7', 'Other 8']);
    const variables = { id: 'faq', input: { name: 'Second' }, ifRevision: 1 };
    expect(await replace({ ...variables, dryRun: true })).toBe('would change name, batchSize');
    expect([show(), shown.length]).toEqual([['First 7', 'Other 8'], 1]);
    expect(await replace(variables)).toBe('revision 2: name SET, batchSize RESET_TO_DEFAULT');
    await waitFor(() => shown.length > 1);
    expect(show()).toEqual(['Second 100', 'Other 8']);
    expect(sent).toEqual(['query', 'mutation', 'mutation']);
  });

  test('names each refusal', async () => {
    const { replace, show } = await openScreen();
    expect(await replace({ id: 'faq', input: {}, ifRevision: 5 })).toBe('STALE_REVISION: now at revision 1');
    expect(await replace({ id: 'faq', input: { batchSize: 0 } })).toBe('input.batchSize TOO_SMALL');
    expect(await replace({ id: 'nobody', input: {} })).toBe('no nobody');
    expect(show()).toEqual(['First 7', 'Other 8']);
  });

  test('shows the progress that a subscription reports', async () => {
    const { watch, shown, errors, data, sent } = await openScreen();
    const stop = watch('tone');
    await waitFor(() => sent.includes('subscription'));
    await data(steps.start, { id: 'tone' });
    await data(steps.reportProgress, { id: 'tone', progress: 40 });
    await waitFor(() => shown.at(-1)?.[1]?.progress === 40);
    expect(shown.at(-1)).toMatchObject([
      { id: 'faq', status: 'PENDING' },
      { id: 'tone', status: 'RUNNING' },
    ]);
    expect([errors, sent]).toEqual([[], ['query', 'subscription']]);
    stop();
  });

  test('drops an experiment that it deletes', async () => {
    const { remove, show, shown } = await openScreen();
    expect(await remove('faq')).toMatchObject({ __typename: 'DeleteExperimentSuccess', deletedExperimentId: 'faq' });
    await waitFor(() => shown.at(-1)?.length === 1);
    expect(show()).toEqual(['Other 8']);
  });
});

test('examples/relay adds the next page to its list', async () => {
  const { url, key } = await openGateway();
  const example = await load(bundled.experiments);
  const environment = (await load(bundled.environment)).createEnvironment(url, key);
  const shown: [string[], boolean][] = [];
  const list = await example.showExperiments(environment, 1, (rows: { id: string }[], hasNext: boolean) => {
    shown.push([rows.map(({ id }) => id), hasNext]);
  });
  expect(shown.at(-1)).toEqual([['faq'], true]);
  await list.loadNext();
  expect(shown.at(-1)).toEqual([['faq', 'tone'], false]);
  list.stop();
});

describe('examples/typescript/fetch.ts', () => {
  async function openExample() {
    const { url, key, data } = await openGateway();
    const example = await load(join(typescript, 'fetch.ts'));
    const { describeOutcome } = await load(join(typescript, 'outcome.ts'));
    return { url, key, data, example, describeOutcome, gateway: { url, key } };
  }

  test('reads all pages, and handles every outcome of a replace', async () => {
    const { example, gateway, describeOutcome } = await openExample();
    const ids: string[] = [];
    for await (const { id } of example.listExperiments(gateway, 1)) ids.push(id);
    expect(ids).toEqual(['faq', 'tone']);
    const replace = async (variables: object) => describeOutcome(await example.replace(gateway, variables));
    expect(await replace({ id: 'faq', input: {}, dryRun: true })).toBe('would change batchSize');
    expect(await replace({ id: 'faq', input: {}, ifRevision: 1 })).toBe('revision 2: batchSize RESET_TO_DEFAULT');
    expect(await replace({ id: 'faq', input: {}, ifRevision: 1 })).toBe('STALE_REVISION: now at revision 2');
    expect(await replace({ id: 'faq', input: { batchSize: 0 } })).toBe('input.batchSize TOO_SMALL');
    expect(await replace({ id: 'nobody', input: {} })).toBe('no nobody');
  });

  test('follows an experiment until it is deleted', async () => {
    const { example, gateway, data } = await openExample();
    const seen: string[] = [];
    for await (const { experimentChanged } of example.watch(gateway, 'faq')) {
      seen.push(experimentChanged.status);
      if (seen.length === 1) await data(steps.start, { id: 'faq' });
      else await example.remove(gateway, 'faq');
    }
    expect(seen).toEqual(['PENDING', 'RUNNING']);
  });

  test('throws what a query or a subscription is refused with', async () => {
    const { example, gateway } = await openExample();
    const refused = { ...gateway, key: 'wrong' };
    await expect(example.listExperiments(refused).next()).rejects.toThrow('A valid API key or dashboard token');
    await expect(example.watch(refused, 'faq').next()).rejects.toThrow('A valid API key or dashboard token');
    await expect(example.watch(gateway, 'nobody').next()).rejects.toThrow('There is no experiment');
  });
});

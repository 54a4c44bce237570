import assert from 'node:assert/strict';
import type { Contender } from './contenders.ts';
import { toExperimentId } from './load.ts';
import type { Server } from './servers.ts';
import { content, documents, graphql, restPage, restPath, restReplace, type WorkRequest } from './works.ts';

/** A response over either protocol, with the names of the GraphQL schema. */
interface Answer {
  readonly status: number;
  readonly experiment?: unknown;
  readonly changes?: unknown;
  readonly warnings?: unknown;
  /** The fields that were refused. */
  readonly refused?: readonly string[];
  readonly page?: unknown;
}

type Ask = (key: string | null) => Promise<Answer>;
interface Probes {
  replace(id: string, input: object, ifRevision?: number): Ask;
  one(id: string): Ask;
  page(first: number, after: string | null): Ask;
}

/** Requests to which every contender must respond as the gateway does, each on its own copy of one database. */
const probes: readonly {
  readonly name: string;
  readonly ask: (probes: Probes) => Ask;
  readonly isRead?: true;
  readonly key?: null | string;
}[] = [
  { name: 'one experiment', isRead: true, ask: ({ one }) => one(toExperimentId(7)) },
  { name: 'no experiment', isRead: true, ask: ({ one }) => one('exp_none') },
  { name: 'a page', isRead: true, ask: ({ page }) => page(50, null) },
  { name: 'a page without a key', ask: ({ page }) => page(50, null), key: null },
  { name: 'a replace', ask: ({ replace }) => replace(toExperimentId(1), { ...content, name: ' Run 1 ' }) },
  { name: 'the same replace again', ask: ({ replace }) => replace(toExperimentId(1), { ...content, name: 'Run 1' }) },
  { name: 'a replace by nothing', ask: ({ replace }) => replace(toExperimentId(1), {}) },
  { name: 'what is stored then', isRead: true, ask: ({ one }) => one(toExperimentId(1)) },
  { name: 'a stale replace', ask: ({ replace }) => replace(toExperimentId(1), content, 1) },
  { name: 'a replace at the right revision', ask: ({ replace }) => replace(toExperimentId(1), content, 3) },
  { name: 'a replace of nothing', ask: ({ replace }) => replace('exp_none', content) },
  {
    name: 'a replace with an unknown key',
    ask: ({ replace }) => replace(toExperimentId(1), content),
    key: 'sk_unknown',
  },
  {
    name: 'a replace with warnings',
    ask: ({ replace }) =>
      replace(toExperimentId(2), {
        evaluatorIds: ['tone', 'tone'],
        evaluatorSlugs: ['quality'],
        workflow: [{ type: 'prompt', config: { temperature: 9, z: 1, a: [null] } }, { kind: 'unknown' }],
        enableTracing: false,
        spanWorkflowName: 'span',
      }),
  },
  {
    name: 'a replace that is refused',
    ask: ({ replace }) =>
      replace(toExperimentId(2), {
        name: '   ',
        description: 'NUL \0',
        datasetId: 'tab\t',
        batchSize: 0,
        concurrency: 1_001,
        generationMethod: 'x'.repeat(256),
        evaluatorIds: ['tone'],
        evaluatorWorkflowIds: ['flow'],
        workflow: [{ text: '\ud800' }],
        experimentId: 'exp_other',
      }),
  },
  // Leaves every experiment with the same fields for the loads that follow.
  { name: 'the first content again', ask: ({ replace }) => replace(toExperimentId(2), content) },
];

/** Throws with the name of the first probe whose response differs from the gateway's. */
export async function assertAlike(
  key: string,
  reference: Server,
  others: readonly { readonly contender: Contender; readonly server: Server }[],
): Promise<void> {
  for (const { name, ask, isRead, key: special } of probes) {
    const credential = special === undefined ? key : special;
    const expected = await ask(graphqlProbes(reference))(credential);
    for (const { contender, server } of others) {
      const asked = contender.protocol === 'graphql' ? graphqlProbes(server) : restProbes(server);
      const message = `${contender.title} answers ${name} differently from the gateway`;
      assert.deepEqual(await ask(asked)(credential), expected, message);
      // Peers that compile documents do so from the second request on.
      if (isRead) assert.deepEqual(await ask(asked)(credential), expected, `${message}, the second time`);
    }
  }
}

type Fields = Record<string, unknown>;

async function exchange(
  { port }: Server,
  { method, path, body }: Pick<WorkRequest, 'method' | 'path' | 'body'>,
  key: string | null,
  headers: Record<string, string> = {},
): Promise<{ status: number; body: Fields }> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {
    method,
    headers: {
      ...headers,
      ...(body !== '' && { 'content-type': 'application/json' }),
      ...(key !== null && { authorization: `Bearer ${key}` }),
    },
    ...(body !== '' && { body }),
  });
  return { status: response.status, body: (await response.json()) as Fields };
}

function graphqlProbes(server: Server): Probes {
  const ask = async (key: string | null, document: string, variables: object) => {
    const { body } = await exchange(server, graphql(document, variables), key);
    const [error] = (body.errors ?? []) as { message: string; extensions?: { status?: number } }[];
    return { status: error?.extensions?.status ?? (error ? 500 : 200), data: body.data as Fields | null, error };
  };
  return {
    replace: (id, input, ifRevision) => async (key) => {
      const { data, error } = await ask(key, documents.replace, { id, input, ifRevision });
      assert.ok(data, error?.message);
      const result = data.replaceExperiment as Fields;
      if (result.__typename !== 'ReplaceExperimentSuccess') {
        const issues = (result.issues ?? []) as { path: string[] }[];
        return { status: result.status as number, refused: refusedFields(issues.map(({ path }) => path[1] as string)) };
      }
      return { status: 200, ...pick(result, ['changes', 'warnings']), experiment: comparable(result.experiment) };
    },
    one: (id) => async (key) => {
      const { data, status } = await ask(key, documents.one, { id });
      return data?.experiment ? { status, experiment: comparable(data.experiment) } : { status: 404 };
    },
    page: (first, after) => async (key) => {
      const { data, status } = await ask(key, documents.page, { first, after });
      if (!data?.experiments) return { status };
      const { edges, pageInfo, totalCount } = data.experiments as Fields & { pageInfo: Fields };
      const rows = (edges as { node: Fields }[]).map(({ node }) => node);
      return { status, page: { totalCount, next: pageInfo.endCursor, hasNext: pageInfo.hasNextPage, rows } };
    },
  };
}

function restProbes(server: Server): Probes {
  return {
    replace: (id, input, ifRevision) => async (key) => {
      const headers: Record<string, string> = ifRevision === undefined ? {} : { 'if-match': `"${ifRevision}"` };
      const { status, body } = await exchange(server, restReplace(id, input), key, headers);
      // A stale If-Match is 412 where a stale ifRevision is 409.
      if (status !== 200) {
        const errors = Object.keys(body.errors ?? {}).map(camelCase);
        return { status: status === 412 ? 409 : status, refused: refusedFields(errors) };
      }
      const { changes, warnings, ...resource } = body;
      const coded = (warnings as Fields[]).map((warning) => pick(warning, ['code', 'path']));
      return { status, changes, warnings: coded, experiment: comparable(camelCased(resource)) };
    },
    one: (id) => async (key) => {
      const { status, body } = await exchange(server, { method: 'GET', path: restPath(id), body: '' }, key);
      return status === 200 ? { status, experiment: comparable(camelCased(body)) } : { status };
    },
    page: (first, after) => async (key) => {
      const { status, body } = await exchange(server, restPage(first, after), key);
      if (status !== 200) return { status };
      const { total_count: totalCount, has_next: hasNext, next, results } = body;
      return { status, page: { totalCount, next, hasNext, rows: (results as Fields[]).map(camelCased) } };
    },
  };
}

function refusedFields(fields: readonly string[]): string[] {
  return [...new Set(fields)].toSorted();
}

function pick(source: Fields, names: readonly string[]): Fields {
  return Object.fromEntries(names.map((name) => [name, source[name]]));
}

function camelCase(field: string): string {
  return field.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** A documented REST resource with the names of the GraphQL schema. */
function camelCased(resource: Fields): Fields {
  const fields = Object.fromEntries(Object.entries(resource).map(([name, value]) => [camelCase(name), value]));
  return { ...fields, status: String(fields.status).toUpperCase() };
}

/** Checks that the time of the last write is a time, and removes it, since it differs between contenders. */
function comparable(experiment: unknown): Fields {
  const { updatedAt, ...rest } = experiment as Fields;
  assert.match(String(updatedAt), /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
  return rest;
}

import assert from 'node:assert/strict';
import type { ExperimentStore } from '../../../src/domain/experiment/store.ts';

/** What is stored of one experiment. Its revision goes on counting after it has been erased. */
interface Stored {
  readonly place: 'listed' | 'trash' | 'nowhere';
  readonly revision: number;
  readonly name: string;
  readonly description: string | null;
  readonly status: string;
  readonly progress: number;
  readonly attempt: number;
}
type State = Readonly<Record<string, Stored>>;

/** Sends an operation with a request id, and resolves to the body of its answer; rejects when there is none. */
export type Send = (query: string, variables: Record<string, unknown>, requestId: string) => Promise<any>;

/** Sends to a gateway. Errors of the answer count as no answer: what they leave open must not matter. */
export function createSend(url: string, key: string): Send {
  return async (query, variables, requestId) => {
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${key}`, 'x-request-id': requestId };
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ query, variables }),
    });
    const body: any = await response.json();
    if (body.errors) throw new Error(JSON.stringify(body.errors));
    return body;
  };
}

const mutation = (call: string, parameters = '$id: ID!') =>
  `mutation (${parameters}) { result: ${call} { __typename ... on MutationError { message } } }`;
const operations = {
  create: mutation('createExperiment(input: $input)', '$input: CreateExperimentInput!'),
  replace: mutation('replaceExperiment(id: $id, input: $input)', '$id: ID!, $input: ReplaceExperimentInput!'),
  describe: mutation('updateExperiments(ids: $ids, input: $input)', '$ids: [ID!]!, $input: UpdateExperimentInput!'),
  start: mutation('startExperiment(id: $id)'),
  report: mutation('reportExperimentProgress(id: $id, progress: 50)'),
  complete: mutation('completeExperiment(id: $id)'),
  trash: mutation('deleteExperiment(id: $id)'),
  restore: mutation('restoreExperiment(id: $id)'),
  erase: mutation('deleteExperiment(id: $id, permanently: true)'),
};

/**
 * The writes of a stream, over and over; each with the experiment that it is about, except that `describe` writes both in
 * one transaction. No write leaves what could be mistaken for the state before it.
 */
const writes = [
  ...([
    ['create', 0],
    ['create', 1],
    ['replace', 0],
    ['replace', 1],
    ['describe', 0],
  ] as const),
  ...([
    ['start', 0],
    ['report', 0],
    ['replace', 0],
    ['complete', 0],
    ['trash', 1],
    ['restore', 1],
  ] as const),
  ...([
    ['describe', 0],
    ['trash', 0],
    ['restore', 0],
    ['replace', 1],
    ['erase', 0],
    ['erase', 1],
  ] as const),
] as const;

const nothing: Stored = {
  place: 'nowhere',
  revision: 0,
  name: '',
  description: null,
  status: 'PENDING',
  progress: 0,
  attempt: 0,
};

/**
 * Writes of all kinds to two experiments, each acknowledged before the next is sent. So whatever happens to the gateway,
 * the state after the last write that was acknowledged is stored, or the one after the next write, and no other.
 */
export class WriteStream {
  readonly name: string;
  readonly ids: readonly [string, string];
  /** The length of a workflow, in characters. */
  readonly #length: number;
  /** The states before the first write and after each of them. */
  readonly #states: State[];
  readonly #namesOfRevisions = new Map<string, string>();
  #acknowledged = 0;
  #planned = 0;

  constructor(name: string, length = 2_000) {
    this.name = name;
    this.ids = [`${name}_a`, `${name}_b`];
    this.#length = length;
    this.#states = [Object.fromEntries(this.ids.map((id) => [id, nothing]))];
  }

  /** How many writes were acknowledged. */
  get acknowledged(): number {
    return this.#acknowledged;
  }

  /** Writes until `send` rejects, or until as many writes as `enough` are acknowledged. */
  async run(send: Send, enough = Number.POSITIVE_INFINITY): Promise<void> {
    while (this.#acknowledged < enough) {
      const [query, variables, state] = this.#plan();
      const number = this.#acknowledged + 1;
      this.#states[number] = state;
      const body = await send(query, variables, `${this.name}-${number}`).catch(() => undefined);
      if (body === undefined) return;
      assert.match(body.data.result.__typename, /Success$/, JSON.stringify(body));
      this.#acknowledged = number;
    }
  }

  /** The next write, and the state after it. */
  #plan(): [string, Record<string, unknown>, State] {
    const before = this.#states[this.#acknowledged] as State;
    const [kind, which] = writes[this.#acknowledged % writes.length] ?? writes[0];
    const id = this.ids[which];
    // Writes that were interrupted count, so that no two have the same name.
    const name = `${id} ${++this.#planned}`;
    const input = { name, workflow: [{ type: 'custom', config: { text: name.padEnd(this.#length, '.') } }] };
    const set = (changes: Partial<Stored>) => ({ ...before, [id]: { ...(before[id] ?? nothing), ...changes } });
    const plan = (state: State, variables: object = { id }): [string, Record<string, unknown>, State] => {
      for (const [each, { revision, name: named }] of Object.entries(state))
        this.#namesOfRevisions.set(`${each} ${revision}`, named);
      return [operations[kind], { ...variables }, state];
    };
    const revision = (before[id]?.revision ?? 0) + 1;
    switch (kind) {
      case 'create': {
        const variables = { input: { experimentId: id, ...input, tags: [{ stream: this.name }] } };
        return plan(set({ ...nothing, place: 'listed', revision, name }), variables);
      }
      case 'replace':
        return plan(set({ revision, name, description: null }), { id, input });
      case 'describe': {
        const described = Object.entries(before).map(([each, stored]) => {
          return [each, { ...stored, revision: stored.revision + 1, description: name }];
        });
        return plan(Object.fromEntries(described), { ids: this.ids, input: { description: name } });
      }
      case 'start':
        return plan(set({ status: 'RUNNING', attempt: 1 }));
      case 'report':
        return plan(set({ progress: 50 }));
      case 'complete':
        return plan(set({ status: 'COMPLETED', progress: 100 }));
      case 'trash':
        return plan(set({ place: 'trash' }));
      case 'restore':
        return plan(set({ place: 'listed' }));
      case 'erase':
        return plan(set({ place: 'nowhere' }));
    }
    return kind satisfies never;
  }

  /**
   * Expects what is stored to be the state after so many writes, or after one more, and complete. Returns the number of
   * writes that are in it.
   */
  async expectStored(experiments: ExperimentStore, acknowledged = this.#acknowledged): Promise<number> {
    const found = await Promise.all(this.ids.map((id) => this.#read(experiments, id)));
    const possible = [acknowledged, acknowledged + 1].filter((number) => this.#states[number]);
    const seen = possible.map((number) => this.ids.map((id) => show(this.#states[number]?.[id] ?? nothing)));
    const at = seen.findIndex((state) => JSON.stringify(state) === JSON.stringify(found));
    if (at === -1) {
      const sides = `stored: ${JSON.stringify(found)}\nacknowledged: ${JSON.stringify(seen[0])}`;
      assert.fail(`${this.name}, after ${acknowledged} acknowledged writes\n${sides}`);
    }
    return acknowledged + at;
  }

  /** The same, after a restart; further writes continue from what is stored. */
  async resume(experiments: ExperimentStore): Promise<void> {
    this.#acknowledged = await this.expectStored(experiments);
  }

  /** Reads an experiment, and expects its history to be complete. */
  async #read(experiments: ExperimentStore, id: string): Promise<ReturnType<typeof show>> {
    const stored = await experiments.find('default', id);
    const history = await experiments.revisions('default', [{ experimentId: id, from: 1, to: 1_000_000 }]);
    if (!stored) return null;
    const numbers = history.map((kept) => kept.revision);
    const { revision, firstRevision } = stored;
    assert.deepEqual(
      numbers,
      Array.from({ length: revision - firstRevision + 1 }, (_, index) => revision - index),
    );
    for (const kept of [stored, ...history]) {
      assert.equal(kept.name, this.#namesOfRevisions.get(`${id} ${kept.revision}`));
      assert.ok(kept.workflow.text.includes(`"${kept.name}.`), `${kept.name} has another workflow`);
    }
    assert.equal(history[0]?.description, stored.description);
    assert.equal(stored.tags.text, JSON.stringify([{ stream: this.name }]));
    return show({ place: 'listed', ...stored });
  }
}

/** What a reader sees of an experiment. */
function show({ place, revision, name, description, status, progress, attempt }: Stored) {
  return place === 'listed' ? { revision, name, description, status, progress, attempt } : null;
}

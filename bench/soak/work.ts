import { setTimeout as sleep } from 'node:timers/promises';

/** A caller of the gateway. */
export interface Caller {
  readonly url: string;
  readonly key: string;
}

/** Counts what was done, and how often an answer was not the expected one. */
export interface Tally {
  requests: number;
  events: number;
  /** Answers that storage or the gateway was not available. Their requests are sent again. */
  unavailable: number;
  failures: number;
  firstFailure: string | undefined;
}

const content = {
  workflow: [{ type: 'prompt', config: { prompt_id: 'p1', text: 'Answer kindly. '.repeat(60) } }],
  evaluatorIds: ['accuracy', 'tone'],
};
const write = (name: string, parameters: string, given: string) =>
  `mutation ${name}(${parameters}) { result: ${name}(${given}) { __typename } }`;
const operations = {
  create: write('createExperiment', '$input: CreateExperimentInput!', 'input: $input'),
  replace: write('replaceExperiment', '$id: ID!, $input: ReplaceExperimentInput!', 'id: $id, input: $input'),
  preview: write(
    'replaceExperiment',
    '$id: ID!, $input: ReplaceExperimentInput!',
    'id: $id, input: $input, dryRun: true',
  ),
  update: write('updateExperiment', '$id: ID!, $input: UpdateExperimentInput!', 'id: $id, input: $input'),
  updateAll: write('updateExperiments', '$ids: [ID!]!, $input: UpdateExperimentInput!', 'ids: $ids, input: $input'),
  start: write('startExperiment', '$id: ID!', 'id: $id, leaseSeconds: 60'),
  report: write('reportExperimentProgress', '$id: ID!, $progress: Float!', 'id: $id, progress: $progress'),
  complete: write('completeExperiment', '$id: ID!', 'id: $id'),
  trash: write('deleteExperiment', '$id: ID!', 'id: $id'),
  restore: write('restoreExperiment', '$id: ID!', 'id: $id'),
  erase: write('deleteExperiment', '$id: ID!', 'id: $id, permanently: true'),
  list: `query list($filter: ExperimentFilter) { result: experiments(first: 20, filter: $filter) {
    __typename totalCount nodes { id name status tags workflow datasetName } } }`,
  history: `query history($id: ID!) { result: experiment(id: $id) {
    __typename revisions(first: 5) { nodes { revision changes { field before after } } } } }`,
};

/** In one round of this many, each worker sends a document that the gateway has not seen, and then keeps: 8 KB each. */
const roundsPerDocument = 20;

/**
 * Does everything that callers do with five experiments and deletes them, so that the database does not grow; repeats
 * it until `isOver`.
 */
export async function work(caller: Caller, tally: Tally, worker: number, isOver: () => boolean): Promise<void> {
  const ids = Array.from({ length: 5 }, (_, index) => `soak_${worker}_${index}`);
  const ask = (kind: keyof typeof operations, variables: object) =>
    send(caller, tally, { query: operations[kind], variables }, /"__typename":"\w+(Success|Preview|Connection|nt)"/);
  const rest = (method: string, path: string, body?: object) =>
    exchange(caller, tally, { method, path: `/api/v2/experiments/${path}`, body, expected: /^\{/ });

  // An earlier run may have been interrupted.
  for (const id of ids) await send(caller, tally, { query: operations.erase, variables: { id } }, /Success|NotFound/);
  for (let round = 0; !isOver(); round++) {
    for (const id of ids) await ask('create', { input: { experimentId: id, name: `${id} ${round}`, ...content } });
    for (const id of ids) {
      if (isOver()) return;
      await ask('replace', { id, input: { ...content, batchSize: 1 + (round % 100) } });
      await ask('preview', { id, input: { description: `${round}` } });
      await ask('update', { id, input: { addTags: [{ round }], removeTags: [{ round: round - 1 }] } });
      await ask('history', { id });
      await ask('start', { id });
      await ask('report', { id, progress: round % 100 });
      await rest('GET', `${id}/`);
      await rest('PUT', `${id}/`, { name: `${id} ${round}`, workflow: content.workflow });
      await ask('complete', { id });
      await sleep(2);
    }
    await ask('updateAll', { ids, input: { description: `round ${round}` } });
    await ask('list', { filter: { nameContains: `soak_${worker}`, status: ['COMPLETED'] } });
    await rest('GET', 'list/?page=1&page_size=20');
    // Documents that no cache serves. More valid ones would fill the cache of documents, and look like a leak.
    const name = `worker${worker}round${round}`;
    if (round % roundsPerDocument === 0)
      await send(caller, tally, { query: `{ ${name}: viewer { organization } }` }, /"organization"/);
    await send(caller, tally, { query: `{ ${name} }` }, /"errors"/);
    await send({ ...caller, key: 'sk_unknown' }, tally, { query: operations.list }, /UNAUTHENTICATED/);
    for (const id of ids) {
      await ask('trash', { id });
      await ask('restore', { id });
      await ask('erase', { id });
    }
  }
}

function send(caller: Caller, tally: Tally, body: object, expected: RegExp): Promise<void> {
  return exchange(caller, tally, { method: 'POST', path: '/graphql', body, expected });
}

interface Exchange {
  readonly method: string;
  readonly path: string;
  readonly body?: object | undefined;
  readonly expected: RegExp;
}

async function exchange({ url, key }: Caller, tally: Tally, { method, path, body, expected }: Exchange): Promise<void> {
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  for (let isRepeated = false; ; isRepeated = true) {
    const answer = await fetch(url + path, { method, headers, ...(body && { body: JSON.stringify(body) }) }).then(
      async (response) => ({ status: response.status, text: await response.text() }),
      (error: unknown) => ({ status: 0, text: String(error) }),
    );
    tally.requests++;
    if (isUnavailable(answer.text)) {
      tally.unavailable++;
      await sleep(200);
      continue;
    }
    // What is sent again may find that the first one was written.
    const isExpected = expected.test(answer.text) || (isRepeated && /"__typename"|^\{/.test(answer.text));
    if (answer.status > 0 && answer.status < 500 && isExpected) return;
    tally.failures++;
    tally.firstFailure ??= `${method} ${path} ${JSON.stringify(body)}: ${answer.status} ${answer.text.slice(0, 500)}`;
    return;
  }
}

const isUnavailable = (text: string) => /"SERVICE_UNAVAILABLE"|"detail":"[^"]*try again/.test(text);

const subscriptions = [
  'subscription changes { experimentsChanged { kind cursor experiment { id revision } } }',
  'subscription filtered { experimentsChanged(filter: {status: [RUNNING]}) { kind experimentId } }',
];

/** Subscribes again and again, each time for some seconds. */
export async function subscribe(
  { url, key }: Caller,
  tally: Tally,
  subscriber: number,
  isOver: () => boolean,
): Promise<void> {
  const headers = {
    authorization: `Bearer ${key}`,
    'content-type': 'application/json',
    accept: 'text/event-stream',
  };
  const body = JSON.stringify({ query: subscriptions[subscriber % subscriptions.length] });
  while (!isOver()) {
    const leaving = new AbortController();
    const leave = setTimeout(() => leaving.abort(), 500 + Math.random() * 8_000);
    try {
      const { body: events } = await fetch(`${url}/graphql`, { method: 'POST', headers, body, signal: leaving.signal });
      const decoder = new TextDecoder();
      for await (const chunk of events ?? []) {
        const text = decoder.decode(chunk, { stream: true });
        tally.events += text.split('event: next').length - 1;
        if (isUnavailable(text)) tally.unavailable++;
        else if (text.includes('"errors"')) throw new Error(text.slice(0, 500));
      }
    } catch (error) {
      if (!leaving.signal.aborted) {
        tally.failures++;
        tally.firstFailure ??= `subscription: ${String(error)}`;
      }
    } finally {
      clearTimeout(leave);
    }
    await sleep(100);
  }
}

import { Agent, type IncomingMessage, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Measures the delay from a write to the events of `experimentsChanged`, at 200 writes a second with 10 streams, against
 * running gateways: `GATEWAY_KEY=… node bench/changes.ts <url> [<url of a second gateway>]`. Writes and streams are
 * divided between both.
 */
const urls = process.argv.slice(2);
const key = process.env.GATEWAY_KEY ?? '';
const writesPerSecond = 200;
const seconds = 15;
const streams = 10;
const experiments = 50;

const agent = new Agent({ keepAlive: true, maxSockets: 64 });

async function post(index: number, query: string, variables: object, accept: string): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const headers = { 'content-type': 'application/json', accept, authorization: `Bearer ${key}` };
  const url = `${urls[index % urls.length]}/graphql`;
  const options = { method: 'POST', headers, ...(accept === 'application/json' && { agent }) };
  request(url, options, resolve)
    .on('error', (error: NodeJS.ErrnoException) => {
      // The gateway has just closed an idle connection. The same write again changes nothing.
      if (error.code === 'ECONNRESET') resolve(post(index, query, variables, accept));
      else reject(error);
    })
    .end(JSON.stringify({ query, variables }));
  return promise;
}

async function write(index: number, query: string, variables: object): Promise<void> {
  let text = '';
  for await (const chunk of await post(index, query, variables, 'application/json')) text += String(chunk);
  if (!/"__typename":"\w+Success"/.test(text)) throw new Error(`A write failed: ${text}`);
}

const sentAt: number[] = [];
const answeredAt: number[] = [];
const arrivals: { readonly write: number; readonly at: number }[] = [];

/** Calls back with the events of a stream. */
async function follow(index: number): Promise<void> {
  const query = `subscription { experimentsChanged {
    cursor kind experimentId experiment { id name status progress description updatedAt }
  } }`;
  const stream = await post(index, query, {}, 'text/event-stream');
  let text = '';
  stream.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const event = text.slice(0, end);
      text = text.slice(end + 2);
      const found = /"description":"(\d+)"/.exec(event);
      if (found) arrivals.push({ write: Number(found[1]), at: performance.now() });
    }
  });
}

const create = 'mutation ($input: CreateExperimentInput!) { createExperiment(input: $input) { __typename } }';
const update =
  'mutation ($id: ID!, $input: UpdateExperimentInput!) { updateExperiment(id: $id, input: $input) { __typename } }';
const ids = Array.from({ length: experiments }, (_, index) => `exp_${process.pid}_${index}`);
for (const experimentId of ids) await write(0, create, { input: { experimentId } });
await Promise.all(Array.from({ length: streams }, (_, index) => follow(index)));
await sleep(500);

const start = performance.now();
const writes: Promise<void>[] = [];
while (writes.length < seconds * writesPerSecond) {
  const due = ((performance.now() - start) / 1_000) * writesPerSecond;
  for (let index = writes.length; index < Math.min(due, seconds * writesPerSecond); index++) {
    sentAt[index] = performance.now();
    const variables = { id: ids[index % experiments], input: { description: String(index) } };
    const answered = write(index, update, variables).then(() => {
      answeredAt[index] = performance.now();
    });
    writes.push(answered);
  }
  await sleep(1);
}
await Promise.all(writes);
await sleep(2_000);

function describe(delays: readonly number[]): string {
  const sorted = delays.toSorted((one, other) => one - other);
  const at = (part: number) => (sorted[Math.floor(sorted.length * part)] ?? Number.NaN).toFixed(1);
  return `p50 ${at(0.5)} ms, p99 ${at(0.99)} ms`;
}
console.log(`${writes.length} writes, ${arrivals.length} events on ${streams} streams`);
console.log('write: ', describe(writes.map((_, index) => (answeredAt[index] ?? 0) - (sentAt[index] ?? 0))));
console.log('answer to event: ', describe(arrivals.map(({ write: index, at }) => at - (answeredAt[index] ?? 0))));
console.log('request to event:', describe(arrivals.map(({ write: index, at }) => at - (sentAt[index] ?? 0))));
process.exit(0);

import { Agent, request } from 'node:http';

/**
 * The load generator, in a process of its own: `node bench/load.ts <job as JSON>`. Sends `requests` requests over
 * `connections` connections that are kept alive and prints the latencies. `{n}` in the body counts requests.
 */
export interface Job {
  readonly url: string;
  readonly key: string;
  readonly body: string;
  readonly requests: number;
  readonly connections: number;
  readonly expect: string;
}
export interface Outcome {
  readonly seconds: number;
  readonly p50: number;
  readonly p99: number;
}

if (import.meta.main) console.log(JSON.stringify(await run(JSON.parse(process.argv[2] ?? '{}') as Job)));

async function run({ url, key, body, requests, connections, expect }: Job): Promise<Outcome> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${key}` };
  const latencies: number[] = [];
  let next = 0;

  const send = (text: string) =>
    new Promise<string>((resolve, reject) => {
      const call = request(url, { agent, method: 'POST', headers }, (response) => {
        const chunks: Buffer[] = [];
        response
          .on('data', (chunk: Buffer) => chunks.push(chunk))
          .on('end', () => resolve(Buffer.concat(chunks).toString()));
      });
      call.on('error', reject).end(text);
    });

  const start = performance.now();
  await Promise.all(
    Array.from({ length: connections }, async () => {
      while (next < requests) {
        const text = body.replaceAll('{n}', String(next++));
        const sent = performance.now();
        const answer = await send(text);
        latencies.push(performance.now() - sent);
        if (!answer.includes(expect)) throw new Error(`Not the answer to expect: ${answer.slice(0, 300)}`);
      }
    }),
  );
  const seconds = (performance.now() - start) / 1000;
  agent.destroy();
  latencies.sort((one, other) => one - other);
  const at = (share: number) => latencies[Math.floor(latencies.length * share)] ?? Number.NaN;
  return { seconds, p50: at(0.5), p99: at(0.99) };
}

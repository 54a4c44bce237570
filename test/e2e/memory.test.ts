import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { expect, onTestFinished, test } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { startGateway } from '../support/process.ts';

/** The most that the gateway may take, in kB. */
const limit = 260_000;
const documents = 3_000;

/** The resident memory of a process, in kB. */
function residentMemory(pid: number | undefined): number {
  return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
}

test.each<[kind: string, known: boolean, query: (n: number) => string]>([
  ['refused documents of callers without a credential', false, (n) => `{z${n}}`],
  [
    'long refused documents',
    false,
    (n) => `{ ${Array.from({ length: 60 }, (_, field) => `z${n}_${field}`).join(' ')} }`,
  ],
  ['texts that are no documents', false, (n) => `{ experiment(id: "${n}") { name } `],
  ['valid documents', true, (n) => `{ a${n}: experiment(id: "${n}") { id name status createdAt tags workflow } }`],
])(
  'a flood of %s leaves no trace in memory',
  async (_kind, known, query) => {
    // With the flags that npm start gives it.
    const gateway = await startGateway({
      flags: packageJson.scripts.gateway.split(' ').filter((word) => word.startsWith('--')),
    });
    const agent = new Agent({ keepAlive: true, maxSockets: 16 });
    onTestFinished(() => agent.destroy());
    const headers = {
      'content-type': 'application/json',
      accept: 'application/graphql-response+json',
      ...(known && { authorization: `Bearer ${gateway.firstKey}` }),
    };
    const ask = (n: number) =>
      new Promise<number>((resolve, reject) => {
        const sent = request(`${gateway.url}/graphql`, { method: 'POST', agent, headers }, (answer) => {
          answer.resume().on('end', () => resolve(answer.statusCode ?? 0));
        });
        sent.on('error', reject).end(JSON.stringify({ query: query(n) }));
      });
    let most = 0;
    for (let n = 0; n < documents; n += 300) {
      const statuses = await Promise.all(Array.from({ length: 300 }, (_, index) => ask(n + index)));
      expect(new Set(statuses)).toEqual(new Set([known ? 200 : 400]));
      most = Math.max(most, residentMemory(gateway.child.pid));
    }
    expect(most).toBeGreaterThan(0);
    expect(most).toBeLessThan(limit);
  },
  120_000,
);

import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { expect, onTestFinished, test } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { startGateway } from '../support/process/process.ts';

/** The most memory that the gateway may take, in kB. */
const limit = 260_000;
/** The number of requests in each flood. */
const documents = 2_000;

/** The resident memory of a process, in kB. */
function readResidentMemory(pid: number | undefined): number {
  return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
}

/** The floods; the second entry says whether the caller has a valid credential. */
const floods: [kind: string, known: boolean, query: (n: number) => string][] = [
  ['refused documents from callers without a credential', false, (n) => `{z${n}}`],
  [
    'long refused documents',
    false,
    (n) => `{ ${Array.from({ length: 60 }, (_, field) => `z${n}_${field}`).join(' ')} }`,
  ],
  ['texts that are not documents', false, (n) => `{ experiment(id: "${n}") { name } `],
  ['valid documents', true, (n) => `{ a${n}: experiment(id: "${n}") { id name status createdAt tags workflow } }`],
];

test('floods of distinct documents, refused and valid, do not accumulate in memory', async () => {
  // With the flags that npm start uses.
  const gateway = await startGateway({
    flags: packageJson.scripts.gateway.split(' ').filter((word) => word.startsWith('--')),
  });
  const agent = new Agent({ keepAlive: true, maxSockets: 16 });
  onTestFinished(() => agent.destroy());
  const ask = (query: string, known: boolean) =>
    new Promise<number>((resolve, reject) => {
      const headers = {
        'content-type': 'application/json',
        accept: 'application/graphql-response+json',
        ...(known && { authorization: `Bearer ${gateway.firstKey}` }),
      };
      const sent = request(`${gateway.url}/graphql`, { method: 'POST', agent, headers }, (answer) => {
        answer.resume().on('end', () => resolve(answer.statusCode ?? 0));
      });
      sent.on('error', reject).end(JSON.stringify({ query }));
    });
  // One after another on one gateway, so that leftovers add up.
  for (const [kind, known, query] of floods) {
    let most = 0;
    for (let n = 0; n < documents; n += 200) {
      const statuses = await Promise.all(Array.from({ length: 200 }, (_, index) => ask(query(n + index), known)));
      expect([kind, ...new Set(statuses)]).toEqual([kind, known ? 200 : 400]);
      most = Math.max(most, readResidentMemory(gateway.child.pid));
    }
    expect.soft(most, kind).toBeGreaterThan(0);
    expect.soft(most, kind).toBeLessThan(limit);
  }
}, 120_000);

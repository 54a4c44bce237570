import { mutations } from '../gateway/operations.ts';
import type { TestGateway } from '../gateway/test-gateway.ts';
import { openStream } from '../http/stream.ts';
import { ownId, type Slot } from '../schema/slots.ts';
import type { Caller } from './organizations.ts';

type Built = ReturnType<Slot['build']>;

/** The whole answer to a query or a mutation: status, headers and body. */
export async function ask({ fetch }: TestGateway, { key }: Caller, { query, variables }: Built): Promise<string> {
  const response = await fetch('/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}`, 'x-request-id': 'same' },
    body: JSON.stringify({ query, variables }),
  });
  return readWhole(response);
}

/** An answer as text: status, headers and body. Its length may differ with the ids. */
export async function readWhole(response: Response): Promise<string> {
  const headers = [...response.headers].filter(([name]) => name !== 'content-length');
  return JSON.stringify([response.status, headers]) + (await response.text());
}

let touches = 0;

/**
 * The events of a subscription up to the first about the subscriber's own experiment, or to its end, while the owner of
 * the ids and then the subscriber write something that says "touched".
 */
export async function askForEvents(gateway: TestGateway, caller: Caller, built: Built, write: () => unknown) {
  const stream = await openStream(gateway, built.query, { key: caller.key, variables: built.variables });
  const events: string[] = [];
  const receive = async () => {
    for (;;) {
      const event = JSON.stringify(await stream.next());
      events.push(event);
      if (event === '"complete"' || /touched|UNMATCHED/i.test(event)) return;
    }
  };
  const received = receive();
  await write();
  await caller.data(mutations.update, { id: ownId, input: { name: `Touched ${++touches}` } });
  await received;
  await stream.leave();
  return events.join('\n').replaceAll(/Touched \d+/g, 'Touched');
}

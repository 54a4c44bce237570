import { expect } from 'vitest';
import { mutations } from '../gateway/operations.ts';
import type { TestGateway } from '../gateway/test-gateway.ts';
import { openWire } from '../http/wire.ts';

/** What a caller sees of an answer, without what differs from answer to answer. */
export interface SeenRefusal {
  readonly status: number;
  readonly headers: readonly string[];
  readonly body: string;
}

interface Request {
  readonly method: string;
  readonly path: string;
  readonly body?: object;
}

const experiment = '/api/v2/experiments/a/';
const toOperation = (query: string, variables?: object): Request => ({
  method: 'POST',
  path: '/graphql',
  body: { query, variables },
});

/** A request through each door that reads a credential in its own way. */
const requests = {
  query: toOperation('{ experiments { totalCount } }'),
  mutation: toOperation(mutations.replace, { id: 'a', input: { name: 'Taken over' } }),
  subscription: toOperation('subscription { experimentChanged(id: "a") { id } }'),
  'REST GET': { method: 'GET', path: experiment },
  'REST PUT': { method: 'PUT', path: experiment, body: { name: 'Taken over' } },
} satisfies Record<string, Request>;

export type Refusals = Readonly<Record<keyof typeof requests, SeenRefusal>>;

const isSteady = (header: string) => !/^(?:x-request-id|date):/i.test(header);

/** What every door answers to a credential over `fetch`. */
export async function readRefusals({ fetch }: TestGateway, authorization: string): Promise<Refusals> {
  const answers = Object.entries(requests).map(async ([name, { method, path, ...sent }]: [string, Request]) => {
    const headers = { authorization, ...(sent.body && { 'content-type': 'application/json' }) };
    const response = await fetch(path, { method, headers, ...(sent.body && { body: JSON.stringify(sent.body) }) });
    const seen = Array.from(response.headers, ([name, value]) => `${name}: ${value}`).filter(isSteady);
    return [name, { status: response.status, headers: seen, body: await response.text() }];
  });
  return Object.fromEntries(await Promise.all(answers)) as Refusals;
}

/** What every door answers over a socket to `Authorization` headers as written, one line each. */
export async function readRefusalsOverSocket(
  { app }: TestGateway,
  authorizations: readonly (string | Uint8Array)[],
): Promise<Refusals> {
  const url = await app.listen();
  const answers: [string, SeenRefusal][] = [];
  for (const [name, { method, path, ...sent }] of Object.entries<Request>(requests)) {
    const body = Buffer.from(sent.body ? JSON.stringify(sent.body) : '');
    const head = [`${method} ${path} HTTP/1.1`, 'host: gateway.test', `content-length: ${body.length}`];
    if (sent.body) head.push('content-type: application/json');
    const lines = authorizations.map((value) =>
      Buffer.concat([Buffer.from('\r\nauthorization: '), Buffer.from(value)]),
    );
    const connection = await openWire(url);
    await connection.send(Buffer.concat([Buffer.from(head.join('\r\n')), ...lines, Buffer.from('\r\n\r\n'), body]));
    const { status, body: text, headers } = await connection.answer();
    connection.destroy();
    const seen = Object.entries(headers).map((header) => header.join(': '));
    answers.push([name, { status, headers: seen.filter(isSteady), body: text }]);
  }
  return Object.fromEntries(answers) as Refusals;
}

/** Checks that what every door answered is the documented refusal. */
export function expectRefused(refusals: Refusals): void {
  const extensions = { code: 'UNAUTHENTICATED', status: 401 };
  const parse = ({ status, body }: SeenRefusal) => ({ status, body: JSON.parse(body) });
  expect(parse(refusals.query)).toMatchObject({ body: { errors: [{ extensions }] } });
  expect(parse(refusals.mutation)).toMatchObject({
    status: 200,
    body: { data: { result: { __typename: 'AuthenticationError', ...extensions } } },
  });
  expect(refusals.subscription.body).toContain('UNAUTHENTICATED');
  for (const refusal of [refusals['REST GET'], refusals['REST PUT']]) {
    expect(parse(refusal)).toMatchObject({ status: 401, body: { detail: expect.any(String) } });
    expect(refusal.headers).toContain('www-authenticate: Bearer');
  }
}

import { describe, expect, test, vi } from 'vitest';
import { mutations } from '../support/gateway/operations.ts';
import type { TestGateway } from '../support/gateway/test-gateway.ts';
import { openDoors } from '../support/http/doors.ts';
import { openWire, post } from '../support/http/wire.ts';

const limit = 2 * 1024 * 1024;
const query = '{ viewer { organization } }';
const plain = { query };

describe('both gates treat bodies alike', () => {
  const { expectAlike } = openDoors();
  const text = JSON.stringify(plain);
  const deep = (levels: number) =>
    `{"query":"query ($v: JSON) { experiments(filter: { tag: { key: \\"a\\", value: $v } }) { totalCount } }","variables":{"v":${'['.repeat(levels)}${']'.repeat(levels)}}}`;

  const bodies: [what: string, body: string | Uint8Array | object][] = [
    ['with a query alone', plain],
    ['with white space', ` \r\n\t${JSON.stringify(plain, null, 2)}\n`],
    ['without content', ''],
    ['of white space alone', ' '],
    ['that is not JSON', '{"query":'],
    ['followed by more JSON', `${text}{}`],
    ['that is a number', '1'],
    ['that is null', 'null'],
    ['that is a string', '"{ viewer { organization } }"'],
    ['that is an array', [plain]],
    ['that is an empty array', []],
    ['that is an empty object', {}],
    ['with a byte order mark', `\uFEFF${text}`],
    [
      'with invalid UTF-8',
      Buffer.concat([Buffer.from('{"query":"{ __typename }","operationName":"'), Buffer.of(0xff), Buffer.from('"}')]),
    ],
    ['with truncated UTF-8', Buffer.from(text).subarray(0, -1)],
    ['with a lone surrogate', '{"query":"{ node(id: \\"\\ud800\\") { id } }"}'],
    ['with characters beyond ASCII', { query: '{ node(id: "üñ😀\u2028") { id } }' }],
    ['in UTF-16', Buffer.from(text, 'utf16le')],
    ['with a query twice', '{"query":"{ wrong }","query":"{ __typename }"}'],
    ['with an unknown member', { ...plain, id: 1 }],
    ['with the hash of a document', { ...plain, doc_id: 'x' }],
    ['with a member named __proto__', '{"query":"{ __typename }","__proto__":{"operationName":"A"}}'],
    [
      'with variables in __proto__',
      '{"query":"query ($id: ID!) { node(id: $id) { id } }","variables":{"__proto__":{"id":"a"}}}',
    ],
    ['of exactly 2 MiB', text.padEnd(limit)],
    ['of one byte more than 2 MiB', text.padEnd(limit + 1)],
    ['of 900 levels', deep(900)],
    ['of 1,100 levels', deep(1_100)],
    ['of 100,000 levels', deep(100_000)],
    ['with extensions', { ...plain, extensions: { persistedQuery: { version: 1, sha256Hash: 'x' } } }],
    ['with extensions and no query', { extensions: { persistedQuery: { version: 1, sha256Hash: 'x' } } }],
  ];

  test.each(bodies)('both gates answer a body %s alike', async (_what, body) => {
    await expectAlike({ body });
    await expectAlike({ body, key: null });
  });

  const wrong = [null, undefined, 1, true, '', 'text', [], ['x'], {}, { a: 1 }];

  test.each(['query', 'variables', 'operationName', 'extensions'])(
    'both gates answer alike whatever the type of %s is',
    async (name) => {
      for (const value of wrong) await expectAlike({ body: { ...plain, [name]: value } });
    },
  );
});

describe('both gates treat headers alike', () => {
  const { expectAlike } = openDoors();

  test.each<[name: string, ...values: (string | string[] | null)[]]>([
    [
      'content-type',
      null,
      '',
      'application/json;',
      'application/json; charset=utf-8',
      'application/json;charset=UTF-8',
    ],
    ['content-type', 'APPLICATION/JSON', 'Application/Json; Charset="UTF8"', 'application/json; charset=latin1'],
    ['content-type', 'application/json; charset="utf-16"', 'application/json, text/plain', 'text/plain', 'text/json'],
    ['content-type', 'application/graphql', 'application/graphql-response+json', 'multipart/form-data; boundary=x'],
    [
      'content-type',
      ['application/json', 'text/plain'],
      ['text/plain', 'application/json'],
      'application/x-www-form-urlencoded',
    ],
    ['content-encoding', 'identity', 'IDENTITY', 'gzip', 'br', ''],
    ['x-request-id', null, 'sane-1', '', 'a b', 'a"b', 'a'.repeat(128), 'a'.repeat(129), ['one', 'two'], 'ä', '<b>'],
    ['origin', 'https://app.example', 'null', ''],
    ['cookie', 'a=b', ['a=b', 'c=d']],
    ['set-cookie', 'a=b', ['a=b', 'c=d']],
    ['connection', 'close', 'keep-alive', 'upgrade'],
    ['te', 'trailers'],
    ['accept-encoding', 'gzip, deflate, br', 'identity'],
    ['if-none-match', '*', '"1"'],
    ['x-http-method-override', 'GET'],
    ['referer', 'http://gateway.test/graphql'],
    ['host', 'localhost:1', '[::1]:80', 'GATEWAY.test', 'gateway.test:4000'],
    ['forwarded', 'host=evil.example'],
    ['x-forwarded-host', 'evil.example'],
    ['__proto__', 'x'],
  ])('both gates answer alike for values of the header %s, starting with %j', async (name, ...values) => {
    for (const value of values) await expectAlike({ body: plain, headers: { [name]: value } });
  });
});

describe('both gates treat Accept alike', () => {
  const { expectAlike } = openDoors();
  const requests = [plain, {}, { query: 'subscription { experimentChanged(id: "none") { id } }' }];

  test.each<[accept: string | string[] | null]>([
    [null],
    [''],
    ['*/*'],
    ['application/json'],
    ['APPLICATION/JSON'],
    ['application/*'],
    ['application/graphql-response+json'],
    ['application/graphql-response+json; charset=utf-8'],
    ['application/json; charset=utf-8'],
    ['application/json; charset=latin1'],
    ['application/json; charset="utf-8"'],
    ['application/json; charset=latin1, application/graphql-response+json'],
    ['application/json;charset=utf-8, application/graphql-response+json;charset=utf-8'],
    ['application/graphql-response+json, application/json;q=0.9'],
    ['application/graphql-response+json;q=0.5, application/json'],
    ['application/json;q=0.1, */*;q=0.9'],
    ['application/json;q=0'],
    ['application/json;q=0, */*'],
    ['application/json;q=0.0, application/graphql-response+json'],
    ['*/*;q=0'],
    ['application/json;q=x'],
    ['application/json; profile="a,b"'],
    [','],
    [' application/json '],
    ['application/graphql+json'],
    // urql, Apollo Client 3 and 4, Relay's example, graphql-request, browsers.
    [
      'application/graphql-response+json, application/graphql+json, application/json, text/event-stream, multipart/mixed',
    ],
    ['multipart/mixed;deferSpec=20220824,application/json'],
    [
      'application/graphql-response+json,application/json;q=0.9,multipart/mixed;boundary="graphql";subscriptionSpec=1.0,application/json',
    ],
    ['application/json, multipart/mixed; deferSpec=20220824'],
    ['application/graphql-response+json, application/json'],
    ['text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,*/*;q=0.8'],
    ['text/html'],
    ['text/*'],
    ['application/xml'],
    ['text/event-stream'],
    ['text/event-stream, application/json'],
    ['application/json, text/event-stream'],
    ['multipart/mixed'],
    [['application/json', 'text/event-stream']],
    [['text/html', 'application/json']],
  ])('both gates answer alike for Accept: %j', async (accept) => {
    for (const body of requests) await expectAlike({ body, headers: { accept } });
  });
});

describe('both gates treat origins alike', () => {
  const { expectAlike } = openDoors({ CORS_ORIGINS: 'https://app.example,https://other.example' });

  test.each([null, 'https://app.example', 'https://other.example', 'https://evil.example', 'null', ''])(
    'both gates answer alike for the origin %j',
    async (origin) => {
      for (const body of [plain, {}]) await expectAlike({ body, headers: { origin } });
    },
  );
});

describe('both gates open the same streams', () => {
  const { each } = openDoors();
  const body = JSON.stringify({ query: 'subscription { experimentChanged(id: "a") { name } }' });

  /** Subscribes at one gate. Returns the bytes received, from the current state to the one after an update. */
  async function receiveStream({ app, key, data }: TestGateway, door: number, accept: string | null): Promise<string> {
    const connection = await openWire(await app.listen());
    const headers = { authorization: `Bearer ${key}`, 'x-request-id': 'given', ...(accept !== null && { accept }) };
    await connection.send(post(body, headers).replace('POST /graphql ', `POST /graphql${'?'.repeat(door)} `));
    await vi.waitFor(() => expect(connection.received()).toContain('Before'), 5_000);
    await data('mutation { updateExperiment(id: "a", input: { name: "After" }) { __typename } }');
    await vi.waitFor(() => expect(connection.received()).toContain('After'), 5_000);
    connection.destroy();
    await data('mutation { updateExperiment(id: "a", input: { name: "Before" }) { __typename } }');
    return connection.received().replace(/date: .*/i, '');
  }

  test.each([
    null,
    '*/*',
    'text/event-stream',
    'application/json, text/event-stream',
    'application/graphql-response+json, application/graphql+json, application/json, text/event-stream, multipart/mixed',
  ])('both gates send the same stream to a client that accepts %j', async (accept) => {
    const create = mutations.create;
    const answers = await each(async (gateway, door) => {
      await gateway.data(create, { input: { experimentId: 'a', name: 'Before' } });
      return door === 2 ? '' : await receiveStream(gateway, door, accept);
    });
    expect(answers[0]).toMatch(/content-type: text\/event-stream/i);
    expect(answers[0]).toBe(answers[1]);
  });
});

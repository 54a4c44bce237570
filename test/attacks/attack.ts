/** An attack on a gateway, in several shapes, and the answer that is safe. A failing test names it. */
export interface Attack {
  /** What is sent, as the subject of a sentence. */
  readonly name: string;
  readonly safe: SafeAnswer;
  /** The same attack in several shapes, by name. */
  readonly shapes: Shapes;
  /** The modes of the gateway in which it is sent: production and development, unless given. */
  readonly modes?: readonly Mode[];
  /** What is sent first, by whomever, each over a connection of its own. */
  readonly before?: () => readonly Uint8Array[];
  /** It takes many seconds: only the long form sends it, all shapes at once. */
  readonly isSlow?: boolean;
}

/** `persisted` is production with persisted operations, which only the long form starts. */
export type Mode = 'production' | 'development' | 'persisted';

/**
 * The bytes of a connection, or a head whose body never ends: `piece` is sent until there is an answer, every `pauseMs`
 * milliseconds if given.
 */
export type Shape = Uint8Array | { readonly head: Uint8Array; readonly piece: Uint8Array; readonly pauseMs?: number };

/** Shapes by their names. One that is large is only made when it is sent. */
export type Shapes = Readonly<Record<string, Shape | (() => Shape)>>;

/** The answers to an attack that are safe. */
export interface SafeAnswer {
  readonly status: number | readonly number[];
  /** The code of the first error. */
  readonly code?: string | readonly string[];
  /** What the body must hold. */
  readonly body?: RegExp;
  /** What the body must not hold. */
  readonly hides?: RegExp;
  /** What a header must hold, by its lower-case name. */
  readonly headers?: Readonly<Record<string, RegExp>>;
  /** How many answers there are; one, unless given. */
  readonly answers?: number;
  /** The most CPU time of one turn of the event loop, in milliseconds, where it is more than for others. */
  readonly maxTurnMs?: number;
  /** Whether it may write; an attack that does not say so must leave the database as it was. */
  readonly mayWrite?: boolean;
}

/**
 * The most CPU time of a turn, in milliseconds, for JSON with a hundred thousand different keys: `JSON.parse` takes a
 * microsecond for each key that it has not seen, and R10 does not limit the keys of a workflow.
 */
export const manyKeysMs = 500;

/** The key of the attacked gateways' callers, and the secret that signs their tokens. */
export const key = 'a-key-for-attacks-that-is-the-same-everywhere';
export const jwtSecret = 'a-secret-for-attacks-that-signs-tokens';
/** The experiment that attacks aim at. */
export const victim = 'exp_victim';
/** The hash and the document of an operation that a gateway with persisted operations knows. */
export const persisted = {
  hash: 'a1b2c3',
  document: 'query Known($id: ID!) { experiment(id: $id) { name } }',
} as const;

/** A refusal of the request as a whole. */
export function refused(status: number | readonly number[], code?: string | readonly string[]): SafeAnswer {
  return { status, ...(code !== undefined && { code }) };
}

/** A refusal for what the request says, over GraphQL, in the media type that has a status for it. */
export const badInput: SafeAnswer = { status: 400, code: 'BAD_USER_INPUT' };

/** An answer of 200 that holds a text. */
export function answered(body: RegExp, more: Partial<SafeAnswer> = {}): SafeAnswer {
  return { status: 200, body, ...more };
}

export type Headers = Readonly<Record<string, string | readonly string[] | null>>;

const common = { host: 'gateway.test', connection: 'close' };
export const bearer = { authorization: `Bearer ${key}` };
const response = { accept: 'application/graphql-response+json' };

/** A request, byte for byte. Headers that are null are not sent; those that are a list are repeated. */
export function request(line: string, headers: Headers = {}, body: string | Uint8Array = ''): Uint8Array {
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  const length = bytes.byteLength > 0 || /^(?:POST|PUT|PATCH)/.test(line) ? String(bytes.byteLength) : null;
  const lines = Object.entries({ ...common, 'content-length': length, ...headers }).flatMap(([name, values]) =>
    [values ?? []].flat().map((value) => `${name}: ${value}\r\n`),
  );
  return Buffer.concat([Buffer.from(`${line} HTTP/1.1\r\n${lines.join('')}\r\n`, 'latin1'), bytes]);
}

/** A POST of any body to GraphQL by a known caller. */
export function post(body: string | Uint8Array, headers: Headers = {}): Uint8Array {
  const own = { 'content-type': 'application/json', ...bearer, ...response };
  return request('POST /graphql', { ...own, ...headers }, body);
}

/** A POST of an operation by a known caller. */
export function graphql(query: string, variables?: unknown, headers: Headers = {}): Uint8Array {
  return post(JSON.stringify({ query, variables }), headers);
}

/** A POST of an operation without a credential. */
export function anonymous(query: string, variables?: unknown, headers: Headers = {}): Uint8Array {
  return graphql(query, variables, { authorization: null, ...headers });
}

/** A GET by a known caller. */
export function get(target: string, headers: Headers = {}): Uint8Array {
  return request(`GET ${target}`, { ...bearer, ...headers });
}

/** A request of an operation by GET. */
export function getGraphql(parameters: Readonly<Record<string, string>>, headers: Headers = {}): Uint8Array {
  return get(`/graphql?${new URLSearchParams(parameters)}`, { ...response, ...headers });
}

/** A REST request by a known caller. `path` is what follows `/api/v2/experiments/`. */
export function rest(method: string, path: string, body: string | Uint8Array = '', headers: Headers = {}): Uint8Array {
  const own = { ...bearer, ...(body.length > 0 && { 'content-type': 'application/json' }) };
  return request(`${method} /api/v2/experiments/${path}`, { ...own, ...headers }, body);
}

/** Bytes as they are written here, one for each character. */
export function raw(text: string): Uint8Array {
  return Buffer.from(text, 'latin1');
}

/** Repeats a text, with the index of each repetition. */
export function times(count: number, text: (index: number) => string, separator = ' '): string {
  return Array.from({ length: count }, (_, index) => text(index)).join(separator);
}

/** The same attack for each of some values, by their names. */
export function each<Value>(values: Readonly<Record<string, Value>>, toShape: (value: Value) => Shape): Shapes {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, () => toShape(value)]));
}

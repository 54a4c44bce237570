import { readAnswer, writeJson } from './json.js';

const endpoint = '/graphql';

/** The gateway did not do what was asked. Its message is for people. */
export class Refused extends Error {
  /**
   * @param {string} message
   * @param {string} code
   */
  constructor(message, code) {
    super(message);
    this.code = code;
  }

  /** Whether the key is the reason, so that only another key helps. */
  get isKeyRefused() {
    return this.code === 'UNAUTHENTICATED';
  }
}

/** How far this computer's clock is behind that of the gateway, in milliseconds. */
let clockOffset = 0;

/** The time by the clock of the gateway. */
export function getNow() {
  return Date.now() + clockOffset;
}

/**
 * Posts an operation. Rejects with `Refused`, or with the reason of the signal.
 *
 * @param {string} query
 * @param {Record<string, unknown>} variables
 * @param {{ readonly accept: string, readonly signal?: AbortSignal | undefined }} options
 */
export async function post(query, variables, { accept, signal }) {
  const key = gatewayKey.get();
  try {
    const response = await fetch(endpoint, {
      method: 'POST',
      headers: {
        accept,
        'content-type': 'application/json',
        ...(key !== null && { authorization: `Bearer ${key}` }),
      },
      body: writeJson({ query, variables }),
      ...(signal && { signal }),
    });
    const offset = Date.parse(response.headers.get('date') ?? '') - Date.now();
    // The header has whole seconds.
    if (Math.abs(offset) > 2_000) clockOffset = offset;
    return response;
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Refused(
      'The gateway cannot be reached. Check that it is running and that you are online.',
      'UNREACHABLE',
    );
  }
}

/**
 * Executes a query or mutation and returns its data. Rejects with `Refused`, or with the reason of the signal.
 *
 * @param {string} query
 * @param {Record<string, unknown>} [variables]
 * @param {AbortSignal} [signal]
 * @returns {Promise<any>}
 */
export async function send(query, variables = {}, signal) {
  const response = await post(query, variables, { accept: 'application/graphql-response+json', signal });
  const answer = await readResponse(response);
  if (answer.errors) throw toRefused(answer.errors, response);
  return answer.data;
}

/**
 * The answer of a response that is no stream.
 *
 * @param {Response} response
 * @returns {Promise<{ readonly data?: any, readonly errors?: readonly GatewayError[] }>}
 */
export async function readResponse(response) {
  const text = await response.text();
  try {
    return readAnswer(text);
  } catch {
    throw new Refused(`The answer was HTTP ${response.status}, which does not come from the gateway.`, 'UNREACHABLE');
  }
}

/** @typedef {{ readonly message: string, readonly extensions?: { readonly code?: string } }} GatewayError */

/**
 * @param {readonly GatewayError[]} errors
 * @param {Response} [response]
 */
export function toRefused([error], response) {
  const code = error?.extensions?.code ?? 'UNKNOWN';
  if (code === 'UNAUTHENTICATED')
    return new Refused('This key is not accepted. It may be misspelled, expired or revoked.', code);
  const seconds = response?.headers.get('retry-after');
  const later = seconds ? ` Try again in ${seconds} s.` : '';
  return new Refused(`${error?.message ?? 'The gateway refused this without a reason.'}${later}`, code);
}

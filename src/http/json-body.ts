import { nestsDeeperThan, parseJson } from '../domain/json.ts';
import type { Exchange } from './exchange.ts';
import { isJson } from './graphql/media-type.ts';
import { refusal } from './refusal.ts';

/** How deep a body may nest: far more than any field takes, and few enough for everything that walks it. */
const maxLevels = 1_000;

/**
 * Reads the JSON of a request's body, without losing a digit. Rejects with a refusal: 415 for what is not plain JSON in
 * UTF-8, 400 for what is not valid, 408, 413 and 503 as `readBody`.
 */
export async function readJson(exchange: Exchange): Promise<unknown> {
  if (!isJson(exchange.header('content-type') ?? ''))
    throw refusal(415, 'Send the request as application/json in UTF-8.');
  if ((exchange.header('content-encoding') ?? 'identity').toLowerCase() !== 'identity')
    throw refusal(415, 'Send the body without compression.');
  return parseJsonOf(await exchange.readBody(), 'The body');
}

/** Parses JSON text within the limits of a request (contract, section 7). Throws a refusal (400) that names it. */
export function parseJsonOf(text: string, what: string): unknown {
  let value: unknown;
  try {
    value = parseJson(text);
  } catch {
    throw refusal(400, `${what} is not valid JSON.`);
  }
  if (nestsDeeperThan(maxLevels, text)) throw refusal(400, `${what} nests deeper than ${maxLevels} levels.`);
  return value;
}

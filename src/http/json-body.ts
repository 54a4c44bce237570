import { parseJson } from '../domain/json/exact-json.ts';
import { findExcess, structureLimits } from '../domain/json/json-text.ts';
import type { Exchange } from './exchange.ts';
import { isJson } from './graphql/media-type.ts';
import { createRefusal } from './refusal.ts';

/**
 * Reads the JSON of a request's body, without losing a digit. Rejects with a refusal: 415 for what is not plain JSON in
 * UTF-8, 400 for what is not valid, 408, 413 and 503 as `readBody`.
 */
export async function readJson(exchange: Exchange): Promise<unknown> {
  if (!isJson(exchange.header('content-type') ?? ''))
    throw createRefusal(415, 'Send the request as application/json in UTF-8.');
  if ((exchange.header('content-encoding') ?? 'identity').toLowerCase() !== 'identity')
    throw createRefusal(415, 'Send the body without compression.');
  const body = await exchange.readBody();
  return parseSentJson(body.text(), 'The body');
}

/**
 * Parses JSON text without losing a digit. Throws a refusal (400) for what is not JSON, and before parsing for what nests
 * deeper than 1,000 levels or holds more than 10,000 objects and arrays. `what` begins its message.
 */
export function parseSentJson(text: string, what: string): unknown {
  const excess = findExcess(text, structureLimits);
  if (excess === 'levels') throw createRefusal(400, `${what} nests deeper than ${structureLimits.levels} levels.`);
  if (excess) throw createRefusal(400, `${what} holds more than ${structureLimits.containers} objects and arrays.`);
  try {
    return parseJson(text);
  } catch {
    throw createRefusal(400, `${what} is not valid JSON.`);
  }
}

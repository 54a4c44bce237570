import { parseJson } from '../domain/json/exact-json.ts';
import { findExcess, hasMoreCommas } from '../domain/json/json-text.ts';
import { structureLimits } from '../domain/limits.ts';
import type { Exchange } from './exchange.ts';
import { isJson } from './graphql/media-type.ts';
import { createRefusal } from './refusal.ts';

/**
 * Reads the JSON body of a request without losing a digit. Rejects with a refusal: 415 for another media type, charset
 * or encoding, 400 for invalid JSON or for more than `maxValues` values, and 408, 413 and 503 like `readBody`.
 */
export async function readJson(exchange: Exchange, maxValues = Number.POSITIVE_INFINITY): Promise<unknown> {
  if (!isJson(exchange.header('content-type') ?? ''))
    throw createRefusal(415, 'Send the request as application/json in UTF-8.');
  if ((exchange.header('content-encoding') ?? 'identity').toLowerCase() !== 'identity')
    throw createRefusal(415, 'Send the body without compression.');
  const body = await exchange.readBody();
  const text = body.text();
  if (hasMoreCommas(text, maxValues)) throw createRefusal(400, `The body holds more than ${maxValues} values.`);
  return parseSentJson(text, 'The body');
}

/** Whether a JSON value is an object. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Parses JSON text without losing a digit. Throws a refusal (400) for invalid JSON, and before parsing for text that
 * nests deeper than 1,000 levels or holds more than 10,000 objects and arrays. The message begins with `subject`.
 */
export function parseSentJson(text: string, subject: string): unknown {
  const excess = findExcess(text, structureLimits);
  if (excess === 'levels') throw createRefusal(400, `${subject} nests deeper than ${structureLimits.levels} levels.`);
  if (excess) throw createRefusal(400, `${subject} holds more than ${structureLimits.containers} objects and arrays.`);
  try {
    return parseJson(text);
  } catch {
    throw createRefusal(400, `${subject} is not valid JSON.`);
  }
}

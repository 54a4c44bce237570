import { parseJson } from '../domain/json/exact-json.ts';
import { findExcess, type StructureLimits } from '../domain/json/json-structure.ts';
import { structureLimits } from '../domain/limits.ts';
import type { Exchange } from './exchange.ts';
import { isJson } from './graphql/media-type.ts';
import { createRefusal } from './refusal.ts';

/**
 * Reads the JSON body of a request without losing a digit. Rejects with a refusal: 415 for another media type, charset
 * or encoding, 400 like `parseSentJson`, and 408, 413 and 503 like `readBody`.
 */
export async function readJson(exchange: Exchange, limits?: StructureLimits): Promise<unknown> {
  if (!isJson(exchange.header('content-type') ?? ''))
    throw createRefusal(415, 'Send the request as application/json in UTF-8.');
  if ((exchange.header('content-encoding') ?? 'identity').toLowerCase() !== 'identity')
    throw createRefusal(415, 'Send the body without compression.');
  const body = await exchange.readBody();
  return parseSentJson(body.text(), 'The body', limits);
}

/** Whether a JSON value is an object. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Parses JSON text without losing a digit. Throws a refusal (400) for invalid JSON and, before parsing, for text beyond
 * the limits. The message begins with `subject`.
 */
export function parseSentJson(text: string, subject: string, limits = structureLimits): unknown {
  const excess = findExcess(text, limits);
  if (excess) throw createRefusal(400, `${subject} ${describeExcess(excess, limits)}.`);
  try {
    return parseJson(text);
  } catch {
    throw createRefusal(400, `${subject} is not valid JSON.`);
  }
}

function describeExcess(excess: keyof StructureLimits, { levels, containers, values }: StructureLimits): string {
  if (excess === 'levels') return `nests deeper than ${levels} levels`;
  return `holds more than ${excess === 'values' ? `${values} values` : `${containers} objects and arrays`}`;
}

/** The media types of answers, in our order of preference, which decides when the caller has none. */
const mediaTypes = ['application/json', 'application/graphql-response+json', 'text/event-stream'] as const;
export type MediaType = (typeof mediaTypes)[number];

/** The result of the negotiation by `Accept`. */
export interface Accepted {
  /** For the answer to a query or a mutation. */
  readonly mediaType: MediaType;
  /** Whether a subscription can be answered. */
  readonly acceptsStream: boolean;
}

interface Range {
  readonly type: string;
  readonly weight: number;
}

/**
 * Chooses the media type by an `Accept` header (RFC 9110, section 12.5.1): the most specific range decides the weight
 * of each type. Returns undefined when none of ours is acceptable.
 */
export function negotiate(accept: string): Accepted | undefined {
  const ranges = accept.split(',').flatMap(parseRange);
  const weights = mediaTypes.map((type) => findWeight(ranges, type));
  const best = Math.max(...weights);
  const acceptsStream = (weights[2] ?? 0) > 0;
  if (best > 0) {
    const equal = mediaTypes.filter((_, index) => weights[index] === best);
    // One answer needs no stream. Clients that list the stream first send the same header with subscriptions.
    const candidates = equal.length > 1 ? equal.filter((type) => type !== 'text/event-stream') : equal;
    const named = ranges.map(({ type }) => candidates.find((candidate) => candidate === type));
    const mediaType = named.find((type) => type !== undefined) ?? candidates[0] ?? 'application/json';
    return { mediaType, acceptsStream };
  }
  // Clients that accept only multipart/mixed can also read a result that comes in one piece.
  const acceptsParts = ranges.some(({ type, weight }) => type === 'multipart/mixed' && weight > 0);
  return acceptsParts ? { mediaType: 'application/json', acceptsStream } : undefined;
}

/** Parses one range of an `Accept` header. Returns none when it asks for a charset other than UTF-8. */
function parseRange(entry: string): Range[] {
  const [type = '', ...parameters] = entry
    .toLowerCase()
    .split(';')
    .map((part) => part.trim());
  let weight = 1;
  for (const parameter of parameters) {
    const [name, value = ''] = parameter.split('=').map((part) => part.trim().replaceAll('"', ''));
    if (name === 'charset' && value !== 'utf-8' && value !== 'utf8') return [];
    if (name === 'q') weight = parseWeight(value);
  }
  return [{ type, weight }];
}

/** A malformed weight counts as none, which is 1. */
function parseWeight(text: string): number {
  return /^(?:0(?:\.\d*)?|1(?:\.0*)?)$/.test(text) ? Number(text) : 1;
}

function findWeight(ranges: readonly Range[], type: string): number {
  const [family] = type.split('/');
  for (const candidate of [type, `${family}/*`, '*/*']) {
    const range = ranges.find((each) => each.type === candidate);
    if (range) return range.weight;
  }
  return 0;
}

/** Whether a body is JSON in UTF-8, by its `Content-Type`. */
export function isJson(contentType: string): boolean {
  if (contentType === 'application/json') return true;
  const [type = '', ...parameters] = contentType
    .toLowerCase()
    .split(';')
    .map((part) => part.trim());
  const charset = parameters
    .map((parameter) => parameter.split('=').map((part) => part.trim().replaceAll('"', '')))
    .find(([name]) => name === 'charset')?.[1];
  return type === 'application/json' && (charset === undefined || charset === 'utf-8' || charset === 'utf8');
}

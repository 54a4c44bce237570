/** The media types of answers, in our order of preference, which decides when the caller has none. */
const answerTypes = ['application/json', 'application/graphql-response+json', 'text/event-stream'] as const;
/** The media types of streams: server-sent events, and the multipart protocol of Apollo's clients. */
const streamTypes = ['text/event-stream', 'multipart/mixed'] as const;

export type StreamType = (typeof streamTypes)[number];
export type MediaType = (typeof answerTypes)[number] | StreamType;

export function isStreamType(type: MediaType): type is StreamType {
  return streamTypes.some((streamType) => streamType === type);
}

/** The result of the negotiation by `Accept`. */
export interface Accepted {
  /** For the answer to a query or a mutation, and for refusals. */
  readonly mediaType: MediaType;
  /** For a subscription; undefined when the caller accepts no stream. */
  readonly streamType: StreamType | undefined;
}

interface Range {
  readonly type: string;
  readonly weight: number;
  readonly parameters: ReadonlyMap<string, string>;
}

/**
 * Chooses the media types by an `Accept` header (RFC 9110, section 12.5.1): the most specific range decides the weight
 * of each type. Returns undefined when none of ours is acceptable.
 */
export function negotiate(accept: string): Accepted | undefined {
  const ranges = splitUnquoted(accept, ',').flatMap(parseRange);
  const streamType = chooseStreamType(ranges);
  const weights = answerTypes.map((type) => findWeight(ranges, type));
  const best = Math.max(...weights);
  if (best > 0) {
    const equal = answerTypes.filter((_, index) => weights[index] === best);
    // One answer needs no stream. Clients that list the stream first send the same header with subscriptions.
    const candidates = equal.length > 1 ? equal.filter((type) => type !== 'text/event-stream') : equal;
    return { mediaType: chooseFirstNamed(ranges, candidates) ?? 'application/json', streamType };
  }
  // Clients that accept only multipart/mixed can also read a result that comes in one piece.
  const acceptsParts = ranges.some(({ type, weight }) => type === 'multipart/mixed' && weight > 0);
  return acceptsParts ? { mediaType: 'application/json', streamType } : undefined;
}

/** The acceptable stream with the highest weight, and of several the one that the header names first. */
function chooseStreamType(ranges: readonly Range[]): StreamType | undefined {
  // Without this parameter, `multipart/mixed` is another protocol, that of incremental delivery.
  const parts = ranges.find(
    ({ type, parameters }) => type === 'multipart/mixed' && parameters.get('subscriptionspec') === '1.0',
  );
  const weights = {
    'text/event-stream': findWeight(ranges, 'text/event-stream'),
    'multipart/mixed': parts?.weight ?? 0,
  };
  const best = Math.max(...Object.values(weights));
  if (best === 0) return undefined;
  return chooseFirstNamed(
    ranges,
    streamTypes.filter((type) => weights[type] === best),
  );
}

/** The candidate that the header names first, or the first one when it names none. */
function chooseFirstNamed<Type extends string>(
  ranges: readonly Range[],
  candidates: readonly Type[],
): Type | undefined {
  const named = ranges.map(({ type }) => candidates.find((candidate) => candidate === type));
  return named.find((type) => type !== undefined) ?? candidates[0];
}

/** Parses one range of an `Accept` header. Returns none when it asks for a charset other than UTF-8. */
function parseRange(entry: string): Range[] {
  const [type, parameters] = parseMediaType(entry);
  const charset = parameters.get('charset');
  if (charset !== undefined && !isUtf8(charset)) return [];
  return [{ type, weight: parseWeight(parameters.get('q') ?? ''), parameters }];
}

/** Splits a media type from its parameters; everything in lower case, values without quotes. */
function parseMediaType(text: string): [type: string, parameters: ReadonlyMap<string, string>] {
  const [type = '', ...parameters] = splitUnquoted(text.toLowerCase(), ';');
  const pairs = parameters.map((parameter): [string, string] => {
    const [name = '', ...value] = parameter.split('=');
    return [name.trim(), value.join('=').trim().replaceAll(/["']/g, '')];
  });
  return [type, new Map(pairs)];
}

/** Splits a header at a separator, but not within quotes (RFC 9110, section 5.6.4). Takes linear time. */
function splitUnquoted(text: string, separator: ',' | ';'): string[] {
  const parts: string[] = [];
  let start = 0;
  let isQuoted = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (isQuoted && character === '\\') at++;
    else if (character === '"') isQuoted = !isQuoted;
    else if (!isQuoted && character === separator) {
      parts.push(text.slice(start, at).trim());
      start = at + 1;
    }
  }
  return [...parts, text.slice(start).trim()];
}

function isUtf8(charset: string): boolean {
  return charset === 'utf-8' || charset === 'utf8';
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
  const [type, parameters] = parseMediaType(contentType);
  return type === 'application/json' && isUtf8(parameters.get('charset') || 'utf-8');
}

import type { StreamType } from './media-type.ts';

/** How the events of a subscription are written. */
export interface StreamFormat {
  readonly contentType: string;
  /** Sent at once, so that proxies and browsers pass the headers on. */
  readonly opening: string;
  /** Sent while there is nothing else, so that no proxy closes the connection. */
  readonly heartbeat: string;
  readonly ending: string;
  /** Writes an event, the JSON of a GraphQL response. */
  writeEvent(json: string): string;
  /** Writes the errors that end a stream early, as the JSON of a list. */
  writeFailure(errors: string): string;
}

const writeMessage = (json: string) => `event: next\ndata: ${json}\n\n`;

/** JSON never contains a line break before the hyphens, so no part can contain the boundary. */
const boundary = '\r\n--graphql';
/** Each part ends with the next boundary, because readers pass a part on when they see it. */
const writePart = (json: string) => `\r\nContent-Type: application/json\r\n\r\n${json}${boundary}`;

export const streamFormats: Readonly<Record<StreamType, StreamFormat>> = {
  /** GraphQL over server-sent events, distinct connections mode. */
  'text/event-stream': {
    contentType: 'text/event-stream',
    opening: ':\n\n',
    heartbeat: ':\n\n',
    ending: 'event: complete\ndata:\n\n',
    writeEvent: writeMessage,
    writeFailure: (errors) => writeMessage(`{"errors":${errors}}`),
  },
  /** Apollo's multipart protocol for subscriptions over HTTP, version 1.0. */
  'multipart/mixed': {
    contentType: 'multipart/mixed;boundary="graphql";subscriptionSpec="1.0"',
    opening: `${boundary}${writePart('{}')}`,
    heartbeat: writePart('{}'),
    ending: '--\r\n',
    writeEvent: (json) => writePart(`{"payload":${json}}`),
    writeFailure: (errors) => writePart(`{"payload":null,"errors":${errors}}`),
  },
};

/**
 * The headers of a stream. nginx must not buffer it, and proxies must not compress it, since they would hold events back
 * until there are enough.
 */
export function createStreamHeaders({ contentType }: StreamFormat): Record<string, string> {
  return { 'content-type': contentType, 'cache-control': 'no-store, no-transform', 'x-accel-buffering': 'no' };
}

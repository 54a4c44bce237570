import { onTestFinished } from 'vitest';
import type { TestGateway } from '../gateway/test-gateway.ts';

export interface Stream {
  readonly response: Response;
  /** Waits for the next result, or returns 'complete' when the stream completes. */
  next(): Promise<any>;
  /** Disconnects, like a client that closes its tab. */
  leave(): Promise<void>;
}

/** Opens a subscription by POST, as graphql-sse, urql and Apollo do. */
export async function openStream(
  { fetch, key }: Pick<TestGateway, 'fetch' | 'key'>,
  query: string,
  options: { key?: string | null; variables?: Record<string, unknown> } = {},
): Promise<Stream> {
  const used = options.key === undefined ? key : options.key;
  const response = await fetch('/graphql', {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'text/event-stream',
      ...(used !== null && { authorization: `Bearer ${used}` }),
    },
    body: JSON.stringify({ query, variables: options.variables }),
  });
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  const decoder = new TextDecoder();
  let buffered = '';
  const leave = () => reader.cancel().catch(() => undefined);
  onTestFinished(leave);
  return {
    response,
    leave,
    async next() {
      for (;;) {
        const end = buffered.indexOf('\n\n');
        if (end >= 0) {
          const event = buffered.slice(0, end);
          buffered = buffered.slice(end + 2);
          if (event.startsWith('event: complete')) return 'complete';
          if (event.startsWith('event: next')) return JSON.parse(event.slice(event.indexOf('data: ') + 6));
          continue;
        }
        const { done, value } = await reader.read();
        if (done) throw new Error('The stream ended without saying so.');
        buffered += decoder.decode(value, { stream: true });
      }
    },
  };
}

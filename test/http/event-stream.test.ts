import { expect, test } from 'vitest';
import { createEventStream } from '../../src/http/graphql/event-stream.ts';
import type { StreamType } from '../../src/http/graphql/media-type.ts';
import { streamFormats } from '../../src/http/graphql/stream-format.ts';

async function* failAfterOne() {
  yield 1;
  throw new Error('disk');
}

/** All text of a stream, whose events are numbers. */
async function read(events: AsyncIterator<number>, type: StreamType): Promise<string> {
  const writer = { toJson: (event: number) => `{"data":${event}}`, toErrors: () => '[{"message":"masked"}]' };
  return new Response(createEventStream(events, streamFormats[type], writer)).text();
}

test('a stream whose source fails ends with the masked errors, in the words of its protocol', async () => {
  expect(await read(failAfterOne(), 'text/event-stream')).toBe(
    ':\n\nevent: next\ndata: {"data":1}\n\nevent: next\ndata: {"errors":[{"message":"masked"}]}\n\nevent: complete\ndata:\n\n',
  );
  const parts = ['{}', '{"payload":{"data":1}}', '{"payload":null,"errors":[{"message":"masked"}]}'];
  expect(await read(failAfterOne(), 'multipart/mixed')).toBe(
    `\r\n--graphql${parts.map((json) => `\r\nContent-Type: application/json\r\n\r\n${json}\r\n--graphql`).join('')}--\r\n`,
  );
});

test('a reader that leaves ends the source, even while it waits for an event', async () => {
  let isEnded = false;
  const events: AsyncIterator<number> = {
    next: () => new Promise(() => undefined),
    return: async () => {
      isEnded = true;
      return { done: true, value: undefined };
    },
  };
  const writer = { toJson: String, toErrors: String };
  const reader = createEventStream(events, streamFormats['multipart/mixed'], writer).getReader();
  await reader.read();
  await reader.cancel();
  expect(isEnded).toBe(true);
});

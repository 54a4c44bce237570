import type { StreamFormat } from './stream-format.ts';

/** How long a stream may be silent, in milliseconds. Proxies close a connection that is silent for a minute or so. */
const heartbeatIntervalMs = 10_000;

/** What a stream needs to know about its events. */
export interface EventWriter<Event> {
  /** An event as the JSON of a GraphQL response. */
  toJson(event: Event): string;
  /** The errors of a source that failed, as the JSON of a list. */
  toErrors(fault: unknown): string;
}

/**
 * Writes events as bytes, each when the reader is ready for it, and heartbeats while there are none. The stream ends
 * with its source, also when that fails; when the reader leaves, the source ends at once.
 */
export function createEventStream<Event>(
  events: AsyncIterator<Event>,
  format: StreamFormat,
  writer: EventWriter<Event>,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let heartbeats: NodeJS.Timeout | undefined;

  async function writeNext(): Promise<{ text: string; isLast: boolean }> {
    try {
      const { done, value } = await events.next();
      if (done) return { text: format.ending, isLast: true };
      return { text: format.writeEvent(writer.toJson(value)), isLast: false };
    } catch (error) {
      await events.return?.().catch(() => undefined);
      return { text: format.writeFailure(writer.toErrors(error)) + format.ending, isLast: true };
    }
  }

  return new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(encoder.encode(format.opening));
      heartbeats = setInterval(() => {
        // A reader that does not keep up gets nothing more to read.
        if ((controller.desiredSize ?? 0) > 0) controller.enqueue(encoder.encode(format.heartbeat));
      }, heartbeatIntervalMs).unref();
    },
    async pull(controller) {
      const { text, isLast } = await writeNext();
      if (isLast) clearInterval(heartbeats);
      controller.enqueue(encoder.encode(text));
      if (isLast) controller.close();
    },
    async cancel() {
      clearInterval(heartbeats);
      await events.return?.();
    },
  });
}

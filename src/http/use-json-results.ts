import type { GraphQLError } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { stringifyJson } from '../domain/json.ts';
import type { Logger } from '../observability/logger.ts';
import { type Answer, mediaTypeFor, publicAnswer, statusOf, writtenAnswer } from './json-answer.ts';
import { refusal } from './refusal.ts';
import { requestIdOf } from './request-id.ts';

/** Answers as the caller sees them, and streams of them. Stands last, behind the negotiation of the media type. */
export function useJsonResults(logger: Logger): Plugin {
  return {
    onResultProcess({ request, result, resultProcessor, setResult, setResultProcessor }) {
      if (Array.isArray(result)) return;
      const seen = (answer: Answer) => publicAnswer(answer, requestIdOf(request), logger);
      const isStream = Symbol.asyncIterator in result;
      if (isStream && resultProcessor) return setResult(mapped(result, (answer) => inStream(seen(answer))));
      if (!isStream && !resultProcessor) return;
      // Nobody can read this stream, and left alone it would listen for ever.
      if (isStream) void result[Symbol.asyncIterator]().return?.();
      const answer: Answer = isStream ? { errors: [noStream()] } : result;
      const mediaType = mediaTypeFor(request.headers.get('accept') ?? '*/*');
      const shown = seen(answer);
      const wantsStream = mediaType === 'text/event-stream';
      // Yoga writes a stream, also one of a single event; what it writes is ours. What our side failed is no stream.
      if (wantsStream && statusOf(answer, shown, mediaType) < 500) return setResult(inStream(shown));
      setResultProcessor((_, fetchAPI) => {
        const { status, headers, body } = writtenAnswer(answer, shown, wantsStream ? 'application/json' : mediaType);
        return new fetchAPI.Response(body, { status, headers });
      }, mediaType);
    },
  };
}

/** A subscription by somebody who accepts no stream. */
function noStream(): GraphQLError {
  return refusal(406, 'A subscription is answered as a stream: accept text/event-stream.');
}

/** An answer that Yoga's streams write as we do. */
function inStream(shown: Answer): Answer {
  return Object.defineProperty({ ...shown }, 'stringify', { value: stringifyJson });
}

function mapped<From, To>(source: AsyncIterable<From>, map: (value: From) => To): AsyncIterableIterator<To> {
  const iterator = source[Symbol.asyncIterator]();
  const mapResult = (result: IteratorResult<From>): IteratorResult<To> =>
    result.done ? { done: true, value: undefined } : { done: false, value: map(result.value) };
  return {
    next: async () => mapResult(await iterator.next()),
    return: async () => mapResult((await iterator.return?.()) ?? { done: true, value: undefined }),
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

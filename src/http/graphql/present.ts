import { GraphQLError } from 'graphql';
import type { AnswerBudget } from '../../domain/answer-budget.ts';
import { stringifyJson } from '../../domain/json/exact-json.ts';
import { answerLimits } from '../../domain/limits.ts';
import type { Exchange } from '../exchange.ts';
import { createRefusedAnswer, limitAnswer } from './answer-limit.ts';
import { InvalidDocument } from './document-cache.ts';
import type { MediaType, StreamType } from './media-type.ts';
import { type Answer, type HttpAnswer, type HttpStream, maskErrors, writeResponse, writeStream } from './response.ts';

/** Writes anything that a step threw. */
export function presentError(error: unknown, exchange: Exchange, mediaType: MediaType): HttpAnswer {
  return present({ errors: toErrors(error) }, exchange, mediaType);
}

/** Writes the result of a query or a mutation, or that it is too large. */
export function presentResult(
  result: Answer,
  exchange: Exchange,
  mediaType: MediaType,
  isMutation: boolean,
): HttpAnswer {
  const answer = present(result, exchange, mediaType);
  if (isWithinLimit(answer.body)) return answer;
  return present(createRefusedAnswer('tooLarge', isMutation), exchange, mediaType);
}

/** Writes what a subscription started with: the stream of its events, or an answer with the errors. */
export function presentStart(
  result: AsyncIterable<Answer> | Answer,
  exchange: Exchange,
  { mediaType, streamType }: { readonly mediaType: MediaType; readonly streamType: StreamType },
  budget: AnswerBudget,
): HttpAnswer | HttpStream {
  // Apollo's clients take a status of 400 or more for a fault of the network, so their errors are an event.
  const errorsType = streamType === 'multipart/mixed' ? streamType : undefined;
  if (!(Symbol.asyncIterator in result)) return present(result, exchange, mediaType, errorsType);
  return writeStream(result[Symbol.asyncIterator](), streamType, {
    toJson(event) {
      const text = writeEvent(limitAnswer(event, budget, false), exchange);
      return isWithinLimit(text) ? text : writeEvent(createRefusedAnswer('tooLarge', false), exchange);
    },
    toErrors: (fault) => JSON.stringify(showErrors({ errors: toErrors(fault) }, exchange).errors),
  });
}

/** Writes an answer. One that cannot be written becomes a fault. */
function present(answer: Answer, exchange: Exchange, mediaType: MediaType, streamType?: StreamType): HttpAnswer {
  try {
    return writeResponse(answer, showErrors(answer, exchange), mediaType, streamType);
  } catch (error) {
    const fault: Answer = { errors: toErrors(error) };
    return writeResponse(fault, showErrors(fault, exchange), mediaType);
  }
}

function writeEvent(event: Answer, exchange: Exchange): string {
  return stringifyJson(showErrors(event, exchange));
}

/** Returns an answer as its caller may see it: its errors are masked, logged and counted. */
function showErrors(answer: Answer, exchange: Exchange): Answer {
  const shown = maskErrors(answer, exchange);
  for (const { extensions } of shown.errors ?? []) exchange.noteError(String(extensions.code));
  return shown;
}

/** Whether the written answer is within 16 MiB. The budget counts parts of it only by estimate. */
function isWithinLimit(text: string): boolean {
  return text.length <= answerLimits.one / 3 || Buffer.byteLength(text) <= answerLimits.one;
}

/** Turns anything thrown into the errors of an answer. Faults are masked when they are shown. */
function toErrors(error: unknown): readonly GraphQLError[] {
  if (error instanceof InvalidDocument) return error.errors;
  if (error instanceof GraphQLError) return [error];
  const originalError = error instanceof Error ? error : new Error(String(error));
  return [new GraphQLError(originalError.message, { originalError })];
}

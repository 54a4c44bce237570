import { GraphQLError } from 'graphql';
import type { TooManyStreams } from '../domain/experiment/stream-counter.ts';

/** The refusal of a stream to a caller who has too many. */
export function createTooManyStreamsError({ message }: TooManyStreams): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'RATE_LIMITED', status: 429, http: { status: 429 } } });
}

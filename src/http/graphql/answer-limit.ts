import { GraphQLError } from 'graphql';
import type { AnswerBudget } from '../../domain/answer-budget.ts';
import { answerLimits } from '../../domain/limits.ts';
import { createRefusal } from '../refusal.ts';
import type { Answer } from './response.ts';

/** The error of a request whose answer has no room while so many others are in progress. */
export function createNoRoomError(): GraphQLError {
  return createRefusal(503, 'Too many answers are in progress: try again in a moment.');
}

type RefusedReason = NonNullable<AnswerBudget['refused']>['reason'];

/** The answer of an executed operation, or the single error that replaces it when its budget refused it. */
export function limitAnswer(answer: Answer, { refused }: AnswerBudget, isMutation: boolean): Answer {
  // The refusal ends the execution, so its error is the last one.
  return refused ? createRefusedAnswer(refused.reason, isMutation, answer.errors?.at(-1)) : answer;
}

/**
 * Replaces an answer that is too large or has no room. A query has changed nothing, so it is refused: 400 (ask for
 * less) or 503. A mutation may already have written, so its caller gets 200 with the root field where execution
 * stopped, and never a status that claims that nothing was done.
 */
export function createRefusedAnswer(reason: RefusedReason, isMutation: boolean, at?: GraphQLError): Answer {
  if (isMutation) {
    const where = at?.path?.[0];
    const done = where === undefined ? 'The mutation was carried out' : `The mutation was carried out up to ${where}`;
    const message = `${done}, but its answer is too large to send: read what you need with a query.`;
    const extensions = { code: 'ANSWER_TOO_LARGE', status: 200 };
    return { errors: [new GraphQLError(message, { nodes: at?.nodes, path: at?.path, extensions })], data: null };
  }
  if (reason === 'noRoom') return { errors: [createNoRoomError()] };
  const limit = `${answerLimits.one / 1024 / 1024} MiB`;
  return {
    errors: [
      createRefusal(400, `The answer, or what has to be read for it, would be larger than ${limit}: ask for less.`),
    ],
  };
}

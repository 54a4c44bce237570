import { GraphQLError } from 'graphql';
import type { AnswerBudget } from '../../domain/answer-budget.ts';
import { maxAnswerBytes } from '../../domain/limits.ts';
import { createRefusal } from '../refusal.ts';
import type { Answer } from './response.ts';

/** A request whose answer has no room beside the others under way. */
export function createNoRoomError(): GraphQLError {
  return createRefusal(503, 'Too many answers are under way: try again in a moment.');
}

type RefusedReason = NonNullable<AnswerBudget['refused']>['reason'];

/** The answer to an operation that was executed, or the one error that stands in its place when its budget refused it. */
export function limitAnswer(answer: Answer, { refused }: AnswerBudget, isMutation: boolean): Answer {
  return refused ? createRefusedAnswer(refused.reason, isMutation, answer.errors?.[0]) : answer;
}

/**
 * What is answered in place of an answer without room. A query has changed nothing, so it is refused whole: 400, ask for
 * less, or 503. A mutation may have been written by then: it is told so, with the root field where it stopped, and
 * never by a status that says that nothing was done.
 */
export function createRefusedAnswer(reason: RefusedReason, isMutation: boolean, at?: GraphQLError): Answer {
  if (isMutation) {
    const where = at?.path?.[0];
    const done = where === undefined ? 'The mutation was carried out' : `The mutation was carried out up to ${where}`;
    const message = `${done}, but its answer is too large to be sent: read what you need with a query.`;
    const extensions = { code: 'ANSWER_TOO_LARGE', status: 200 };
    return { errors: [new GraphQLError(message, { nodes: at?.nodes, path: at?.path, extensions })], data: null };
  }
  if (reason === 'noRoom') return { errors: [createNoRoomError()] };
  const limit = `${maxAnswerBytes / 1024 / 1024} MiB`;
  return { errors: [createRefusal(400, `The answer would be larger than ${limit}: ask for less.`)] };
}

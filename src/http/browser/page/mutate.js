import { Refused, send } from './api.js';

/**
 * Executes a mutation, whose field the document calls `result`. What went wrong comes back as a sentence, typed failures
 * and refusals alike.
 *
 * @param {string} document
 * @param {Record<string, unknown>} variables
 * @returns {Promise<{ readonly result: MutationResult, readonly problem: string | undefined }>}
 */
export async function mutate(document, variables) {
  try {
    const { result } = await send(document, variables);
    return { result, problem: describeFailure(result) };
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return { result: { __typename: 'Refused' }, problem: error.message };
  }
}

/** @param {MutationResult} result */
function describeFailure({ __typename, message, issues }) {
  if (__typename === 'ValidationError' && issues) return issues.map((issue) => issue.message).join(' ');
  return __typename.endsWith('Error') ? (message ?? 'The gateway refused this.') : undefined;
}

import type { AnswerRoom } from '../../domain/answer-budget.ts';

/** The most bytes that all answers in progress may hold together (contract, section 7). */
const maxAllAnswerBytes = 64 * 1024 * 1024;

/** The room that all answers share: those being built, and those waiting for their readers (`pendingBytes`). */
export function createAnswerRoom(pendingBytes: () => number): AnswerRoom {
  let building = 0;
  return {
    take(bytes) {
      if (building + pendingBytes() + bytes > maxAllAnswerBytes) return false;
      building += bytes;
      return true;
    },
    give(bytes) {
      building -= bytes;
    },
  };
}

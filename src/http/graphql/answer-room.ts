import type { AnswerRoom } from '../../domain/answer-budget.ts';

/** What all answers under way may hold together, in bytes (contract, section 7). */
const maxAllAnswerBytes = 64 * 1024 * 1024;

/** The room of all answers: those that are being built, and those that wait for their readers (`pendingBytes`). */
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

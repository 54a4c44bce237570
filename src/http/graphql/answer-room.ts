import type { AnswerRoom } from '../../domain/answer-budget.ts';
import { answerLimits } from '../../domain/limits.ts';

/** The room that all answers share: those being built, and those waiting for their readers (`pendingBytes`). */
export function createAnswerRoom(pendingBytes: () => number): AnswerRoom {
  let building = 0;
  return {
    take(bytes) {
      if (building + pendingBytes() + bytes > answerLimits.all) return false;
      building += bytes;
      return true;
    },
    give(bytes) {
      building -= bytes;
    },
  };
}

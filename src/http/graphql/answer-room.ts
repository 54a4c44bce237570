import type { AnswerRoom } from '../../domain/answer-budget.ts';
import { answerLimits } from '../../domain/limits.ts';

/** The room that all answers share, with how many bytes of it are taken. */
export interface SharedAnswerRoom extends AnswerRoom {
  countUsed(): number;
}

/** Creates the room of all answers: those being built, and those waiting for their readers (`pendingBytes`). */
export function createAnswerRoom(pendingBytes: () => number): SharedAnswerRoom {
  let building = 0;
  const countUsed = () => building + pendingBytes();
  return {
    take(bytes) {
      if (countUsed() + bytes > answerLimits.all) return false;
      building += bytes;
      return true;
    },
    give(bytes) {
      building -= bytes;
    },
    countUsed,
  };
}

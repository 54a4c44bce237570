import { refusal } from './refusal.ts';

/** What all answers that wait for their readers may hold together, in bytes (contract, section 7). */
const maxPendingBytes = 64 * 1024 * 1024;
/** An answer up to this many characters is never refused: counting what waits would cost more. */
const maxSmallAnswer = 64 * 1024;

/** Throws a refusal (503) for the text of a large answer that all the others leave no room for. */
export type AssertRoom = (text: string) => void;

/** Makes the check of all gates. `pendingBytes` is what waits for its readers at the moment. */
export function createAssertRoom(pendingBytes: () => number): AssertRoom {
  return (text) => {
    if (text.length <= maxSmallAnswer) return;
    if (pendingBytes() + Buffer.byteLength(text) <= maxPendingBytes) return;
    throw refusal(503, 'Too many large answers are under way: try again in a moment.', { 'retry-after': '1' });
  };
}

/**
 * Makes one question of all the keys that are asked for in one turn, as a whole page does. Nothing is kept, since a
 * stream lives long.
 */
export function createBatchLoader<Key, Answer>(
  ask: (keys: readonly Key[]) => Promise<Answer>,
): (key: Key) => Promise<Answer> {
  let asked: Key[] = [];
  let answer: Promise<Answer> | undefined;
  return (key) => {
    asked.push(key);
    answer ??= Promise.resolve().then(() => {
      const keys = asked;
      asked = [];
      answer = undefined;
      return ask(keys);
    });
    return answer;
  };
}

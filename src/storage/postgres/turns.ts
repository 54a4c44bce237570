/**
 * Gives work that has one key its turn, one after the other. Writers of one experiment would wait for each other on the
 * server all the same; here they hold no connection meanwhile, and are published in the order of commit.
 */
export function turns(): <Result>(key: string, work: () => Promise<Result>) => Promise<Result> {
  const last = new Map<string, Promise<unknown>>();
  return async (key, work) => {
    const before = last.get(key);
    const mine = before ? before.then(work, work) : work();
    last.set(key, mine);
    try {
      return await mine;
    } finally {
      if (last.get(key) === mine) last.delete(key);
    }
  };
}

import { openStore, type Store } from './store.ts';

/** Where a peer listens, and the store that it answers from: told by the environment, as the gateway is. */
export function peer(): { readonly port: number; readonly store: Store } {
  const { PORT, DATABASE_URL } = process.env;
  if (!PORT || !DATABASE_URL) throw new Error('A peer needs PORT and DATABASE_URL.');
  process.once('SIGTERM', () => process.exit(0));
  return { port: Number(PORT), store: openStore(DATABASE_URL.replace(/^file:/, '')) };
}

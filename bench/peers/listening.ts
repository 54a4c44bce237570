import { openStore, type Store } from './store.ts';

/** The port and the store of a peer, from environment variables, as for the gateway. */
export function peer(): { readonly port: number; readonly store: Store } {
  const { PORT, DATABASE_URL } = process.env;
  if (!PORT || !DATABASE_URL) throw new Error('A peer needs PORT and DATABASE_URL.');
  process.once('SIGTERM', () => process.exit(0));
  return { port: Number(PORT), store: openStore(DATABASE_URL.replace(/^file:/, '')) };
}

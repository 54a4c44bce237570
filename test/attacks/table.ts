import type { Attack } from './attack.ts';
import { bodies } from './rows/bodies.ts';
import { documents } from './rows/documents.ts';
import { headers } from './rows/headers.ts';
import { introspection } from './rows/introspection.ts';
import { lists } from './rows/lists.ts';
import { numbers } from './rows/numbers.ts';
import { persistedOperations } from './rows/persisted.ts';
import { prototypes } from './rows/prototypes.ts';
import { requests } from './rows/requests.ts';
import { slow } from './rows/slow.ts';
import { smuggling } from './rows/smuggling.ts';
import { targets } from './rows/targets.ts';
import { texts } from './rows/text.ts';
import { tokens } from './rows/tokens.ts';

/** Every attack, by what it abuses. */
export const attacks: Readonly<Record<string, readonly Attack[]>> = {
  documents,
  introspection,
  requests,
  bodies,
  prototypes,
  texts,
  numbers,
  headers,
  smuggling,
  targets,
  lists,
  tokens,
  persistedOperations,
  slow,
};

import type { Attack } from './attack.ts';
import { bodies } from './rows/bodies.ts';
import { connections } from './rows/connections.ts';
import { documents } from './rows/documents.ts';
import { headers } from './rows/headers.ts';
import { introspection } from './rows/introspection.ts';
import { json } from './rows/json.ts';
import { lists } from './rows/lists.ts';
import { longLists } from './rows/long-lists.ts';
import { longTexts } from './rows/long-text.ts';
import { numbers } from './rows/numbers.ts';
import { persistedOperations } from './rows/persisted.ts';
import { prototypes } from './rows/prototypes.ts';
import { requests } from './rows/requests.ts';
import { restAddresses } from './rows/rest-addresses.ts';
import { restLists } from './rows/rest-lists.ts';
import { selections } from './rows/selections.ts';
import { slow } from './rows/slow.ts';
import { smuggling } from './rows/smuggling.ts';
import { subscriptions } from './rows/subscriptions.ts';
import { targets } from './rows/targets.ts';
import { texts } from './rows/text.ts';
import { calendarTimes } from './rows/times.ts';
import { tokens } from './rows/tokens.ts';

/** Every attack, by what it abuses. */
export const attacks: Readonly<Record<string, readonly Attack[]>> = {
  documents,
  selections,
  introspection,
  requests,
  subscriptions,
  bodies,
  json,
  prototypes,
  texts,
  'long texts': longTexts,
  numbers,
  times: calendarTimes,
  headers,
  connections,
  smuggling,
  targets,
  'REST addresses': restAddresses,
  lists,
  'long lists': longLists,
  'REST lists': restLists,
  tokens,
  'persisted operations': persistedOperations,
  'slow requests': slow,
};

import { and, eq, sql } from 'drizzle-orm';
import type { JsonObject } from '../../domain/json/exact-json.ts';
import type { JsonList } from '../../domain/json/json-list.ts';
import { toTagEntries } from '../rows/tag-index.ts';
import type { Connection } from './connect.ts';
import { prepareQuery } from './statement.ts';
import { experimentTags } from './tables.ts';

/** The index of tags. */
export function prepareTags({ client, db }: Connection) {
  const ofExperiment = and(
    eq(experimentTags.organization, sql.placeholder('organization')),
    eq(experimentTags.experimentId, sql.placeholder('id')),
  );
  const clear = prepareQuery(client, db.delete(experimentTags).where(ofExperiment));
  const row = {
    organization: sql.placeholder('organization'),
    key: sql.placeholder('key'),
    value: sql.placeholder('value'),
    experimentId: sql.placeholder('id'),
  };
  const add = prepareQuery(client, db.insert(experimentTags).values(row).onConflictDoNothing());
  return {
    clear: (organization: string, id: string) => clear.run({ organization, id }),
    add(organization: string, id: string, tags: JsonList<JsonObject>) {
      for (const [key, value] of toTagEntries(tags)) add.run({ organization, id, key, value });
    },
  };
}

import { eq } from 'drizzle-orm';
import type { OrganizationReads } from '../../domain/organization.ts';
import { selectUses, usedOrganization } from '../rows/organization-uses.ts';
import type { PostgresDatabase } from './open.ts';
import { apiKeys, datasets, experimentCounts } from './tables.ts';

const uses = selectUses([apiKeys, experimentCounts, datasets]);

/** For commands: listing may read every key and dataset. */
export function createOrganizationReads(database: PostgresDatabase): OrganizationReads {
  const findDb = database.prepareOnce((db) => db);
  return {
    list: (limit) =>
      database.run(async () => {
        const rows = await findDb()
          .selectDistinct({ id: usedOrganization })
          .from(uses)
          .orderBy(usedOrganization)
          .limit(limit);
        return rows.map(({ id }) => id);
      }),
    exists: (id) =>
      database.run(async () => {
        const rows = await findDb()
          .select({ id: usedOrganization })
          .from(uses)
          .where(eq(usedOrganization, id))
          .limit(1);
        return rows.length > 0;
      }),
  };
}

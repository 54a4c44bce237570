import { eq } from 'drizzle-orm';
import type { OrganizationReads } from '../../domain/organization.ts';
import { selectUses, usedOrganization } from '../rows/organization-uses.ts';
import type { SqliteFile } from './open.ts';
import { apiKeys, datasets, experimentCounts } from './tables.ts';

const uses = selectUses([apiKeys, experimentCounts, datasets]);

/** For commands: listing may read every key and dataset. */
export function createOrganizationReads(file: SqliteFile): OrganizationReads {
  const findDb = file.prepareOnce(({ db }) => db);
  return {
    list: (limit) =>
      file.read(() =>
        findDb()
          .selectDistinct({ id: usedOrganization })
          .from(uses)
          .orderBy(usedOrganization)
          .limit(limit)
          .all()
          .map(({ id }) => id),
      ),
    exists: (id) =>
      file.read(
        () =>
          findDb().select({ id: usedOrganization }).from(uses).where(eq(usedOrganization, id)).limit(1).all().length >
          0,
      ),
  };
}

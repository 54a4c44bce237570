/** The organization of the first API key, and of BOOTSTRAP_API_KEY. */
export const defaultOrganization = 'default';

/**
 * Finds the organizations of an installation. They are created by use: an organization exists once it has had an API
 * key, an experiment or a dataset. Rejects with `StorageUnavailable` when storage does not respond.
 */
export interface OrganizationReads {
  /** The first ids in code point order, at most `limit`. */
  list(limit: number): Promise<string[]>;
  exists(id: string): Promise<boolean>;
}

/** The organization of a new key and whether it is new, or the first ones to choose from. */
export type OrganizationChoice =
  | { readonly kind: 'chosen'; readonly organization: string; readonly isNew: boolean }
  | { readonly kind: 'ambiguous'; readonly some: readonly string[]; readonly hasMore: boolean };

/** How many organizations an ambiguous choice names. */
const maxNamed = 10;

/** Chooses the organization of a new key: the given one, else the only one there is, else `default` where there is none. */
export async function chooseOrganization(
  organizations: OrganizationReads,
  given: string | undefined,
): Promise<OrganizationChoice> {
  if (given !== undefined) return { kind: 'chosen', organization: given, isNew: !(await organizations.exists(given)) };
  const [only, ...others] = await organizations.list(maxNamed + 1);
  if (only === undefined) return { kind: 'chosen', organization: defaultOrganization, isNew: true };
  if (others.length === 0) return { kind: 'chosen', organization: only, isNew: false };
  const some = [only, ...others].slice(0, maxNamed);
  return { kind: 'ambiguous', some, hasMore: others.length >= maxNamed };
}

import type { ClientBase } from 'pg';
import { JsonList } from '../../domain/json/json-list.ts';
import { maxRebuildCharacters, maxRebuildRows, toIndexKey, toTagEntries } from '../rows/tag-index.ts';

interface TagsRow {
  readonly organization: string;
  readonly id: string;
  readonly tags: string;
}

/**
 * Fills the empty tag index from the tags of all experiments. Runs in the transaction of the migration that emptied it,
 * because SQL cannot produce the canonical text of a value.
 */
export async function rebuildTags(client: ClientBase): Promise<void> {
  let after = ['', ''];
  for (;;) {
    // The server also limits the page by size.
    const { rows } = await client.query<TagsRow>(
      `SELECT organization, id, tags FROM (
        SELECT *, sum(octet_length(tags)) OVER (ORDER BY organization, id) - octet_length(tags) AS octets_before FROM (
          SELECT organization, id, tags FROM experiments
          WHERE (organization, id) > ($1, $2) AND tags <> '[]' ORDER BY organization, id LIMIT ${maxRebuildRows}
        ) AS page
      ) AS sized WHERE octets_before < ${maxRebuildCharacters} ORDER BY organization, id`,
      after,
    );
    const last = rows.at(-1);
    if (!last) return;
    after = [last.organization, last.id];
    const entries = rows.flatMap(({ organization, id, tags }) =>
      toTagEntries(JsonList.fromText(tags)).map(([key, value]) => [
        organization,
        toIndexKey(key),
        toIndexKey(value),
        id,
      ]),
    );
    await client.query(
      `INSERT INTO experiment_tags (organization, key, value, experiment_id)
      SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) ON CONFLICT DO NOTHING`,
      [0, 1, 2, 3].map((at) => entries.map((entry) => entry[at])),
    );
  }
}

import type Database from 'better-sqlite3';
import { JsonList } from '../../domain/json/json-list.ts';
import { maxRebuildCharacters, maxRebuildRows, toTagEntries } from '../rows/tag-index.ts';

type TagsRow = [organization: string, id: string, tags: string];

/**
 * Fills the empty index of tags from the tags of all experiments. Runs in the transaction of the migration that emptied
 * it: SQL cannot make the canonical text of a value.
 */
export function rebuildTags(client: Database.Database): void {
  const page = client
    .prepare<[string, string], TagsRow>(
      `SELECT organization, id, tags FROM experiments
      WHERE (organization, id) > (?, ?) AND tags <> '[]' ORDER BY organization, id`,
    )
    .raw();
  const add = client.prepare(
    'INSERT INTO experiment_tags (organization, key, value, experiment_id) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING',
  );
  for (let rows = take(page.iterate('', '')); rows.length > 0; ) {
    for (const [organization, id, tags] of rows) {
      for (const [key, value] of toTagEntries(JsonList.fromText(tags))) add.run(organization, key, value, id);
    }
    const [organization, id] = rows.at(-1) as TagsRow;
    rows = take(page.iterate(organization, id));
  }
}

/** The next rows: the connection cannot write while it iterates. */
function take(rows: IterableIterator<TagsRow>): TagsRow[] {
  const taken: TagsRow[] = [];
  let size = 0;
  for (const row of rows) {
    taken.push(row);
    size += row[2].length;
    if (taken.length >= maxRebuildRows || size >= maxRebuildCharacters) break;
  }
  return taken;
}

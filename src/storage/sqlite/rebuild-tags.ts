import type Database from 'better-sqlite3';
import { JsonList } from '../../domain/json/json-list.ts';
import { maxRebuildCharacters, maxRebuildRows, toTagEntries } from '../rows/tag-index.ts';

type TagsRow = [organization: string, id: string, tags: string];

/**
 * Fills the empty tag index from the tags of all experiments. Runs in the transaction of the migration that emptied it,
 * because SQL cannot produce the canonical text of a value.
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
  for (let rows = takePage(page.iterate('', '')); rows.length > 0; ) {
    for (const [organization, id, tags] of rows) {
      for (const [key, value] of toTagEntries(JsonList.fromText(tags))) add.run(organization, key, value, id);
    }
    const [organization, id] = rows.at(-1) as TagsRow;
    rows = takePage(page.iterate(organization, id));
  }
}

/** Takes the next rows out of the iterator: the connection cannot write while it iterates. */
function takePage(rows: IterableIterator<TagsRow>): TagsRow[] {
  const taken: TagsRow[] = [];
  let size = 0;
  for (const row of rows) {
    taken.push(row);
    size += row[2].length;
    if (taken.length >= maxRebuildRows || size >= maxRebuildCharacters) break;
  }
  return taken;
}

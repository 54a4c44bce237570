import type { ClientBase } from 'pg';
import { foldId } from '../rows/experiment-row.ts';

interface IdsRow {
  readonly organization: string;
  readonly id: string;
  readonly dataset_id: string | null;
}

/** The most rows that are read at a time. */
const maxRows = 1_000;

/**
 * Fills the new columns with folded ids. Runs in the transaction of the migration that adds them, because SQL folds only
 * ASCII.
 */
export async function foldIds(client: ClientBase): Promise<void> {
  let after = ['', ''];
  for (;;) {
    const { rows } = await client.query<IdsRow>(
      `SELECT organization, id, dataset_id FROM experiments
      WHERE (organization, id) > ($1, $2) AND (id ~ '[^ -~]' OR dataset_id ~ '[^ -~]')
      ORDER BY organization, id LIMIT ${maxRows}`,
      after,
    );
    const last = rows.at(-1);
    if (!last) return;
    after = [last.organization, last.id];
    await client.query(
      `UPDATE experiments SET folded_id = folded.id_form, folded_dataset_id = folded.dataset_id_form
      FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) AS folded (organization, id, id_form, dataset_id_form)
      WHERE experiments.organization = folded.organization AND experiments.id = folded.id`,
      [
        rows.map(({ organization }) => organization),
        rows.map(({ id }) => id),
        rows.map(({ id }) => foldId(id)),
        rows.map(({ dataset_id }) => foldId(dataset_id)),
      ],
    );
  }
}

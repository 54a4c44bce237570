import type Database from 'better-sqlite3';
import { foldId } from '../rows/experiment-row.ts';

/**
 * Fills the new columns with folded ids. Runs in the transaction of the migration that adds them, because SQL folds only
 * ASCII.
 */
export function foldIds(client: Database.Database): void {
  client.function('fold_id', { deterministic: true }, (id) => foldId(id as string | null));
  client.exec(`UPDATE experiments SET folded_id = fold_id(id), folded_dataset_id = fold_id(dataset_id)
    WHERE id GLOB '*[^ -~]*' OR dataset_id GLOB '*[^ -~]*'`);
}

import type { Dataset } from '../../domain/dataset/dataset.ts';
import type { BadCursor, Page, PageRequest } from '../../domain/pagination.ts';
import { decodeIdCursor, encodeIdCursor } from './cursor.ts';
import type { Kept } from './experiment-row.ts';
import { toPage } from './page.ts';

export type DatasetRow = Kept<Dataset>;

export function toDatasetRow({ createdAt, updatedAt, ...dataset }: Dataset): DatasetRow {
  return { ...dataset, createdAt: createdAt.getTime(), updatedAt: updatedAt.getTime() };
}

export function parseDatasetRow({ createdAt, updatedAt, ...row }: DatasetRow): Dataset {
  return { ...row, createdAt: new Date(createdAt), updatedAt: new Date(updatedAt) };
}

/** The ids that bound a page; null where it is unbounded. */
export function decodeIds(
  page: PageRequest,
): { readonly after: string | null; readonly before: string | null } | BadCursor {
  const after = page.after === null ? null : decodeIdCursor(page.after);
  if (page.after !== null && after === null) return { kind: 'badCursor', argument: 'after' };
  const before = page.before === null ? null : decodeIdCursor(page.before);
  if (page.before !== null && before === null) return { kind: 'badCursor', argument: 'before' };
  return { after, before };
}

export function toDatasetPage(rows: readonly DatasetRow[], page: PageRequest): Page<Dataset> {
  return toPage(rows, page, (row) => ({ node: parseDatasetRow(row), cursor: encodeIdCursor(row.id) }));
}

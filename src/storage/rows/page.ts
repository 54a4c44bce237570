import type { Page, PageRequest } from '../../domain/pagination.ts';

/** The page in rows that were read from its near end, one more than it holds: that one says whether there are more. */
export function toPage<Row, Node>(
  rows: readonly Row[],
  page: PageRequest,
  toEntry: (row: Row) => { node: Node; cursor: string },
): Page<Node> {
  const hasMore = rows.length > page.size;
  const inPage = rows.slice(0, page.size);
  if (page.fromEnd) inPage.reverse();
  return {
    entries: inPage.map(toEntry),
    hasNextPage: page.fromEnd ? page.before !== null : hasMore,
    hasPreviousPage: page.fromEnd ? hasMore : page.after !== null,
  };
}

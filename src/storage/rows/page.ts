import type { Page, PageRequest } from '../../domain/pagination.ts';

/** Builds a page from rows read from its near end. One row more than the page size shows that there are more. */
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
    hasPreviousPage: page.fromEnd ? hasMore : page.after !== null || (page.skip ?? 0) > 0,
  };
}

import { isSureToFit, type Reading, selectTexts, type TextField } from '../../domain/experiment/reading.ts';
import { measureTexts } from '../rows/part-of-row.ts';
import type { Statement } from './statement.ts';

/**
 * Reads the rows of a statement, as many as the reading's budget has bytes left for. Only the first `rows` rows are
 * charged to it: a row beyond them only shows that there are more.
 */
export function readWithin<Row extends Partial<Record<TextField, unknown>>>(
  statement: Pick<Statement<Row>, 'all' | 'iterate'>,
  values: Readonly<Record<string, unknown>>,
  rows: number,
  reading: Reading,
): Row[] {
  const { budget } = reading;
  if (!budget) return statement.all(values);
  const texts = selectTexts(reading);
  const found: Row[] = [];
  let length = 0;
  // Reading rows one by one takes 1.5 times as long as reading all at once.
  for (const row of isSureToFit(reading, rows + 1) ? statement.all(values) : statement.iterate(values)) {
    if (found.length < rows) length += measureTexts(row, texts);
    if (length > budget.bytesLeft) break;
    found.push(row);
  }
  budget.chargeRead(length);
  return found;
}

import { isSureToFit, type Reading, selectTexts, type TextField } from '../../domain/experiment/reading.ts';
import { measureTexts } from '../rows/part-of-row.ts';
import type { Statement } from './statement.ts';

/**
 * Reads the rows of a statement, and no more of them than the budget of the reading has bytes left for. `rows` says how
 * many are answered: what is read behind them is not charged.
 */
export function readWithin<Row extends Partial<Record<TextField, unknown>>>(
  statement: Statement<Row>,
  values: Readonly<Record<string, unknown>>,
  rows: number,
  reading: Reading,
): Row[] {
  const { budget } = reading;
  if (!budget) return statement.all(values);
  const texts = selectTexts(reading);
  const found: Row[] = [];
  let length = 0;
  // One by one costs half as much again as all at once.
  for (const row of isSureToFit(reading, rows + 1) ? statement.all(values) : statement.iterate(values)) {
    if (found.length < rows) length += measureTexts(row, texts);
    if (length > budget.bytesLeft) break;
    found.push(row);
  }
  budget.chargeRead(length);
  return found;
}

import { type Column, type SQL, type SQLWrapper, sql } from 'drizzle-orm';
import type { ComparedField, FieldComparison } from '../../domain/experiment/comparison.ts';
import { foldText } from '../../domain/text.ts';
import { type Bind, joinWithOr } from './condition.ts';

/** The parts of a comparison that depend on the engine: its columns, and SQL that differs. */
export interface ComparisonDialect {
  readonly experiments: Readonly<Record<ComparedField | 'foldedName' | 'foldedId' | 'foldedDatasetId', Column>>;
  contains(text: SQLWrapper, part: SQL): SQL;
  /** A stored time as the text that `Date.toISOString` returns. */
  toTimeText(column: Column): SQL;
}

/** Returns a function that builds the SQL condition of a comparison. */
export function createComparisonBuilder({ experiments, contains, toTimeText }: ComparisonDialect) {
  const { foldedName, foldedId, foldedDatasetId, id, datasetId, createdAt, updatedAt } = experiments;
  const texts: Partial<Record<ComparedField, SQL>> = {
    createdAt: toTimeText(createdAt),
    updatedAt: toTimeText(updatedAt),
  };
  const foldedTexts: Record<ComparedField, SQLWrapper> = {
    name: foldedName,
    id: sql`coalesce(${foldedId}, upper(${id}))`,
    datasetId: sql`coalesce(${foldedDatasetId}, upper(${datasetId}))`,
    createdAt: toTimeText(createdAt),
    updatedAt: toTimeText(updatedAt),
  };

  return function compare({ field, operator, values }: FieldComparison, bind: Bind): SQL | undefined {
    const column = experiments[field];
    const text = texts[field] ?? column;
    const folded = foldedTexts[field];
    const matchAny = (build: (value: SQL) => SQL, convert = (value: string) => value) =>
      joinWithOr(values.map((value) => build(bind(typeof value === 'string' ? convert(value) : value.getTime()))));
    const isIn = (left: SQLWrapper, convert?: (value: string) => string) => {
      const list = toList(values, convert).map(bind);
      return list.length > 0 ? sql`${left} in (${sql.join(list, sql`, `)})` : sql`false`;
    };
    switch (operator) {
      case 'in':
        return isIn(column);
      case 'iexact':
        return isIn(folded, foldText);
      case 'gt':
        return matchAny((value) => sql`${column} > ${value}`);
      case 'gte':
        return matchAny((value) => sql`${column} >= ${value}`);
      case 'lt':
        return matchAny((value) => sql`${column} < ${value}`);
      case 'lte':
        return matchAny((value) => sql`${column} <= ${value}`);
      case 'isnull':
        return sql`${column} is null`;
      case 'contains':
        return matchAny((value) => contains(text, value));
      case 'icontains':
        return matchAny((value) => contains(folded, value), foldText);
      case 'startswith':
        return matchAny((value) => sql`substr(${text}, 1, length(${value})) = ${value}`);
      case 'endswith':
        return matchAny((value) => sql`substr(${text}, length(${text}) - length(${value}) + 1) = ${value}`);
    }
  };
}

/**
 * Distinct values, the last one repeated up to a power of two: lists of similar lengths share a prepared statement.
 */
function toList(values: FieldComparison['values'], convert = (value: string) => value): (string | number)[] {
  const list = [...new Set(values.map((value) => (typeof value === 'string' ? convert(value) : value.getTime())))];
  const last = list.at(-1);
  if (last !== undefined) while ((list.length & (list.length - 1)) !== 0) list.push(last);
  return list;
}

/** A key that is equal for comparisons whose SQL is the same. */
export function describeComparison({ field, operator, values }: FieldComparison): string {
  const isList = operator === 'in' || operator === 'iexact';
  const count = isList ? toList(values, operator === 'iexact' ? foldText : undefined).length : values.length;
  return `${field} ${operator} ${count}`;
}

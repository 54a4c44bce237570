/** The fields whose values a filter can compare. */
export type ComparedField = 'id' | 'name' | 'datasetId' | 'createdAt' | 'updatedAt';

/** Comparisons that look into a text. No index supports them, so each value reads every row. */
export const textOperators = ['iexact', 'contains', 'icontains', 'startswith', 'endswith'] as const;
/** Comparisons with whole values. Texts are ordered by code point. */
export const valueOperators = ['in', 'gt', 'gte', 'lt', 'lte', 'isnull'] as const;
export type ComparisonOperator = (typeof textOperators)[number] | (typeof valueOperators)[number];

/**
 * Compares one field with values: true if any of them matches, so never without values. `isnull` needs none. A field
 * that is null matches nothing else.
 *
 * `iexact` and `icontains` ignore case. Times are compared with dates, or by `textOperators` with texts, as the text
 * that `Date.toISOString` returns.
 */
export interface FieldComparison {
  readonly field: ComparedField;
  readonly operator: ComparisonOperator;
  readonly values: readonly (string | Date)[];
}

export function isTextOperator(operator: string): operator is (typeof textOperators)[number] {
  return (textOperators as readonly string[]).includes(operator);
}

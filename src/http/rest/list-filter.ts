import { isTextOperator } from '../../domain/experiment/comparison.ts';
import { type ExperimentStatus, statuses } from '../../domain/experiment/experiment.ts';
import type { ExperimentFilter } from '../../domain/experiment/query.ts';
import { quote } from '../../domain/messages.ts';
import { type Moment, parseMoment, roundUp } from '../../domain/moment.ts';
import { foldText } from '../../domain/text.ts';
import { toLowerCase } from './experiment-resource.ts';
import { type FilterOperator, type Filters, type ListField, listFields } from './list-shapes.ts';

type Operator = Exclude<FilterOperator, '' | 'not'>;
/** Reports what is wrong with one value of a condition. */
type Report = (index: number, message: string) => void;

/** Converts documented filters to the filter of the domain. Reports values that do not fit their field or operator. */
export function toExperimentFilter(
  filters: Filters,
  report: (path: readonly string[], message: string) => void,
): ExperimentFilter {
  const conditions = listFields.flatMap((field) => {
    const condition = filters[field];
    if (!condition) return [];
    const { operator, value: values } = condition;
    const isNegated = operator === 'not';
    const filter = toCondition(field, isNegated || operator === '' ? 'in' : operator, values, (index, message) =>
      report(['filters', field, 'value', String(index)], message),
    );
    return [isNegated ? { not: filter } : filter];
  });
  return conditions.length > 0 ? { and: conditions } : {};
}

/** Comparisons that several values would contradict: which one is meant? */
const takesOneValue: ReadonlySet<Operator> = new Set(['gt', 'gte', 'lt', 'lte', 'isnull']);

function toCondition(field: ListField, operator: Operator, values: readonly unknown[], report: Report) {
  if (takesOneValue.has(operator) && values.length > 1) report(1, `${operator} takes only one value.`);
  if (operator === 'isnull') return toNullCondition(field, values, report);
  const texts = values.filter((value, index) => {
    if (typeof value !== 'string') report(index, `${quote(value)} is not a string.`);
    return typeof value === 'string';
  });
  switch (field) {
    case 'status':
      return { status: findStatuses(operator, texts) };
    case 'created_at':
    case 'updated_at':
      return toTimeCondition(field === 'created_at' ? 'createdAt' : 'updatedAt', operator, texts, report);
    case 'dataset_id':
      return { compare: { field: 'datasetId', operator, values: texts } } as const;
    case 'id':
    case 'name':
      return { compare: { field, operator, values: texts } };
  }
}

/** Only experiments without a dataset have a null in a field. */
function toNullCondition(field: ListField, values: readonly unknown[], report: Report): ExperimentFilter {
  const [isNull] = values;
  if (isNull !== undefined && typeof isNull !== 'boolean') report(0, `${quote(isNull)} is not true or false.`);
  const matchesNull: ExperimentFilter =
    field === 'dataset_id' ? { compare: { field: 'datasetId', operator: 'isnull', values: [] } } : { or: [] };
  if (isNull === undefined) return { or: [] };
  return isNull ? matchesNull : { not: matchesNull };
}

/** The statuses, in the documented lower case, that match any of the texts. */
function findStatuses(operator: Exclude<Operator, 'isnull'>, texts: readonly string[]): ExperimentStatus[] {
  return statuses.filter((status) => texts.some((text) => isStatusMatch(toLowerCase(status), operator, text)));
}

function isStatusMatch(status: string, operator: Exclude<Operator, 'isnull'>, text: string): boolean {
  switch (operator) {
    case 'in':
      return status === text;
    case 'gt':
      return status > text;
    case 'gte':
      return status >= text;
    case 'lt':
      return status < text;
    case 'lte':
      return status <= text;
    case 'iexact':
      return foldText(status) === foldText(text);
    case 'contains':
      return status.includes(text);
    case 'icontains':
      return foldText(status).includes(foldText(text));
    case 'startswith':
      return status.startsWith(text);
    case 'endswith':
      return status.endsWith(text);
  }
}

/**
 * Times are compared as times, to the last digit that was sent, although they are stored in milliseconds. The operators
 * that look into a text see the time as answers spell it.
 */
function toTimeCondition(
  field: 'createdAt' | 'updatedAt',
  operator: Exclude<Operator, 'isnull'>,
  texts: readonly string[],
  report: Report,
): ExperimentFilter {
  if (isTextOperator(operator) && operator !== 'iexact') return { compare: { field, operator, values: texts } };
  const moments = texts.flatMap((text, index) => {
    const moment = parseMoment(text);
    if (!moment) report(index, `${quote(text)} is not a time such as 2026-11-22T10:00:00.000Z, or a date.`);
    return moment ?? [];
  });
  if (operator === 'gt' || operator === 'lte')
    return { compare: { field, operator, values: moments.map(({ milliseconds }) => new Date(milliseconds)) } };
  if (operator === 'gte' || operator === 'lt') return { compare: { field, operator, values: moments.map(roundUp) } };
  return { compare: { field, operator: 'in', values: moments.filter(isWhole).map(roundUp) } };
}

function isWhole({ hasMoreDigits }: Moment): boolean {
  return !hasMoreDigits;
}

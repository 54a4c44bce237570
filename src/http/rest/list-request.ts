import {
  countTextConditions,
  type ExperimentFilter,
  type ExperimentOrder,
  type OrderField,
} from '../../domain/experiment/query.ts';
import { type Invalid, invalid } from '../../domain/failure.ts';
import { filterLimits, issueLimits, pageSize } from '../../domain/limits.ts';
import { quote } from '../../domain/messages.ts';
import { createIssue, type Issue, validate } from '../../domain/validation.ts';
import { isObject } from '../json-body.ts';
import { toExperimentFilter } from './list-filter.ts';
import { type Filters, type ListField, listBodySchema, listFields, pagingShapes } from './list-shapes.ts';
import { type RestWarning, warnOfUnknownFields } from './warnings.ts';

const pagingFields = Object.keys(pagingShapes);
const bodyFields = Object.keys(listBodySchema.shape);

/** What a list was asked for. */
export interface ListRequest {
  readonly kind: 'list';
  readonly filter: ExperimentFilter;
  /** The same in the documented form. */
  readonly currentFilters: Filters;
  readonly order: ExperimentOrder;
  readonly page: number;
  readonly size: number;
  readonly warnings: readonly RestWarning[];
}

/**
 * Reads a list from its query string and its body, which is empty for GET. The query string wins, so that the links of
 * an answer work with the same body. Reports all issues at once, at most 50.
 */
export function readListRequest(search: string, body: Readonly<Record<string, unknown>>): ListRequest | Invalid {
  const parameters = readParameters(search);
  const issues: Issue[] = [];
  const { filters = null, ...paging } = {
    ...pick(body, bodyFields),
    ...pick(parameters, pagingFields),
  };
  const sent = omitNulls({ ...paging, filters: prepareFilters(filters, issues) });
  const parsed = validate(listBodySchema, sent, ['input'], issues);
  if (!parsed || issues.length > 0) return invalid(issues);

  const {
    filters: currentFilters = {},
    page = 1,
    page_size: size = pageSize.default,
    sort_by = '-created_at',
  } = parsed;
  const filter = toExperimentFilter(currentFilters, (path, message) =>
    issues.push(createIssue(['input', ...path], 'INVALID_TYPE', message)),
  );
  if (countTextConditions(filter) > filterLimits.textConditions) issues.push(tooManyTexts);
  if (issues.length > 0) return invalid(issues);
  return {
    kind: 'list',
    filter,
    currentFilters,
    order: toOrder(sort_by),
    page,
    size,
    warnings: [...warnOfUnknownFields(parameters, pagingFields), ...warnOfUnknownFields(body, bodyFields)].slice(
      0,
      issueLimits.count,
    ),
  };
}

const tooManyTexts = createIssue(
  ['input', 'filters'],
  'TOO_MANY',
  `more than ${filterLimits.textConditions} values for iexact, contains, icontains, startswith and endswith are not accepted.`,
);

const numberText = /^-?\d+(\.\d+)?$/;

/**
 * The parameters of a query string, with numbers as numbers, whether a page can have them or not: the schema then says what
 * is wrong with them. An empty one counts as absent, and the last of several with one name wins.
 */
function readParameters(search: string): Record<string, unknown> {
  const given = [...new URLSearchParams(search)].filter(([, value]) => value !== '');
  return Object.fromEntries(
    given.map(([name, value]) => [name, name !== 'sort_by' && numberText.test(value) ? Number(value) : value]),
  );
}

/**
 * Filters in the form that the schema checks: a single value as a list, and of a long list no more than the schema needs
 * to refuse it. Reports unknown names.
 */
function prepareFilters(filters: unknown, issues: Issue[]): unknown {
  if (!isObject(filters)) return filters;
  for (const name of findUnknown(filters, listFields)) {
    const problem = `${quote(name)} is not a field to filter by; it is one of ${listFields.join(', ')}.`;
    issues.push(createIssue(['input', 'filters'], 'INVALID_TYPE', problem));
  }
  const known = Object.entries(omitNulls(pick(filters, listFields)));
  return Object.fromEntries(
    known.map(([field, condition]) => {
      if (!isObject(condition)) return [field, condition];
      for (const name of findUnknown(condition, ['operator', 'value'])) {
        const problem = `${quote(name)} is not part of a condition, which has an operator and a value.`;
        issues.push(createIssue(['input', 'filters', field], 'INVALID_TYPE', problem));
      }
      const { operator, value } = condition;
      const values = Array.isArray(value) ? value.slice(0, filterLimits.values + 1) : [value];
      return [field, { operator, ...(value !== undefined && { value: values }) }];
    }),
  );
}

/** The first names that are not known: as many as are reported. */
function findUnknown(sent: object, known: readonly string[]): string[] {
  return Object.keys(sent)
    .filter((name) => !known.includes(name))
    .slice(0, issueLimits.count);
}

function pick(values: Readonly<Record<string, unknown>>, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(names.filter((name) => Object.hasOwn(values, name)).map((name) => [name, values[name]]));
}

function omitNulls(values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null));
}

const orderFields: Record<ListField, OrderField> = {
  name: 'NAME',
  status: 'STATUS',
  dataset_id: 'DATASET_ID',
  created_at: 'CREATED_AT',
  updated_at: 'UPDATED_AT',
  id: 'ID',
};

function toOrder(sortBy: ListField | `-${ListField}`): ExperimentOrder {
  const isDescending = sortBy.startsWith('-');
  const field = (isDescending ? sortBy.slice(1) : sortBy) as ListField;
  return { field: orderFields[field], direction: isDescending ? 'DESC' : 'ASC' };
}

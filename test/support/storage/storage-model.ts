import { isDeepStrictEqual } from 'node:util';
import * as fc from 'fast-check';
import {
  type FieldComparison,
  isTextOperator,
  textOperators,
  valueOperators,
} from '../../../src/domain/experiment/comparison.ts';
import { type Experiment, statuses } from '../../../src/domain/experiment/experiment.ts';
import {
  directions,
  type ExperimentFilter,
  type ExperimentOrder,
  orderFields,
} from '../../../src/domain/experiment/query.ts';
import type { JsonValue } from '../../../src/domain/json/exact-json.ts';
import { JsonList } from '../../../src/domain/json/json-list.ts';
import { anExperiment } from '../gateway/experiments.ts';

/** Whether an experiment matches a filter, implemented as simply as possible. */
export function isMatch(experiment: Experiment, filter: ExperimentFilter): boolean {
  const { ids, status, datasetId, nameContains, tag, evaluatorId, hasTags } = filter;
  const { createdFrom, createdBefore, updatedFrom, updatedBefore } = filter;
  return (
    (ids == null || ids.includes(experiment.id)) &&
    (status == null || status.includes(experiment.status)) &&
    (datasetId == null || experiment.datasetId === datasetId) &&
    (nameContains == null || plain(experiment.name).includes(plain(nameContains))) &&
    (tag == null || hasTag(experiment, tag)) &&
    (evaluatorId == null || experiment.evaluatorIds.values.includes(evaluatorId)) &&
    (hasTags == null || experiment.tags.values.length > 0 === hasTags) &&
    (createdFrom == null || experiment.createdAt >= createdFrom) &&
    (createdBefore == null || experiment.createdAt < createdBefore) &&
    (updatedFrom == null || experiment.updatedAt >= updatedFrom) &&
    (updatedBefore == null || experiment.updatedAt < updatedBefore) &&
    (filter.compare == null || isComparisonTrue(experiment, filter.compare)) &&
    (filter.stalled == null || experiment.isStalled === filter.stalled) &&
    (filter.and == null || filter.and.every((part) => isMatch(experiment, part))) &&
    (filter.or == null || filter.or.some((part) => isMatch(experiment, part))) &&
    (filter.not == null || !isMatch(experiment, filter.not))
  );
}

function plain(name: string): string {
  return name.normalize('NFC').toLowerCase();
}

function isComparisonTrue(experiment: Experiment, { field, operator, values }: FieldComparison): boolean {
  const stored = experiment[field];
  if (operator === 'isnull') return stored === null;
  if (stored === null) return false;
  const text = stored instanceof Date ? stored.toISOString() : stored;
  return values.some((value) => {
    const sought = value instanceof Date ? value.toISOString() : value;
    const order = compare(stored, value);
    switch (operator) {
      case 'in':
        return order === 0;
      case 'gt':
        return order > 0;
      case 'gte':
        return order >= 0;
      case 'lt':
        return order < 0;
      case 'lte':
        return order <= 0;
      case 'iexact':
        return plain(text) === plain(sought);
      case 'contains':
        return text.includes(sought);
      case 'icontains':
        return plain(text).includes(plain(sought));
      case 'startswith':
        return text.startsWith(sought);
      case 'endswith':
        return text.endsWith(sought);
    }
    return operator satisfies never;
  });
}

function hasTag({ tags }: Experiment, { key, value }: { key: string; value?: JsonValue | undefined }): boolean {
  return tags.values.some(
    (tag) => Object.hasOwn(tag, key) && (value === undefined || isDeepStrictEqual(tag[key], value)),
  );
}

/** Sorts by a field, then by id; text sorts by code point. */
export function byOrder({ field, direction }: ExperimentOrder): (one: Experiment, other: Experiment) => number {
  const key = (
    {
      CREATED_AT: 'createdAt',
      UPDATED_AT: 'updatedAt',
      NAME: 'name',
      STATUS: 'status',
      DATASET_ID: 'datasetId',
      ID: 'id',
    } as const
  )[field];
  const sign = direction === 'ASC' ? 1 : -1;
  return (one, other) => sign * (compare(one[key] ?? '', other[key] ?? '') || compare(one.id, other.id));
}

function compare(one: string | Date, other: string | Date): number {
  if (one instanceof Date || other instanceof Date) return Number(one) - Number(other);
  return Buffer.compare(Buffer.from(one), Buffer.from(other));
}

const names = [
  'Zebra',
  'apple',
  'Ärger',
  'ÄRGER im Büro',
  'a\u0308rger',
  'Жук',
  'жуки',
  'ΕΛΛΆΔΑ',
  '100%',
  '100_',
  '1000',
  '%_\\',
  "it's",
  '😀 x',
  '～ x',
  '日本語',
  'a"b',
] as const;
const parts = [
  '',
  'a',
  'A',
  'är',
  'ÄR',
  'жУ',
  'λλά',
  '%',
  '_',
  '0%',
  '00',
  '\\',
  "'",
  '"',
  '😀',
  ' x',
  '本',
  'nobody',
] as const;
const keys = ['team', 'Team', 'k.e"y', '$', ''] as const;
const values: readonly JsonValue[] = [
  'search',
  'Search',
  '',
  '1',
  1,
  0,
  1.5,
  -1,
  1e21,
  true,
  'true',
  null,
  'null',
  [],
  [1, [null]],
  {},
  { a: { b: [1, 'x'] } },
  { a: null },
];
const datasets = ['d', 'D', 'd2', "d'", 'dé', 'DÉ', 'Straße'] as const;
const idStarts = ['a', 'B', 'b', 'é', '1', '😀', '～', "'"] as const;

/** Leases that have expired, and that will not while a test runs. */
const [longAgo, inAges] = [new Date(Date.UTC(2001, 0, 1)), new Date(Date.UTC(2101, 0, 1))];
const evaluators = ['quality', 'Quality', 'é"'] as const;

const times = fc.integer({ min: 0, max: 4 }).map((step) => new Date(Date.UTC(2026, 0, 1) + step * 500));
const tag = fc.record({ key: fc.constantFrom(...keys), value: fc.constantFrom(...values) });

const someExperiment = fc.record({
  name: fc.constantFrom(...names),
  datasetId: fc.constantFrom(null, ...datasets),
  status: fc.constantFrom(...statuses),
  createdAt: times,
  updatedAt: times,
  tags: fc.array(tag, { maxLength: 3 }).map((tags) => JsonList.of(tags.map(({ key, value }) => ({ [key]: value })))),
  evaluatorIds: fc.subarray([...evaluators]).map((ids) => JsonList.of<string>(ids)),
  hasBareTag: fc.constantFrom(false, false, true),
  idStart: fc.constantFrom(...idStarts),
  leaseExpiresAt: fc.constantFrom(null, longAgo, inAges),
});

/** Experiments with few distinct values, so that they tie and every filter matches some. Always the same ones. */
export function someExperiments(organization: string, { count, seed }: { count: number; seed: number }): Experiment[] {
  const sample = fc.sample(someExperiment, { numRuns: count, seed });
  return sample.map(({ idStart, leaseExpiresAt, hasBareTag, ...changes }, index) => {
    const lease = changes.status === 'RUNNING' ? { leaseExpiresAt, isStalled: leaseExpiresAt === longAgo } : {};
    const tags = hasBareTag ? JsonList.of([{}]) : changes.tags;
    return anExperiment({ organization, id: `${idStart}${index}`, ...changes, ...lease, tags });
  });
}

const maybe = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined, freq: 3 });

const timeTexts = ['2026-01-01', '00.500Z', 't00:00:01', '.', '2026-01-01T00:00:01.000Z', '2027', ''] as const;
const textPart = fc.constantFrom(...names, ...parts, ...datasets, ...idStarts, 'É', 'b1', 'B1');

/** Comparisons of any field, with values that its operator takes. */
export function someComparison(operators: fc.Arbitrary<FieldComparison['operator']>): fc.Arbitrary<FieldComparison> {
  return fc
    .record({
      field: fc.constantFrom('id', 'name', 'datasetId', 'createdAt', 'updatedAt'),
      operator: operators,
      texts: fc.array(textPart, { maxLength: 3 }),
      dates: fc.array(times, { maxLength: 3 }),
      dateTexts: fc.array(fc.constantFrom(...timeTexts), { maxLength: 3 }),
    })
    .map(({ field, operator, texts, dates, dateTexts }) => {
      if (field !== 'createdAt' && field !== 'updatedAt') return { field, operator, values: texts };
      return { field, operator, values: isTextOperator(operator) ? dateTexts : dates };
    });
}

const condition: fc.Arbitrary<ExperimentFilter> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ compare: someComparison(fc.constantFrom(...textOperators, ...valueOperators)) }),
  },
  fc.constant({}),
  fc.constant({
    status: null,
    datasetId: null,
    nameContains: null,
    tag: null,
    createdFrom: null,
    stalled: null,
    or: null,
    not: null,
  }),
  fc.record({ status: fc.uniqueArray(fc.constantFrom(...statuses), { maxLength: 3 }) }),
  fc.record({ datasetId: fc.constantFrom(...datasets, 'nobody') }),
  fc.record({ nameContains: fc.constantFrom(...parts) }),
  fc.record({ tag: fc.record({ key: fc.constantFrom(...keys), value: maybe(fc.constantFrom(...values)) }) }),
  fc.record({
    ids: fc.array(
      fc.tuple(fc.constantFrom(...idStarts), fc.nat(60)).map((parts) => parts.join('')),
      { maxLength: 60 },
    ),
  }),
  fc.record({ evaluatorId: fc.constantFrom(...evaluators, 'nobody') }),
  fc.record({ hasTags: fc.boolean() }),
  fc.record({ createdFrom: maybe(times), createdBefore: maybe(times) }),
  fc.record({ updatedFrom: maybe(times), updatedBefore: maybe(times) }),
  fc.record({ stalled: fc.boolean() }),
);

const { tree } = fc.letrec<{ tree: ExperimentFilter; branch: ExperimentFilter }>((tie) => ({
  tree: fc.oneof({ maxDepth: 3, withCrossShrink: true }, condition, tie('branch')),
  branch: fc
    .tuple(
      condition,
      condition,
      fc.oneof(
        fc.record({ and: fc.array(tie('tree'), { maxLength: 3 }) }),
        fc.record({ or: fc.array(tie('tree'), { maxLength: 3 }) }),
        fc.record({ not: tie('tree') }),
        fc.record({ or: fc.array(tie('tree'), { maxLength: 2 }), not: tie('tree') }),
      ),
    )
    .map((parts) => Object.assign({}, ...parts) as ExperimentFilter),
}));

export const someFilter = tree;

export const someOrder: fc.Arbitrary<ExperimentOrder> = fc.record({
  field: fc.constantFrom(...orderFields),
  direction: fc.constantFrom(...directions),
});

export const allOrders: readonly ExperimentOrder[] = orderFields.flatMap((field) =>
  directions.map((direction) => ({ field, direction })),
);

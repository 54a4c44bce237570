import * as fc from 'fast-check';
import { type Experiment, statuses } from '../../../src/domain/experiment/experiment.ts';

/** The documented operators, and the fields that each may compare. */
export const restOperators = [
  '',
  'iexact',
  'in',
  'not',
  'contains',
  'icontains',
  'startswith',
  'endswith',
  'gt',
  'gte',
  'lt',
  'lte',
  'isnull',
] as const;
type RestOperator = (typeof restOperators)[number];
export const restFields = ['name', 'status', 'dataset_id', 'created_at', 'updated_at', 'id'] as const;
type RestField = (typeof restFields)[number];

export interface RestCondition {
  readonly operator: RestOperator;
  readonly value: readonly (string | boolean)[];
}
export type RestFilters = Partial<Record<RestField, RestCondition>>;

/** Whether an experiment matches documented filters, implemented as simply as possible. */
export function isListed(experiment: Experiment, filters: RestFilters): boolean {
  return Object.entries(filters).every(([field, condition]) => isTrue(experiment, field as RestField, condition));
}

function isTrue(experiment: Experiment, field: RestField, { operator, value: values }: RestCondition): boolean {
  const stored = readField(experiment, field);
  if (operator === 'isnull') return values.some((value) => (stored === null) === value);
  if (operator === 'not') return !isTrue(experiment, field, { operator: '', value: values });
  const isTime = field === 'created_at' || field === 'updated_at';
  if (stored === null) return false;
  const compare = (value: string) =>
    isTime
      ? Number(toMicroseconds(stored) - toMicroseconds(value))
      : Buffer.compare(Buffer.from(stored), Buffer.from(value));
  return (values as string[]).some((value) => {
    switch (operator) {
      case 'contains':
        return stored.includes(value);
      case 'icontains':
        return ignoreCase(stored).includes(ignoreCase(value));
      case 'startswith':
        return stored.startsWith(value);
      case 'endswith':
        return stored.endsWith(value);
      case 'gt':
        return compare(value) > 0;
      case 'gte':
        return compare(value) >= 0;
      case 'lt':
        return compare(value) < 0;
      case 'lte':
        return compare(value) <= 0;
      case 'iexact':
        return isTime ? compare(value) === 0 : ignoreCase(stored) === ignoreCase(value);
      case '':
      case 'in':
        return compare(value) === 0;
    }
    return operator satisfies never;
  });
}

/** A field as the answer of a list has it. */
function readField(experiment: Experiment, field: RestField): string | null {
  const { name, status, datasetId, createdAt, updatedAt, id } = experiment;
  return {
    name,
    status: status.toLowerCase(),
    dataset_id: datasetId,
    created_at: createdAt.toISOString(),
    updated_at: updatedAt.toISOString(),
    id,
  }[field];
}

function ignoreCase(text: string): string {
  return text.normalize('NFC').toLowerCase();
}

/** The time in a text with six digits after the second, or fewer. */
function toMicroseconds(text: string): bigint {
  const [, seconds = '', fraction = '', offset = 'Z'] =
    /^(.{10,19}?)(?:\.(\d{1,6}))?(Z|[+-]\d\d:\d\d)?$/.exec(text) ?? [];
  const at = seconds.length === 10 ? `${seconds}T00:00:00` : seconds;
  return BigInt(Date.parse(at + offset)) * 1_000n + BigInt(fraction.padEnd(6, '0'));
}

const texts = {
  name: ['Zebra', 'zebra', 'är', 'ÄR', 'Жук', 'ЖУ', '100%', '%', '_', "it's", '😀 x', '～', '', 'a', 'nobody'],
  status: [...statuses.map((status) => status.toLowerCase()), 'PENDING', 'ing', 'ED', 'p', '', 'queued'],
  dataset_id: ['d', 'D', 'd2', "d'", 'dé', 'DÉ', 'dÉ', '2', ''],
  id: ['a', 'B', 'b', 'é', 'É', '1', '😀', 'a1', 'A1', "'", ''],
};
const times = [
  '2026-01-01',
  '2026-01-01T00:00:00.500Z',
  '2026-01-01T00:00:00.500001Z',
  '2026-01-01T00:00:00.4999',
  '2026-01-01T02:00:01+02:00',
  '2026-01-01T00:00:02.000Z',
  '2027-01-01',
];
const timeParts = ['2026-01-01', 'T00:00:01', '.500Z', '00Z', 't', '2027', ''];

/** Values that an operator takes for a field. */
function someValues(field: RestField, operator: RestOperator): fc.Arbitrary<(string | boolean)[]> {
  const maxLength = { gt: 1, gte: 1, lt: 1, lte: 1, isnull: 1, in: 5, '': 3, not: 3 }[operator as string] ?? 1;
  if (operator === 'isnull') return fc.array(fc.boolean(), { maxLength });
  if (field !== 'created_at' && field !== 'updated_at')
    return fc.array(fc.constantFrom(...texts[field]), { maxLength });
  const isText = ['contains', 'icontains', 'startswith', 'endswith'].includes(operator);
  return fc.array(fc.constantFrom(...(isText ? timeParts : times)), { maxLength });
}

/** A condition of a field with an operator. */
export function someCondition(field: RestField, operator: RestOperator): fc.Arbitrary<RestCondition> {
  return fc.record({ operator: fc.constant(operator), value: someValues(field, operator) });
}

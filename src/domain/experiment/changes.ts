import type { JsonValue } from '../json/exact-json.ts';
import { JsonList } from '../json/json-list.ts';
import { documentedDefaults, type EditableField, type EditableFields, editableFields } from './experiment.ts';

export type FieldChangeReason = 'SET' | 'RESET_TO_DEFAULT' | 'CLEARED';

/** One field whose stored value a write changed, and why (R13). */
export interface FieldChange {
  readonly field: EditableField;
  readonly before: JsonValue;
  readonly after: JsonValue;
  readonly reason: FieldChangeReason;
}

/** Finds every editable field whose value differs. The new value determines the reason (R13). */
export function findChanges(before: EditableFields, after: EditableFields): FieldChange[] {
  return editableFields
    .filter((field) => !isSame(before[field], after[field]))
    .map((field) => ({
      field,
      before: toPlain(before[field]),
      after: toPlain(after[field]),
      reason: findReason(field, after[field]),
    }));
}

/** Whether a write would leave every editable field as it is. */
export function hasSameContent(one: EditableFields, other: EditableFields): boolean {
  return editableFields.every((field) => isSame(one[field], other[field]));
}

type EditableValue = EditableFields[EditableField];

/** Whether a value is null, an empty text or an empty list. */
export function isEmpty(value: EditableValue): boolean {
  return value === null || value === '' || (value instanceof JsonList && value.isEmpty);
}

function isSame(one: EditableValue, other: EditableValue): boolean {
  return one instanceof JsonList && other instanceof JsonList ? one.text === other.text : one === other;
}

function toPlain(value: EditableValue): JsonValue {
  return value instanceof JsonList ? value.values : value;
}

function findReason(field: EditableField, value: EditableValue): FieldChangeReason {
  if (isEmpty(value)) return 'CLEARED';
  const isDefault =
    field in documentedDefaults && documentedDefaults[field as keyof typeof documentedDefaults] === value;
  return isDefault ? 'RESET_TO_DEFAULT' : 'SET';
}

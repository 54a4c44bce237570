import type { AnswerBudget } from '../../domain/answer-budget.ts';
import type { FieldChange, FieldChangeReason } from '../../domain/experiment/changes.ts';
import { type JsonValue, toJsonText } from '../../domain/json/exact-json.ts';
import { builder } from '../builder.ts';

const Reason = builder.enumType('FieldChangeReason', {
  description: 'Why a field changed, judged by its new value.',
  values: {
    SET: { description: 'It has a new value.' },
    RESET_TO_DEFAULT: { description: 'It is back at its documented default.' },
    CLEARED: { description: 'It is now null or empty.' },
  } satisfies Record<FieldChangeReason, { description: string }>,
});

/** Charges objects and lists before they are copied; other values are charged when they are written. */
function chargeValue(value: JsonValue, budget: AnswerBudget): JsonValue {
  if (typeof value === 'object' && value !== null) budget.chargeJson(toJsonText(value));
  return value;
}

export const FieldChangeType = builder.objectRef<FieldChange>('FieldChange').implement({
  description: 'A field whose stored value changed.',
  fields: (t) => ({
    field: t.exposeString('field', {
      description: 'The name of the field. `evaluatorIds` also stands for `evaluatorSlugs`.',
    }),
    before: t.field({
      type: 'JSON',
      nullable: true,
      description: 'The value before the write.',
      resolve: ({ before }, _args, { budget }) => chargeValue(before, budget),
    }),
    after: t.field({
      type: 'JSON',
      nullable: true,
      description: 'The value after the write.',
      resolve: ({ after }, _args, { budget }) => chargeValue(after, budget),
    }),
    reason: t.field({ type: Reason, description: 'Why it changed.', resolve: ({ reason }) => reason }),
  }),
});

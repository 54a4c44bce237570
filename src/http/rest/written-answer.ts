import { z } from 'zod';
import type { FieldChangeReason } from '../../domain/experiment/changes.ts';
import type { Written } from '../../domain/experiment/write-steps.ts';
import { toSentJson } from '../../domain/json/exact-json.ts';
import type { SentInput } from './experiment-body.ts';
import { experimentSchema, toResource, toSnakeCase } from './experiment-resource.ts';
import { toRestWarning, warningSchema } from './warnings.ts';

const reasons = { SET: true, RESET_TO_DEFAULT: true, CLEARED: true } satisfies Record<FieldChangeReason, true>;

const changeSchema = z.object({
  field: z.string().meta({ description: 'The name of the field.' }),
  before: z.unknown().meta({ description: 'Its value before the write.' }),
  after: z.unknown().meta({ description: 'Its value after the write.' }),
  reason: z.enum(Object.keys(reasons) as FieldChangeReason[]),
});

/** The answer to a write: the experiment, and what the write changed and ignored (R13). */
export const writtenSchema = experimentSchema.extend({
  warnings: z.array(warningSchema).meta({ description: 'What may be a mistake, and the fields that were ignored.' }),
  changes: z.array(changeSchema).meta({ description: 'Every field whose stored value changed.' }),
});

/** A written experiment in the form of the documented REST operations, with what its body was found to hold. */
export function toWrittenResource(
  { experiment, warnings, changes }: Written,
  datasetName: string | null,
  { warnings: ignored, toSentName }: Pick<SentInput, 'warnings' | 'toSentName'>,
): Record<keyof z.infer<typeof writtenSchema>, unknown> {
  return {
    ...toResource(experiment, datasetName),
    warnings: [...warnings.map((warning) => toRestWarning(warning, toSentName)), ...ignored],
    changes: changes.map(({ field, before, after, reason }) => ({
      field: toSnakeCase(field),
      before: toSentJson(before),
      after: toSentJson(after),
      reason,
    })),
  };
}

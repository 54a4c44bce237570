import { z } from 'zod';
import type { JsonObject } from '../json/exact-json.ts';

const between = (min: number, max: number) => z.number().min(min).max(max).nullish();

/** The sampling settings that completion and prompt tasks share, with their documented ranges. */
const sampling = {
  temperature: between(0, 2),
  max_tokens: z.int().min(1).nullish(),
  top_p: between(0, 1),
  frequency_penalty: between(-2, 2),
  presence_penalty: between(-2, 2),
};

/**
 * The documented config of each known task type. A config outside it causes warnings, never an error (R11): models and
 * their settings change faster than this table.
 */
const documentedConfigs: Readonly<Record<string, z.ZodType>> = {
  completion: z.looseObject(sampling),
  prompt: z.looseObject(sampling),
  custom: z.looseObject({ allow_submission: z.boolean().nullish(), timeout_hours: z.number().positive().nullish() }),
  duplicate: z.looseObject({}),
  condition: z.looseObject({}),
};

/**
 * Finds settings of a workflow task outside the documented ranges. Returns paths within the task, each with a message.
 */
export function findUndocumentedSettings(task: JsonObject): { path: string[]; message: string }[] {
  const { type } = task;
  if (typeof type !== 'string' || !Object.hasOwn(documentedConfigs, type)) return [];
  const documented = documentedConfigs[type] as z.ZodType;
  const parsed = documented.safeParse(task.config ?? {});
  if (parsed.success) return [];
  return parsed.error.issues.map(({ path, message }) => ({
    path: ['config', ...path.map(String)],
    message: `Outside the documented config of a ${type} task: ${message}.`,
  }));
}

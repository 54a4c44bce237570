import { z } from 'zod';
import { reservedIds } from '../../domain/experiment/id.ts';
import { validateInput } from '../../domain/experiment/input.ts';
import {
  type InputField,
  inputFieldsByOperation,
  inputShapes,
  type UncheckedInput,
} from '../../domain/experiment/input-shapes.ts';
import { toJsonText } from '../../domain/json/exact-json.ts';
import { datasetPrefix } from '../../domain/node-id.ts';
import { toSnakeCase } from './experiment-resource.ts';
import { type RestWarning, warnOfUnknownFields } from './warnings.ts';

export type RestOperation = keyof typeof inputFieldsByOperation;

/** The older documented name of `workflow`, which only REST knows. */
const workflowAlias = 'workflows';

/** A documented body in the names of the domain. */
export interface SentInput {
  readonly input: UncheckedInput;
  /** What was ignored. */
  readonly warnings: readonly RestWarning[];
  /** The name by which a field was sent. */
  toSentName(field: string): string;
}

/**
 * Reads the input from a documented body. `workflows` is `workflow`, which wins when both are given (not null), like
 * `evaluator_ids` (R6). Other fields are ignored, with a warning.
 */
export function readInput(body: Readonly<Record<string, unknown>>, operation: RestOperation): SentInput {
  const fields = inputFieldsByOperation[operation];
  const has = (name: string) => Object.hasOwn(body, name);
  const input: { -readonly [Field in InputField]?: unknown } = {};
  for (const field of fields) {
    const name = toSnakeCase(field);
    if (has(name)) input[field] = body[name];
  }
  const warnings = warnOfUnknownFields(body, [...fields.map(toSnakeCase), workflowAlias]);
  const alias = has(workflowAlias) ? body[workflowAlias] : undefined;
  const isAliasUsed = alias !== undefined && input.workflow == null;
  if (isAliasUsed) input.workflow = alias ?? null;
  else if (alias != null && toJsonText(alias) !== toJsonText(input.workflow)) warnings.unshift(aliasIgnored);
  return {
    input,
    warnings,
    toSentName: (field) => (field === 'workflow' && isAliasUsed ? workflowAlias : toSnakeCase(field)),
  };
}

const aliasIgnored: RestWarning = {
  code: 'WORKFLOWS_IGNORED',
  message: 'workflows: the list differs from workflow, which is used instead.',
  path: [workflowAlias],
};

/** What the schema of `experiment_id` cannot say (R8, R10). An update has no such field. */
const idRules: Partial<Record<RestOperation, string>> = {
  create: `The id of the experiment; generated when omitted. Reserved: ${reservedIds.join(', ')}, and everything that begins with ${datasetPrefix}`,
  replace: 'Must equal the id in the path if given.',
};

/** The schema of an operation's body, built from the same shapes that validate it. */
export function buildBodySchema(operation: RestOperation): z.ZodObject {
  const entries = inputFieldsByOperation[operation].map((field) => {
    const shape: z.ZodType = inputShapes[field];
    const sent = mayBeNull(field, operation) ? shape.nullish() : shape.optional();
    return [toSnakeCase(field), field === 'experimentId' ? sent.meta({ description: idRules[operation] }) : sent];
  });
  const alias = inputShapes.workflow.nullish().meta({ deprecated: true, description: 'The older name of workflow.' });
  return z.object({ ...Object.fromEntries(entries), [workflowAlias]: alias });
}

/** Whether a body may set a field to null. Null means omitted (R2); in an update it clears a clearable field. */
function mayBeNull(field: string, operation: RestOperation): boolean {
  return operation !== 'update' || validateInput({ [field]: null }, { nullMeans: 'cleared' }).kind === 'checked';
}

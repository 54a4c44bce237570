import { z } from 'zod';
import { type Invalid, invalid } from '../failure.ts';
import type { JsonObject } from '../json/exact-json.ts';
import { JsonList } from '../json/json-list.ts';
import { bounds, issueLimits } from '../limits.ts';
import { joinAlternatives, quote } from '../messages.ts';
import { datasetPrefix } from '../node-id.ts';
import { identifier } from '../text-shapes.ts';
import { createIssue, type Issue, validate } from '../validation.ts';
import { isEmpty } from './changes.ts';
import { type EditableFields, type ExperimentContent, omittedContent } from './experiment.ts';
import { isReservedId, reservedIds } from './id.ts';
import { type InputField, type InputValues, inputFields, inputShapes, type UncheckedInput } from './input-shapes.ts';
import { findExclusiveTags, type TagChanges, toTagKey } from './tag-changes.ts';
import { findUndocumentedSettings } from './task-warnings.ts';

/** The fields that an update may set to null (contract, section 4): those that are empty when omitted. */
const clearable: ReadonlySet<string> = new Set([
  ...Object.entries(omittedContent).flatMap(([field, value]) => (isEmpty(value) ? [field] : [])),
  'tags',
  'evaluatorSlugs' satisfies InputField,
]);

/** The fields for which null always means omitted: an update cannot clear what is no part of the content. */
const neverCleared: ReadonlySet<string> = new Set<InputField>(['experimentId', 'addTags', 'removeTags']);

const warningCodes = [
  'EVALUATOR_SLUGS_IGNORED',
  'DUPLICATES_REMOVED',
  'UNDOCUMENTED_SETTING',
  'NUMBER_ROUNDED',
  'RUN_NOT_AFFECTED',
] as const;
/** Something in an accepted write that may be a mistake. */
export interface Warning {
  readonly code: (typeof warningCodes)[number];
  readonly message: string;
  readonly path: readonly string[];
}

/** A valid input: the given fields, where null means cleared, and the warnings to return. */
export interface ValidInput extends TagChanges {
  readonly kind: 'checked';
  readonly given: { readonly [Field in keyof EditableFields]?: EditableFields[Field] | null };
  readonly experimentId: string | undefined;
  readonly warnings: readonly Warning[];
}

type NullMeaning = 'omitted' | 'cleared';

/** What `validateInput` needs to know of the operation. */
export interface InputRules {
  readonly expectedId?: string;
  readonly nullMeans?: NullMeaning;
  readonly otherIssues?: readonly Issue[];
}

/**
 * Validates a whole input, and reports all issues at once (R10). `experimentId` must equal `expectedId` if both are
 * given (R8); without an `expectedId` it names a new experiment and must not be reserved (R10). Null means that a field
 * is omitted (R2) or, in an update, that it is cleared. `otherIssues` are those of the other arguments.
 */
export function validateInput(
  input: UncheckedInput,
  { expectedId, nullMeans = 'omitted', otherIssues = [] }: InputRules = {},
): ValidInput | Invalid {
  return createInputValidator(input, nullMeans, otherIssues)(expectedId);
}

/** Like `validateInput`, for one input to several experiments: its fields are checked only once. */
export function createInputValidator(
  input: UncheckedInput,
  nullMeans: NullMeaning,
  otherIssues: readonly Issue[] = [],
): (expectedId: string | undefined) => ValidInput | Invalid {
  const { values, issues } = checkFields(input, nullMeans, otherIssues);
  let result: ValidInput | Invalid | undefined;
  return (expectedId) => {
    const ofId = expectedId === undefined ? [] : findIdIssues(expectedId);
    const ofInput =
      expectedId === undefined ? findReservedId(input.experimentId) : findIdMismatch(input.experimentId, expectedId);
    if (ofId.length + ofInput.length > 0) return invalid([...ofId, ...issues, ...ofInput]);
    return (result ??= issues.length > 0 ? invalid(issues) : toValidInput(input, values, nullMeans));
  };
}

/** Checks the fields of an input, each on its own and together. */
function checkFields(
  input: UncheckedInput,
  nullMeans: NullMeaning,
  otherIssues: readonly Issue[],
): { values: InputValues; issues: Issue[] } {
  const nullClears = nullMeans === 'cleared';
  const issues = [...otherIssues];
  const values: Record<string, unknown> = {};
  for (const field of inputFields) {
    const value = input[field];
    if (value === undefined || (value === null && (!nullClears || neverCleared.has(field)))) continue;
    if (value !== null) values[field] = check(field, value, issues);
    else if (!clearable.has(field)) issues.push(createIssue(['input', field], 'REQUIRED', nullRefused));
  }
  issues.push(...findExclusiveEvaluators(input), ...findExclusiveTags(input));
  return { values, issues };
}

function toValidInput(input: UncheckedInput, values: InputValues, nullMeans: NullMeaning): ValidInput {
  const warnings: Warning[] = [];
  const { experimentId, evaluatorSlugs, evaluatorIds, evaluatorWorkflowIds, workflow, ...others } = values;
  const { tags, addTags, removeTags, ...rest } = others;
  const slugs = evaluatorSlugs && toIdList('evaluatorSlugs', evaluatorSlugs, evaluatorIds ? [] : warnings);
  const ids = evaluatorIds && toIdList('evaluatorIds', evaluatorIds, warnings);
  if (slugs && ids && slugs.text !== ids.text) warnings.push(slugsIgnored);
  if (workflow) warnings.push(...findTaskWarnings(workflow));
  const given = {
    ...(nullMeans === 'cleared' && findNulls(input)),
    ...rest,
    ...(workflow && { workflow: JsonList.of(workflow) }),
    ...(tags && { tags: JsonList.of(tags) }),
    ...((ids ?? slugs) && { evaluatorIds: ids ?? slugs }),
    ...(evaluatorWorkflowIds && {
      evaluatorWorkflowIds: toIdList('evaluatorWorkflowIds', evaluatorWorkflowIds, warnings),
    }),
  };
  return {
    kind: 'checked',
    given,
    addTags: addTags && removeRepeats('addTags', addTags, warnings, toTagKey),
    removeTags: removeTags && removeRepeats('removeTags', removeTags, warnings, toTagKey),
    experimentId,
    warnings,
  };
}

/** The content of a valid input: its values, and the defaults of omitted fields (R2 to R4). */
export function toContent({ given }: ValidInput): Omit<ExperimentContent, 'name'> {
  const { name: _, tags: __, ...content } = { ...omittedContent, ...given } as ExperimentContent & { tags: unknown };
  return content;
}

const nullRefused = 'null is not accepted; omit the field to leave it unchanged.';

function check(field: InputField, value: unknown, issues: Issue[]): unknown {
  const shape: z.ZodType = inputShapes[field];
  // Only the first entries of a list that is too long are checked: one body can hold half a million.
  const isTooLong = shape instanceof z.ZodArray && Array.isArray(value) && value.length > bounds.listEntries;
  if (isTooLong) {
    const problem = `the list has ${value.length} entries; at most ${bounds.listEntries} are accepted.`;
    issues.push(createIssue(['input', field], 'TOO_MANY', problem));
  }
  return validate(shape, isTooLong ? value.slice(0, bounds.listEntries) : value, ['input', field], issues);
}

/** R7, after R6: evaluators and evaluator workflows exclude each other. Reported even if other fields are invalid. */
function findExclusiveEvaluators(input: UncheckedInput): Issue[] {
  const [one, other] = [findEvaluatorsField(input), 'evaluatorWorkflowIds'] as const;
  if (![one, other].every((field) => Array.isArray(input[field]) && input[field].length > 0)) return [];
  const problem = (excluded: InputField) => `cannot be combined with ${excluded}; send only one of them.`;
  return [
    createIssue(['input', one], 'MUTUALLY_EXCLUSIVE', problem(other)),
    createIssue(['input', other], 'MUTUALLY_EXCLUSIVE', problem(one)),
  ];
}

/** The field that the evaluators come from (R6). */
export function findEvaluatorsField(input: UncheckedInput): 'evaluatorIds' | 'evaluatorSlugs' {
  return input.evaluatorIds != null ? 'evaluatorIds' : 'evaluatorSlugs';
}

/** The issues of an experiment id that was given as an argument (R10). */
export function findIdIssues(id: string): Issue[] {
  const issues: Issue[] = [];
  validate(identifier, id, ['id'], issues);
  return issues;
}

/** An id that REST or `node` could not tell from something else. Experiments that already have one keep it (R10). */
function findReservedId(experimentId: unknown): Issue[] {
  if (typeof experimentId !== 'string' || !isReservedId(experimentId)) return [];
  const names = joinAlternatives(reservedIds.map(quote));
  const problem = `${quote(experimentId)} is reserved; an id may not be ${names}, or begin with ${quote(datasetPrefix)}.`;
  return [createIssue(['input', 'experimentId'], 'RESERVED', problem)];
}

/** An input never renames its experiment (R8). */
function findIdMismatch(experimentId: unknown, expectedId: string): Issue[] {
  if (typeof experimentId !== 'string' || experimentId === expectedId) return [];
  const problem = `${quote(experimentId)} is not the id of the experiment; send ${quote(expectedId)} or omit the field.`;
  return [createIssue(['input', 'experimentId'], 'ID_MISMATCH', problem)];
}

function toIdList(field: InputField, ids: readonly string[], warnings: Warning[]): JsonList<string> {
  return JsonList.of(removeRepeats(field, ids, warnings, (id) => id));
}

/** Keeps repeated entries once, in order, with a warning (R12). Entries with the same key are repeated. */
function removeRepeats<Entry>(
  field: InputField,
  entries: readonly Entry[],
  warnings: Warning[],
  toKey: (entry: Entry) => string,
): Entry[] {
  const byKey = new Map<string, Entry>();
  for (const entry of entries) {
    const key = toKey(entry);
    if (!byKey.has(key)) byKey.set(key, entry);
  }
  const once = [...byKey.values()];
  if (once.length < entries.length) {
    const kept = once.length === 1 ? '1 is kept' : `${once.length} are kept`;
    const message = `${field}: repeated entries are kept once; ${entries.length} were sent, ${kept}.`;
    warnings.push({ code: 'DUPLICATES_REMOVED', message, path: ['input', field] });
  }
  return once;
}

const slugsIgnored: Warning = {
  code: 'EVALUATOR_SLUGS_IGNORED',
  message: 'evaluatorSlugs: the list differs from evaluatorIds, which is used instead.',
  path: ['input', 'evaluatorSlugs'],
};

/** Returns at most 50, like issues: a workflow could cause ten times as many. */
function findTaskWarnings(workflow: readonly JsonObject[]): Warning[] {
  return workflow
    .flatMap((task, index) =>
      findUndocumentedSettings(task).map(({ path, message }) => ({
        code: 'UNDOCUMENTED_SETTING' as const,
        message,
        path: ['input', 'workflow', String(index), ...path],
      })),
    )
    .slice(0, issueLimits.count);
}

/** The fields that an update clears. `evaluatorSlugs` is another name for `evaluatorIds` (R6). */
function findNulls(input: UncheckedInput): Record<string, null> {
  const cleared = inputFields.filter((field) => input[field] === null && !neverCleared.has(field));
  return Object.fromEntries(cleared.map((field) => [field === 'evaluatorSlugs' ? 'evaluatorIds' : field, null]));
}

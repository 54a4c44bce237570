/**
 * The field rules of a replace (R2 to R8, R10 to R12, R16), written by hand as the author of one service would do it.
 */

export interface Issue {
  readonly path: string[];
  readonly code: string;
  readonly message: string;
}
export interface Warning {
  readonly code: string;
  readonly message: string;
  readonly path: string[];
}

/**
 * The values that a replace writes, in the form of the columns: lists as JSON text. A null name leaves it unchanged.
 */
export interface Content {
  readonly name: string | null;
  readonly description: string | null;
  readonly datasetId: string | null;
  readonly workflow: string;
  readonly evaluatorIds: string;
  readonly evaluatorWorkflowIds: string;
  readonly spanWorkflowName: string;
  readonly enableTracing: 0 | 1;
  readonly batchSize: number;
  readonly concurrency: number;
  readonly generationMethod: string | null;
  readonly workflowCount: number;
}
export type Checked = { readonly content: Content; readonly warnings: Warning[] } | { readonly issues: Issue[] };

/** An unchecked input, with the names of the GraphQL schema. */
export type Input = Readonly<Record<string, unknown>>;

/** Checks a whole input and reports every issue at once. */
export function checkReplace(id: string, input: Input): Checked {
  const issues: Issue[] = [];
  const warnings: Warning[] = [];
  checkText('id', id, 1, 255, issues, { isIdentifier: true, path: ['id'] });
  const text = (field: string, min: number, max: number, isIdentifier = false): string | null => {
    const value = input[field] ?? null;
    if (value === null) return null;
    return checkText(field, value, min, max, issues, { isIdentifier });
  };
  const number = (field: string, max: number, preset: number): number => {
    const value = input[field] ?? preset;
    if (!Number.isInteger(value)) issues.push(issue(field, 'INVALID_TYPE', 'Must be a whole number.'));
    else if ((value as number) < 1) issues.push(issue(field, 'TOO_SMALL', 'Must be at least 1.'));
    else if ((value as number) > max) issues.push(issue(field, 'TOO_BIG', `Must be at most ${max}.`));
    return value as number;
  };
  const ids = (field: string): string[] | null => {
    const value = input[field] ?? null;
    return value === null ? null : checkIds(field, value, issues);
  };

  const name = input.name ?? null;
  const trimmed = typeof name === 'string' ? name.trim() : name;
  if (trimmed !== null) checkText('name', trimmed, 1, 255, issues);
  const description = text('description', 0, 10_000);
  const datasetId = text('datasetId', 1, 255, true);
  const workflow = checkTasks(input.workflow ?? [], issues);
  const evaluatorIds = ids('evaluatorIds');
  const evaluatorSlugs = ids('evaluatorSlugs');
  const evaluatorWorkflowIds = ids('evaluatorWorkflowIds') ?? [];
  const experimentId = text('experimentId', 1, 255, true);
  const spanWorkflowName = text('spanWorkflowName', 1, 255) ?? 'workflow';
  const enableTracing = input.enableTracing ?? true;
  if (typeof enableTracing !== 'boolean') issues.push(issue('enableTracing', 'INVALID_TYPE', 'Must be true or false.'));
  const batchSize = number('batchSize', 10_000, 100);
  const concurrency = number('concurrency', 1_000, 15);
  const generationMethod = text('generationMethod', 1, 255);

  const evaluators = evaluatorIds ?? evaluatorSlugs ?? [];
  if (evaluators.length > 0 && evaluatorWorkflowIds.length > 0) {
    const message = 'Evaluators and evaluator workflows cannot be combined: give only one of them.';
    issues.push(issue(evaluatorIds ? 'evaluatorIds' : 'evaluatorSlugs', 'MUTUALLY_EXCLUSIVE', message));
    issues.push(issue('evaluatorWorkflowIds', 'MUTUALLY_EXCLUSIVE', message));
  }
  if (experimentId !== null && experimentId !== id) {
    issues.push(issue('experimentId', 'ID_MISMATCH', 'Must equal the id of the experiment.'));
  }
  if (issues.length > 0) return { issues };

  const kept = once(evaluatorIds ? 'evaluatorIds' : 'evaluatorSlugs', evaluators, warnings);
  if (evaluatorIds && evaluatorSlugs && kept !== JSON.stringify([...new Set(evaluatorSlugs)])) {
    const message = 'evaluatorIds and evaluatorSlugs differ: evaluatorIds was used.';
    warnings.push({ code: 'EVALUATOR_SLUGS_IGNORED', message, path: ['input', 'evaluatorSlugs'] });
  }
  warnAboutTasks(workflow, warnings);
  const content: Content = {
    name: trimmed as string | null,
    description,
    datasetId,
    workflow: JSON.stringify(workflow),
    evaluatorIds: kept,
    evaluatorWorkflowIds: once('evaluatorWorkflowIds', evaluatorWorkflowIds, warnings),
    spanWorkflowName,
    enableTracing: enableTracing ? 1 : 0,
    batchSize,
    concurrency,
    generationMethod,
    workflowCount: workflow.length,
  };
  return { content, warnings };
}

function issue(field: string, code: string, message: string): Issue {
  return { path: ['input', field], code, message };
}

function isStorable(text: string): boolean {
  return text.isWellFormed() && !text.includes('\0');
}

/** Counts characters as code points. */
function countCharacters(text: string): number {
  let count = text.length;
  for (let at = 0; at < text.length; at++) if ((text.charCodeAt(at) & 0xfc00) === 0xd800) count--;
  return count;
}

const controls = /[\u0001-\u001f\u007f-\u009f]/;

function checkText(
  field: string,
  value: unknown,
  min: number,
  max: number,
  issues: Issue[],
  { isIdentifier = false, path = ['input', field] }: { isIdentifier?: boolean; path?: string[] } = {},
): string {
  const add = (code: string, message: string) => issues.push({ path, code, message });
  if (typeof value !== 'string') {
    add('INVALID_TYPE', 'Must be a text.');
    return '';
  }
  if (!isStorable(value)) add('INVALID_TEXT', 'Must not contain NUL or lone surrogates.');
  if (value.length < min) add('TOO_SHORT', 'Must not be empty.');
  if (value.length > max && countCharacters(value) > max) add('TOO_LONG', `Must have at most ${max} characters.`);
  if (isIdentifier && controls.test(value)) add('INVALID_TEXT', 'Must not contain control characters.');
  return value;
}

function checkIds(field: string, value: unknown, issues: Issue[]): string[] {
  if (!Array.isArray(value)) {
    issues.push(issue(field, 'INVALID_TYPE', 'Must be a list.'));
    return [];
  }
  if (value.length > 100) issues.push(issue(field, 'TOO_MANY', 'Must have at most 100 entries.'));
  for (let at = 0; at < value.length && at < 100; at++) {
    checkText(field, value[at], 1, 255, issues, { isIdentifier: true, path: ['input', field, String(at)] });
  }
  return value as string[];
}

type Task = Record<string, unknown>;

function checkTasks(value: unknown, issues: Issue[]): Task[] {
  if (!Array.isArray(value)) {
    issues.push(issue('workflow', 'INVALID_TYPE', 'Must be a list.'));
    return [];
  }
  if (value.length > 100) issues.push(issue('workflow', 'TOO_MANY', 'Must have at most 100 entries.'));
  for (let at = 0; at < value.length && at < 100; at++) {
    const path = ['input', 'workflow', String(at)];
    const task: unknown = value[at];
    if (typeof task !== 'object' || task === null || Array.isArray(task)) {
      issues.push({ path, code: 'INVALID_TYPE', message: 'Must be a JSON object.' });
    } else {
      const fault = jsonFault(task, 1);
      if (fault) issues.push({ path, ...fault });
    }
  }
  if (issues.length === 0 && Buffer.byteLength(JSON.stringify(value)) > 1_048_576) {
    issues.push(issue('workflow', 'TOO_LARGE', 'Must be at most 1048576 bytes as JSON.'));
  }
  return value as Task[];
}

function jsonFault(value: unknown, level: number): { code: string; message: string } | undefined {
  if (typeof value === 'string') {
    if (isStorable(value)) return undefined;
    return { code: 'INVALID_TEXT', message: 'Must not contain NUL or lone surrogates.' };
  }
  if (typeof value !== 'object' || value === null) return undefined;
  if (level > 32) return { code: 'TOO_DEEP', message: 'Must be at most 32 levels deep.' };
  for (const key in value) {
    const fault = jsonFault(key, level) ?? jsonFault((value as Record<string, unknown>)[key], level + 1);
    if (fault) return fault;
  }
  return undefined;
}

/** A list without repeated entries, as text. */
function once(field: string, entries: readonly string[], warnings: Warning[]): string {
  const once = new Set(entries);
  if (once.size === entries.length) return JSON.stringify(entries);
  const message = `Repeated entries are kept once: ${entries.length} given, ${once.size} kept.`;
  warnings.push({ code: 'DUPLICATES_REMOVED', message, path: ['input', field] });
  return JSON.stringify([...once]);
}

/** Whether each documented setting of a task type is in its range. */
const sampling: Record<string, (value: unknown) => boolean> = {
  temperature: (value) => isBetween(value, 0, 2),
  max_tokens: (value) => Number.isInteger(value) && (value as number) >= 1,
  top_p: (value) => isBetween(value, 0, 1),
  frequency_penalty: (value) => isBetween(value, -2, 2),
  presence_penalty: (value) => isBetween(value, -2, 2),
};
const settings: Record<string, typeof sampling> = {
  completion: sampling,
  prompt: sampling,
  custom: {
    allow_submission: (value) => typeof value === 'boolean',
    timeout_hours: (value) => typeof value === 'number' && value > 0,
  },
  duplicate: {},
  condition: {},
};

function isBetween(value: unknown, min: number, max: number): boolean {
  return typeof value === 'number' && value >= min && value <= max;
}

function warnAboutTasks(workflow: readonly Task[], warnings: Warning[]): void {
  for (const [index, { type, config = {} }] of workflow.entries()) {
    if (typeof type !== 'string' || !Object.hasOwn(settings, type)) continue;
    const path = ['input', 'workflow', String(index), 'config'];
    const message = `Outside the documented config of a ${type} task.`;
    if (typeof config !== 'object' || config === null || Array.isArray(config)) {
      warnings.push({ code: 'UNDOCUMENTED_SETTING', message, path });
      continue;
    }
    for (const [key, isInRange] of Object.entries(settings[type] ?? {})) {
      const value = (config as Record<string, unknown>)[key] ?? null;
      if (value !== null && !isInRange(value)) {
        warnings.push({ code: 'UNDOCUMENTED_SETTING', message, path: [...path, key] });
      }
    }
  }
}

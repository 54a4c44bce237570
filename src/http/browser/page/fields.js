import { Exact, indent, writeJson } from './json.js';
import { findListFault } from './json-faults.js';

/**
 * @typedef {keyof Content | 'tags'} FieldName
 * @typedef {object} Field
 * @property {FieldName} name
 * @property {string} label
 * @property {'line' | 'text' | 'number' | 'ids' | 'json' | 'switch'} kind
 * @property {string} [hint]
 * @property {string} [omitted] What an empty field becomes.
 */

/** @type {readonly Field[]} */
export const fields = [
  { name: 'name', label: 'Name', kind: 'line' },
  { name: 'description', label: 'Description', kind: 'text' },
  { name: 'datasetId', label: 'Dataset id', kind: 'line', omitted: 'none' },
  { name: 'generationMethod', label: 'Generation method', kind: 'line', omitted: 'none' },
  { name: 'evaluatorIds', label: 'Evaluator ids', kind: 'ids', hint: 'One per line.' },
  {
    name: 'evaluatorWorkflowIds',
    label: 'Evaluator workflow ids',
    kind: 'ids',
    hint: 'One per line. They cannot be combined with evaluators.',
  },
  { name: 'batchSize', label: 'Batch size', kind: 'number', omitted: '100' },
  { name: 'concurrency', label: 'Concurrency', kind: 'number', omitted: '15' },
  { name: 'spanWorkflowName', label: 'Span workflow name', kind: 'line', omitted: 'workflow' },
  { name: 'enableTracing', label: 'Tracing', kind: 'switch' },
  { name: 'workflow', label: 'Workflow', kind: 'json', hint: 'A JSON list of tasks, stored exactly as written here.' },
  { name: 'tags', label: 'Tags', kind: 'json', hint: 'A JSON list of objects.' },
];

/** The fields that a replace sets. */
export const contentFields = fields.flatMap(({ name }) => (name === 'tags' ? [] : [name]));

/**
 * The text in which a field is edited.
 *
 * @param {Field} field
 * @param {OpenExperiment} experiment
 */
export function toText({ name }, experiment) {
  const value = experiment[name];
  if (value instanceof Exact) return indent(value.text);
  if (Array.isArray(value)) return value.join('\n');
  return typeof value === 'object' ? '' : String(value);
}

/**
 * Reads an edited text: the value to send, or what is wrong with it. Empty texts send null, which a replace takes as
 * omitted.
 *
 * @param {Field} field
 * @param {string} text
 * @returns {{ readonly value: unknown } | { readonly fault: string }}
 */
export function readText({ kind }, text) {
  if (kind === 'switch') return { value: text === 'true' };
  if (kind === 'ids') return { value: text.split('\n').filter((line) => line.trim() !== '') };
  if (text.trim() === '') return { value: null };
  if (kind === 'number')
    return /^-?\d{1,9}$/.test(text.trim()) ? { value: Number(text) } : { fault: 'Enter a whole number.' };
  if (kind !== 'json') return { value: text };
  const fault = findListFault(text);
  return fault === undefined ? { value: new Exact(text.trim()) } : { fault };
}

/**
 * A value as JSON, to compare it.
 *
 * @param {unknown} value
 */
export function toExact(value) {
  return new Exact(writeJson(value));
}

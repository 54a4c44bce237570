import { z } from 'zod';
import type { Warning } from '../../domain/experiment/input.ts';
import { inputFields } from '../../domain/experiment/input-shapes.ts';
import { issueLimits } from '../../domain/limits.ts';
import { shorten } from '../../domain/text.ts';
import { idempotencyKeyHeader, toSnakeCase } from './experiment-resource.ts';

/** A warning of an answer. Its path begins with the documented name of a field. */
export interface RestWarning {
  readonly code: Warning['code'] | 'WORKFLOWS_IGNORED' | 'UNKNOWN_FIELD';
  readonly message: string;
  readonly path: readonly string[];
}

export const warningSchema = z.object({
  code: z.string().meta({ description: 'What is wrong, as a machine-readable code. Later versions may add codes.' }),
  message: z.string().meta({ description: 'A human-readable explanation of what is wrong.' }),
  path: z.array(z.string()).meta({ description: 'Where: the name of a field, and the place within its value.' }),
});

/**
 * A warning for each field that an operation does not know: at most 50, with names of at most 100 characters (contract,
 * section 6).
 */
export function warnOfUnknownFields(sent: object, known: readonly string[]): RestWarning[] {
  const warnings: RestWarning[] = [];
  for (const name of Object.keys(sent)) {
    if (known.includes(name)) continue;
    if (warnings.length === issueLimits.count) {
      warnings[warnings.length - 1] = warnOfMore(Object.keys(sent).filter((each) => !known.includes(each)).length);
      break;
    }
    const short = shorten(name, issueLimits.pathEntryCharacters);
    const message = `${JSON.stringify(short)} is not a field of this operation and was ignored.`;
    warnings.push({ code: 'UNKNOWN_FIELD', message, path: [short] });
  }
  return warnings;
}

function warnOfMore(unknown: number): RestWarning {
  const more = unknown - issueLimits.count + 1;
  return {
    code: 'UNKNOWN_FIELD',
    message: `${more} more names are not fields of this operation and were ignored.`,
    path: [],
  };
}

/** A warning of an operation in the documented names. `toSentName` finds the name by which a field was sent. */
export function toRestWarning({ code, message, path }: Warning, toSentName: (field: string) => string): RestWarning {
  return { code, message: spellFields(message, path, toSentName), path: toRestPath(path, toSentName) };
}

/** The names of arguments that are not fields of the body. */
const argumentNames: Readonly<Record<string, string>> = {
  id: 'experiment_id',
  idempotencyKey: idempotencyKeyHeader,
};

/** The path of an issue or a warning, beginning with the documented name of a field or an argument. */
export function toRestPath(
  [argument = '', field, ...below]: readonly string[],
  toSentName: (field: string) => string,
): readonly [string, ...string[]] {
  if (argument === 'input' && field !== undefined) return [toSentName(field), ...below];
  return [argumentNames[argument] ?? 'experiment_id'];
}

/** A text in quotes, or the name of a field. */
const textsAndFields = new RegExp(`"(?:[^"\\\\]|\\\\.)*"|\\b(?:${inputFields.join('|')})\\b`, 'g');

/**
 * The message of an issue or a warning, with its fields in the documented spelling, and the place that it begins with by
 * the name that was sent. Texts of the caller stay.
 */
export function spellFields(
  message: string,
  [argument, field = '', ...below]: readonly string[],
  toSentName: (field: string) => string = toSnakeCase,
): string {
  if (argument === 'id') return message.replace(/^id:/, 'experiment_id:');
  if (argument === 'idempotencyKey') return message.replace(/^idempotencyKey/, idempotencyKeyHeader);
  const [name, rest] = message.startsWith(field) ? [toSentName(field), message.slice(field.length)] : ['', message];
  // Below a field, names are keys of the caller.
  if (below.length > 0) return name + rest;
  return name + rest.replace(textsAndFields, (found) => (found.startsWith('"') ? found : toSnakeCase(found)));
}

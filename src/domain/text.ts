import { z } from 'zod';
import type { Issue, IssueCode } from './failure.ts';

/** How many characters (Unicode code points, as people and PostgreSQL count them) a text has. */
export function countCharacters(text: string): number {
  let count = text.length;
  for (let at = 0; at < text.length; at++) if ((text.charCodeAt(at) & 0xfc00) === 0xd800) count--;
  return count;
}

/** At most so many characters of a text, well-formed; the last of them is an ellipsis where more was cut off. */
export function shorten(text: string, length: number): string {
  if (text.length <= length) return text.toWellFormed();
  // A character takes two units at most.
  const characters = Array.from(text.slice(0, 2 * length + 1));
  if (characters.length <= length) return text.toWellFormed();
  return `${characters.slice(0, length - 1).join('')}…`.toWellFormed();
}

/** Whether storage keeps this text exactly on both engines (R16): no NUL, no lone surrogate. */
export function isStorable(text: string): boolean {
  return text.isWellFormed() && !text.includes('\0');
}

/** Adds an issue with one of our codes to a zod check. */
export function addIssue(
  ctx: z.core.$RefinementCtx,
  code: IssueCode,
  message: string,
  path: readonly PropertyKey[] = [],
): void {
  ctx.addIssue({ code: 'custom', message, path: [...path], params: { code } });
}

/** Our issue for one of zod's; an issue that is not one of our checks is a wrong type. */
export function toIssue(issue: z.core.$ZodIssue, path: readonly string[]): Issue {
  const code = (issue.code === 'custom' && (issue.params?.code as IssueCode | undefined)) || 'INVALID_TYPE';
  return { path: [...path, ...issue.path.map(String)], code, message: issue.message };
}

type Bounds = { readonly min: number; readonly max: number };
type Fault = readonly [code: IssueCode, message: string];

/** A text of `min` to `max` characters (R10) that storage keeps exactly (R16). */
export function text(bounds: Bounds) {
  return checked(bounds, (value) => findTextFaults(value, bounds));
}

function checked({ min, max }: Bounds, findFaults: (value: string) => readonly Fault[]) {
  return z
    .string()
    .superRefine((value, ctx) => {
      for (const [code, message] of findFaults(value)) addIssue(ctx, code, message);
    })
    .meta({ minLength: min, maxLength: max });
}

function findTextFaults(value: string, { min, max }: Bounds): Fault[] {
  const faults: Fault[] = [];
  if (!isStorable(value)) faults.push(['INVALID_TEXT', 'Must not contain NUL or lone surrogates.']);
  if (value.length < min)
    faults.push(['TOO_SHORT', min === 1 ? 'Must not be empty.' : `Must have at least ${min} characters.`]);
  if (value.length > max && countCharacters(value) > max)
    faults.push(['TOO_LONG', `Must have at most ${max} characters.`]);
  return faults;
}

/** The same, without white space around it (R5). */
export function trimmed(shape: ReturnType<typeof text>) {
  return z
    .string()
    .transform((value) => value.trim())
    .pipe(shape)
    .meta(shape.meta() ?? {});
}

const identifierBounds: Bounds = { min: 1, max: 255 };

/** An identifier (R10): 1 to 255 characters without control characters. */
export const identifier = checked(identifierBounds, findIdentifierFaults);

function findIdentifierFaults(value: string): readonly Fault[] {
  const faults = findTextFaults(value, identifierBounds);
  // NUL is a control character too, and has been named already.
  if (/[\u0001-\u001f\u007f-\u009f]/.test(value)) faults.push(['INVALID_TEXT', 'Must not contain control characters.']);
  return faults;
}

export function isIdentifier(value: string): boolean {
  return findIdentifierFaults(value).length === 0;
}

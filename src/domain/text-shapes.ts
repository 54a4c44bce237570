import { z } from 'zod';
import { describeUnstorable, quote } from './messages.ts';
import { countCharacters, isStorable } from './text.ts';
import { addIssue, type IssueCode } from './validation.ts';

/** `min` is 0 or 1. */
type Bounds = { readonly min: 0 | 1; readonly max: number };
type Fault = readonly [code: IssueCode, problem: string];

/** A text of `min` to `max` characters (R10) that storage can keep exactly (R16). */
export function text(bounds: Bounds) {
  return checked(bounds, (value) => findTextFaults(value, bounds));
}

function checked({ min, max }: Bounds, findFaults: (value: string) => readonly Fault[]) {
  return z
    .string()
    .superRefine((value, ctx) => {
      for (const [code, problem] of findFaults(value)) addIssue(ctx, code, problem);
    })
    .meta({ minLength: min, maxLength: max });
}

function findTextFaults(value: string, { min, max }: Bounds): Fault[] {
  const faults: Fault[] = [];
  if (!isStorable(value)) faults.push(['INVALID_TEXT', describeUnstorable(value)]);
  if (value.length < min) faults.push(['TOO_SHORT', `the text is empty; ${min} to ${max} characters are accepted.`]);
  const count = value.length > max ? countCharacters(value) : 0;
  if (count > max)
    faults.push([
      'TOO_LONG',
      `the text has ${count} characters; ${min === 0 ? 'at most' : `${min} to`} ${max} are accepted.`,
    ]);
  return faults;
}

/** Trims white space before the text is checked (R5). */
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
  // NUL is a control character too, but has already been reported.
  if (/[\u0001-\u001f\u007f-\u009f]/.test(value))
    faults.push(['INVALID_TEXT', `${quote(value)} contains control characters, which an id must not have.`]);
  return faults;
}

export function isIdentifier(value: string): boolean {
  // A character takes at most two code units; counting those of a megabyte would take a while.
  return value.length <= 2 * identifierBounds.max && findIdentifierFaults(value).length === 0;
}

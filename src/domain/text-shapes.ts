import { z } from 'zod';
import { countCharacters, isStorable } from './text.ts';
import { addIssue, type IssueCode } from './validation.ts';

type Bounds = { readonly min: number; readonly max: number };
type Fault = readonly [code: IssueCode, message: string];

/** A text of `min` to `max` characters (R10) that storage can keep exactly (R16). */
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
  if (/[\u0001-\u001f\u007f-\u009f]/.test(value)) faults.push(['INVALID_TEXT', 'Must not contain control characters.']);
  return faults;
}

export function isIdentifier(value: string): boolean {
  return findIdentifierFaults(value).length === 0;
}

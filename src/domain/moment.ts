/** A moment of any precision: a whole number of milliseconds since 1970, and whether more digits follow it. */
export interface Moment {
  readonly milliseconds: number;
  readonly hasMoreDigits: boolean;
}

const pattern =
  /^(\d{4}-\d\d-\d\d)(?:[Tt ]([01]\d|2[0-3])((?::[0-5]\d){2})(?:\.(\d+))?([Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)?)?$/;

/**
 * Parses an RFC 3339 date-time, a date (its midnight), or a date-time without an offset. What has no offset is in UTC.
 * Returns null for anything else, and for dates that do not exist.
 */
export function parseMoment(text: string): Moment | null {
  const [, date = '', hour = '00', rest = ':00:00', fraction = '', offset = 'Z'] = pattern.exec(text) ?? [];
  const midnight = Date.parse(`${date}T00:00:00Z`);
  // `Date.parse` takes February 30 for March 2.
  if (Number.isNaN(midnight) || !new Date(midnight).toISOString().startsWith(date)) return null;
  const seconds = Date.parse(`${date}T${hour}${rest}${offset.toUpperCase()}`);
  // `Date.parse` drops digits, and may misread a fraction with a leading zero.
  const milliseconds = seconds + Number(fraction.slice(0, 3).padEnd(3, '0'));
  return { milliseconds, hasMoreDigits: /[1-9]/.test(fraction.slice(3)) };
}

/**
 * The first whole millisecond that is not before a moment. Stored times are whole milliseconds, so they are before the
 * moment if and only if they are before this one.
 */
export function roundUp({ milliseconds, hasMoreDigits }: Moment): Date {
  return new Date(milliseconds + (hasMoreDigits ? 1 : 0));
}

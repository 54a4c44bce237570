import type { z } from 'zod';
import { issueLimits } from './limits.ts';
import { describeWrongType, namePlace } from './messages.ts';
import { shorten } from './text.ts';

/** What can be wrong with one value of an input. */
export const issueCodes = [
  'INVALID_TYPE',
  'REQUIRED',
  'TOO_SHORT',
  'TOO_LONG',
  'TOO_SMALL',
  'TOO_BIG',
  'TOO_MANY',
  'TOO_LARGE',
  'TOO_DEEP',
  'INVALID_TEXT',
  'INVALID_CURSOR',
  'MUTUALLY_EXCLUSIVE',
  'REPEATED',
  'ID_MISMATCH',
  'RESERVED',
] as const;
export type IssueCode = (typeof issueCodes)[number];

/** One problem with an input. The path starts at the argument: `["input", "batchSize"]`. */
export interface Issue {
  readonly path: readonly string[];
  readonly code: IssueCode;
  readonly message: string;
}

/** Creates an issue. Its message names the place, then states the problem (`messages.ts`). */
export function createIssue(path: readonly string[], code: IssueCode, problem: string): Issue {
  return { path, code, message: `${namePlace(path)}: ${problem}` };
}

/** Adds an issue with one of our codes to a zod refinement. `message` is the problem, without the name of the place. */
export function addIssue(
  ctx: z.core.$RefinementCtx,
  code: IssueCode,
  message: string,
  path: readonly PropertyKey[] = [],
): void {
  ctx.addIssue({ code: 'custom', message, path: [...path], params: { code } });
}

/** Converts an issue of zod. One that does not come from our own checks means a wrong type. */
export function toIssue(issue: z.core.$ZodIssue, path: readonly string[]): Issue {
  const place = [...path, ...issue.path.map(String)];
  if (issue.code !== 'custom') return createIssue(place, 'INVALID_TYPE', describeWrongType(issue));
  return createIssue(place, (issue.params?.code as IssueCode | undefined) ?? 'INVALID_TYPE', issue.message);
}

/** Validates a value at a path of the arguments. Adds every issue to `issues`, and returns undefined if there is any. */
export function validate<Output>(
  shape: z.ZodType<Output>,
  value: unknown,
  path: readonly string[],
  issues: Issue[],
): Output | undefined {
  const parsed = shape.safeParse(value, { reportInput: true });
  if (parsed.success) return parsed.data;
  for (const issue of parsed.error.issues) issues.push(toIssue(issue, path));
  return undefined;
}

/**
 * Limits the issues of an answer (R10): at most 50, 15 KiB as JSON, with shortened paths. Skips those that do not fit.
 */
export function limitIssues(issues: readonly Issue[]): Issue[] {
  const limited: Issue[] = [];
  let bytes = 0;
  for (const issue of issues) {
    if (limited.length === issueLimits.count) break;
    const short = shortenIssue(issue);
    const size = measureIssue(short);
    if (bytes + size > issueLimits.bytes) continue;
    bytes += size;
    limited.push(short);
  }
  return limited;
}

function shortenIssue(issue: Issue): Issue {
  const short = { ...issue, path: shortenPath(issue.path) };
  if (measureIssue(short) <= issueLimits.bytes / 2) return short;
  return { ...issue, path: shortenPath(issue.path, issueLimits.longPathEntryCharacters) };
}

/** Shortens the entries of a path, to 100 characters by default (R10). Never cuts inside a character. */
export function shortenPath(path: readonly string[], length: number = issueLimits.pathEntryCharacters): string[] {
  return path.map((entry) => shorten(entry, length));
}

function measureIssue(issue: Issue): number {
  return Buffer.byteLength(JSON.stringify(issue)) + 1;
}

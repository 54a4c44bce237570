import { hashSecret } from '../../src/domain/api-key/api-key.ts';
import type { WireAnswer } from '../support/http/wire.ts';
import { repository } from '../support/process/process.ts';
import { jwtSecret, key, type SafeAnswer } from './attack.ts';

/** What no answer and no line of the log may show, by what it is. */
const internals: readonly (readonly [what: string, pattern: RegExp])[] = [
  ['a stack', /\bat (?:async )?[\w.<>[\] ]+ \(?(?:file:|node:|\/)|\.(?:ts|js|mjs|cjs):\d+/],
  ['a path of this machine', /file:\/\/|node_modules|\/(?:home|root|usr|var|tmp|dev\/shm|work)\//],
  ['SQL', /\b(?:select\s.+\sfrom|insert into|update "?\w+"? set|delete from|pragma)\b|sqlite|drizzle|constraint/i],
  ['a word of the runtime', /\b(?:TypeError|RangeError|SyntaxError|ZodError|ECONN\w+|ERR_\w+|HPE_\w+|undefined)\b/],
];

/** Returns what a text shows that it should not. `secrets` are not to be shown either. */
export function findLeaks(text: string, secrets: readonly string[]): string[] {
  const found = internals.filter(([, pattern]) => pattern.test(text)).map(([what]) => what);
  return [...found, ...secrets.filter((secret) => text.includes(secret)).map((secret) => `the secret ${secret}`)];
}

/** The secrets of a gateway with this database. */
export function listSecrets(databaseUrl: string): string[] {
  const hash = hashSecret(key);
  const raw = Buffer.from(hash, 'hex').toString('base64');
  return [key, jwtSecret, hash, raw, databaseUrl, databaseUrl.replace(/^file:/, ''), repository];
}

/** The most bytes of an error, with its list of issues. */
const maxErrorBytes = 16 * 1024;
const requestId = /^[\w.:-]{1,128}$/;

/** Returns what is wrong with an answer, whatever it answers: in its form (contract, sections 5 to 7), or in what it shows. */
export function findFaults(answer: WireAnswer, secrets: readonly string[]): string[] {
  const { status, headers, body } = answer;
  const faults = findLeaks(`${JSON.stringify(headers)}\n${body}`, secrets);
  if (!requestId.test(headers['x-request-id'] ?? '')) faults.push('no x-request-id');
  for (const name of ['server', 'x-powered-by', 'set-cookie']) if (headers[name]) faults.push(`a header ${name}`);
  if (status < 400) return faults;
  if (body.length > maxErrorBytes) faults.push(`an error of ${body.length} bytes`);
  if (/(.)\1{200}/.test(body)) faults.push('an error that repeats what was sent');
  if (body !== '' && !isErrorBody(body, status)) faults.push('an error that is not in our form');
  return faults;
}

/** Whether a body is an error as GraphQL and the service routes write it, or as REST does. An asset has a plain one. */
function isErrorBody(body: string, status: number): boolean {
  if (body === 'Not found') return status === 404;
  const { errors, detail } = parse(body) ?? {};
  if (typeof detail === 'string') return errors === undefined || typeof errors === 'object';
  if (!Array.isArray(errors) || errors.length === 0 || errors.length > 10) return false;
  return errors.every(
    ({ message, extensions }) =>
      typeof message === 'string' && message.length <= 1_000 && /^[A-Z_]+$/.test(extensions?.code),
  );
}

/** Returns how an answer differs from the safe one. */
export function findDifferences({ status, headers, body }: WireAnswer, safe: SafeAnswer): string[] {
  const differences: string[] = [];
  if (![safe.status].flat().includes(status)) differences.push(`the status ${status}`);
  if (safe.code !== undefined) {
    const code = parse(body)?.errors?.[0]?.extensions?.code;
    if (![safe.code].flat().includes(code)) differences.push(`the code ${code}`);
  }
  if (safe.body && !safe.body.test(body)) differences.push(`no ${safe.body} in the body`);
  if (safe.hides?.test(body)) differences.push(`${safe.hides} in the body`);
  for (const [name, pattern] of Object.entries(safe.headers ?? {}))
    if (!pattern.test(headers[name] ?? '')) differences.push(`the header ${name}: ${headers[name]}`);
  return differences;
}

function parse(body: string): any {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

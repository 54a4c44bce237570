import { type Command, InvalidArgumentError } from 'commander';
import { isScope, type Scope, scopes } from '../domain/actor.ts';
import { type ApiKey, findKeyState, issueApiKey } from '../domain/api-key/api-key.ts';
import { createKeyCommand } from '../domain/command-line.ts';
import { chooseOrganization, type OrganizationReads } from '../domain/organization.ts';
import { countCharacters } from '../domain/text.ts';
import { isIdentifier } from '../domain/text-shapes.ts';
import { CommandFailed, InvalidCommandLine } from './failures.ts';
import { withStorage } from './with-storage.ts';

/** The most days until a key expires: a hundred years. */
const maxDays = 36_500;
const millisecondsPerDay = 86_400_000;

const explanation = `
The secret is printed alone on standard output, everything else on standard error:

  KEY=$(${createKeyCommand} --name 'nightly run' --expires 90)

An organization owns experiments: the keys of one organization never see those of another. It needs no setup, and is
created with its first key. Without --organization, the key belongs to the only organization there is, or to "default"
in a new database.`;

/** Adds the commands that create, list and revoke API keys. */
export function addKeysCommand(gateway: Command): void {
  const keys = gateway.command('keys').description('Create, list and revoke API keys.').helpCommand(false);
  keys
    .command('create')
    .description('Create an API key. Its secret is shown once.')
    .option('--organization <id>', 'the organization whose experiments it reads and writes', parseLabel)
    .option('--name <text>', 'what the key is for', parseLabel)
    .option('--scopes <a,b>', `some of ${scopes.join(', ')} (default: all)`, parseScopes)
    .option('--expires <days>', 'refuse the key after this many days (default: never)', parseDays)
    .option('--json', 'print JSON')
    .addHelpText('after', explanation)
    .action(createKey);
  keys
    .command('list')
    .description('List all keys, without their secrets.')
    .option('--json', 'print JSON')
    .action(listKeys);
  keys
    .command('revoke')
    .description('Revoke a key. Running gateways refuse it within a second.')
    .argument('<key-id>', 'the id of the key, as keys list shows it')
    .action(revokeKey);
}

interface CreateKeyOptions {
  readonly organization?: string;
  readonly name?: string;
  readonly scopes?: readonly Scope[];
  readonly expires?: number;
  readonly json?: boolean;
}

async function createKey(options: CreateKeyOptions): Promise<void> {
  const { name = null, scopes: granted = scopes, expires, json } = options;
  await withStorage(async ({ apiKeys, organizations }) => {
    const { organization, isNew } = await findOrganization(organizations, options.organization);
    const expiresAt = expires === undefined ? null : new Date(Date.now() + expires * millisecondsPerDay);
    const { key, secret } = await issueApiKey(apiKeys, { organization, name, scopes: granted, expiresAt });
    const quoted = JSON.stringify(organization);
    if (isNew) console.error(`Organization ${quoted} is new: nobody has used it before. It is created with this key.`);
    if (json) {
      console.log(JSON.stringify({ id: key.id, organization, name, scopes: granted, expiresAt, key: secret }));
      return;
    }
    const end = expiresAt ? `It expires at ${toMinute(expiresAt)}.` : 'It does not expire.';
    console.error(`Key ${key.id} of organization ${quoted} (${granted.join(', ')}), shown only once. ${end}`);
    console.log(secret);
  });
}

/** Rejects with `InvalidCommandLine` when the organization was not given and there are several. */
async function findOrganization(organizations: OrganizationReads, given: string | undefined) {
  const choice = await chooseOrganization(organizations, given);
  if (choice.kind === 'chosen') return choice;
  const names = choice.some.map((name) => JSON.stringify(name)).join(', ');
  throw new InvalidCommandLine(
    `error: option '--organization <id>' is needed, because there are several: ${names}${choice.hasMore ? ' and others' : ''}.`,
  );
}

async function listKeys({ json }: { json?: boolean }): Promise<void> {
  await withStorage(async ({ apiKeys }) => {
    const keys = await apiKeys.list();
    if (json) console.log(JSON.stringify(keys.map(({ hash: _, ...key }) => key)));
    else if (keys.length === 0) console.log(`There are no keys. Create one: ${createKeyCommand}`);
    else console.log(formatKeys(keys, new Date()));
  });
}

/** A table of keys with a header. The name is last, since characters of double width would move what follows. */
function formatKeys(keys: readonly ApiKey[], now: Date): string {
  const header = ['ID', 'KEY', 'ORGANIZATION', 'SCOPES', 'CREATED', 'EXPIRES', 'LAST USED', 'STATE', 'NAME'];
  const rows = keys.map((key) => {
    const state = key.revokedAt ? `revoked ${toMinute(key.revokedAt)}` : findKeyState(key, now);
    const times = [key.createdAt, key.expiresAt, key.lastUsedAt].map((time) => (time ? toMinute(time) : 'never'));
    return [key.id, `${key.prefix}…`, key.organization, key.scopes.join(','), ...times, state, key.name ?? '-'];
  });
  return formatTable([header, ...rows]);
}

/** Pads each column to its longest cell. */
function formatTable(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [at, cell] of row.entries()) widths[at] = Math.max(widths[at] ?? 0, countCharacters(cell));
  }
  const pad = (cell: string, at: number) => cell + ' '.repeat((widths[at] ?? 0) - countCharacters(cell));
  return rows.map((row) => row.map(pad).join('  ').trimEnd()).join('\n');
}

/** A time to the minute in UTC, as in 2026-01-31T09:30Z. */
function toMinute(time: Date): string {
  return `${time.toISOString().slice(0, 16)}Z`;
}

async function revokeKey(id: string): Promise<void> {
  await withStorage(async ({ apiKeys }) => {
    if (!(await apiKeys.revoke(id, new Date()))) throw new CommandFailed(`There is no key ${id}: see keys list.`);
    console.log(`Key ${id} is revoked.`);
  });
}

function parseScopes(text: string): Scope[] {
  const words = text.split(',').map((word) => word.trim());
  if (!words.every(isScope)) throw new InvalidArgumentError(`Accepted: ${scopes.join(', ')}, separated by commas.`);
  return [...new Set(words)];
}

function parseDays(text: string): number {
  const days = Number(text);
  if (!/^[1-9]\d*$/.test(text) || days > maxDays)
    throw new InvalidArgumentError(`Accepted: a whole number of days, 1 to ${maxDays}.`);
  return days;
}

function parseLabel(text: string): string {
  if (!isIdentifier(text)) throw new InvalidArgumentError('Accepted: 1 to 255 characters without control characters.');
  return text;
}

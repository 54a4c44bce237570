import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CannotStart } from '../../src/domain/faults.ts';
import { isDatabaseUrl } from '../../src/storage/engines.ts';
import { openStorage } from '../../src/storage/open.ts';
import { createTemporaryFolder } from '../support/gateway/test-gateway.ts';
import { type Ending, gatewayProgram, runGateway, start, startGateway } from '../support/process/process.ts';
import { createPostgresDatabase, hasServer, withClient } from '../support/storage/postgres.ts';

/** Commands that need an existing database; `{file}` is a file that they may create. */
const onExisting = {
  backup: ['backup', '{file}'],
  'keys create': ['keys', 'create'],
  'keys create for an organization': ['keys', 'create', '--organization', 'acme'],
  'keys list': ['keys', 'list'],
  'keys list --json': ['keys', 'list', '--json'],
  'keys revoke': ['keys', 'revoke', 'key_1'],
};

function expectRefusal({ code, stdout, stderr }: Ending, words: RegExp): void {
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(/^[^\n]+\n$/);
  expect(stderr).toMatch(words);
}

describe('only serve and migrate create a database:', () => {
  test.each(Object.entries(onExisting))(
    '%s refuses a missing or empty one, and creates nothing',
    async (_, command) => {
      const folder = createTemporaryFolder();
      const args = command.map((word) => word.replace('{file}', join(folder, 'copy.db')));
      const missing = { DATABASE_URL: `file:${join(folder, 'data', 'gateway.db')}` };
      expectRefusal(await runGateway(args, { env: missing }), /DATABASE_URL.*no gateway database.*serve and migrate/);
      expect(readdirSync(folder)).toEqual([]);

      const path = join(folder, 'empty.db');
      writeFileSync(path, '');
      expectRefusal(
        await runGateway(args, { env: { DATABASE_URL: `file:${path}` } }),
        /DATABASE_URL.*no gateway database/,
      );
      expect([readdirSync(folder), statSync(path).size]).toEqual([['empty.db'], 0]);
    },
  );

  test('copy refuses a missing source, and creates neither end', async () => {
    const folder = createTemporaryFolder();
    const [from, to] = ['from', 'to'].map((name) => `file:${join(folder, name, 'gateway.db')}`) as [string, string];
    expectRefusal(await runGateway(['copy', '--from', from, '--to', to]), /source.*no such file/);
    expect(readdirSync(folder)).toEqual([]);
  });

  test.runIf(hasServer)('an empty PostgreSQL database is refused, and stays empty', async () => {
    const DATABASE_URL = await createPostgresDatabase();
    for (const command of ['keys create', 'keys list', 'keys revoke'] as const)
      expectRefusal(
        await runGateway(onExisting[command], { env: { DATABASE_URL } }),
        /DATABASE_URL.*no gateway database/,
      );
    const tables = () =>
      withClient(DATABASE_URL, (client) =>
        client.query("SELECT FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"),
      );
    expect((await tables()).rowCount).toBe(0);
    expect(await runGateway(['migrate'], { env: { DATABASE_URL } })).toMatchObject({ code: 0 });
    expect(await runGateway(['keys', 'list', '--json'], { env: { DATABASE_URL } })).toMatchObject({ stdout: '[]\n' });
  });
});

describe('only its owner can read a database (mode 0600), whatever the umask is:', () => {
  const modesIn = (folder: string) =>
    Object.fromEntries(
      readdirSync(folder).map((name) => [name, (statSync(join(folder, name)).mode & 0o777).toString(8)]),
    );
  const withoutUmask = (command: readonly string[], env: Record<string, string>) =>
    start(['sh', '-c', 'umask 0; exec "$@"', 'sh', ...gatewayProgram, ...command], { env });

  test('the file, its log, the side files while it is served, a backup and a copy', async () => {
    const folder = createTemporaryFolder();
    const at = (name: string) => join(folder, name);
    const env = { DATABASE_URL: `file:${at('gateway.db')}`, PORT: '0' };
    const gateway = withoutUmask(['serve'], env);
    await gateway.until(/Experiment gateway/);
    expect(Object.keys(modesIn(folder)).length).toBeGreaterThan(3);
    expect(await withoutUmask(['backup', at('backup.db')], env).ended).toMatchObject({ code: 0 });
    const copy = ['copy', '--from', env.DATABASE_URL, '--to', `file:${at('copy.db')}`];
    expect(await withoutUmask(copy, {}).ended).toMatchObject({ code: 0 });
    expect(await withoutUmask(['migrate'], { DATABASE_URL: `file:${at('other.db')}` }).ended).toMatchObject({
      code: 0,
    });
    const modes = modesIn(folder);
    expect(modes).toEqual(Object.fromEntries(Object.keys(modes).map((name) => [name, '600'])));
    expect(Object.keys(modes)).toEqual(
      expect.arrayContaining(['gateway.db-wal', 'gateway.db-shm', 'backup.db', 'copy.db']),
    );
  });
});

describe('a database URL with more than a path is refused, and no file of that name is created:', () => {
  test.each(['file:x.db?mode=ro', 'file:///tmp/gateway-test-x.db?mode=ro', 'file::memory:'])(
    '%s, wherever a database is named',
    async (url) => {
      const folder = createTemporaryFolder();
      const before = readdirSync(process.cwd());
      const served = await runGateway(['serve'], { env: { DATABASE_URL: url, PORT: '0' } });
      expectRefusal(served, /DATABASE_URL.*Accepted: file:<path>/);
      const there = `file:${join(folder, 'gateway.db')}`;
      for (const [flag, ends] of Object.entries({ '--from': [url, there], '--to': [there, url] })) {
        const [from = '', to = ''] = ends;
        const { code, stdout, stderr } = await runGateway(['copy', '--from', from, '--to', to]);
        expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
        expect(stderr).toMatch(new RegExp(`^[^\\n]*${flag}[^\\n]*Accepted: file:<path>[^\\n]*\\n$`));
      }
      expect([readdirSync(process.cwd()), readdirSync(folder)]).toEqual([before, []]);
      expect(existsSync('/tmp/gateway-test-x.db')).toBe(false);
    },
  );

  test.each([
    'file:./x.db?cache=shared&mode=rwc',
    'file:x.db#main',
    'file::memory:?cache=shared',
    'file:~/x.db',
    'file: x.db',
    'file:x.db ',
    'file:x\n.db',
    'file:data/',
    'file:..',
    'file:a%20b.db',
    'file:file:x.db',
    'file:sqlite://x.db',
  ])('%j', async (url) => {
    const before = readdirSync(process.cwd());
    await expect(openStorage(url)).rejects.toThrow(CannotStart);
    expect(isDatabaseUrl(url)).toBe(false);
    expect(readdirSync(process.cwd())).toEqual(before);
  });

  test('with any query or fragment', () => {
    const path = fc.stringMatching(/^[a-z0-9_.-]{1,10}$/).map((name) => `${name}.db`);
    const rest = fc.tuple(fc.constantFrom('?', '#'), fc.string()).map((parts) => parts.join(''));
    const form = fc.constantFrom('file:', 'file:./', 'file:/tmp/', 'file:///tmp/');
    fc.assert(
      fc.property(form, path, rest, (begin, name, end) => {
        expect(isDatabaseUrl(begin + name)).toBe(true);
        expect(isDatabaseUrl(begin + name + end)).toBe(false);
      }),
    );
  });

  test.each(['file:copy.db', ':memory:', 'postgres://127.0.0.1/x', ' '])(
    'as the target of a backup: %j',
    async (file) => {
      const before = readdirSync(process.cwd());
      const DATABASE_URL = `file:${join(createTemporaryFolder(), 'gateway.db')}`;
      await (await openStorage(DATABASE_URL)).close();
      const { code, stderr } = await runGateway(['backup', file], { env: { DATABASE_URL } });
      expect([code, stderr]).toEqual([2, expect.stringMatching(/^[^\n]*Accepted: a path[^\n]*\n$/)]);
      expect(readdirSync(process.cwd())).toEqual(before);
    },
  );
});

describe('a gateway that shares its SQLite file with another', () => {
  const warning = /Another gateway serves this SQLite file/;
  const beside = (path: string, env = {}) => startGateway({ env: { DATABASE_URL: `file:${path}`, ...env } });

  test('warns when it starts, by any path; only the first one does not', async () => {
    const first = await startGateway();
    expect(first.output()).not.toMatch(warning);
    const second = await beside(first.databasePath.replace('/gateway.db', '/./gateway.db'));
    expect(second.output()).toMatch(warning);
    first.signal('SIGKILL');
    await first.ended;
    // The second gateway is still running.
    const third = await beside(first.databasePath, { NODE_ENV: 'production' });
    expect(third.output()).toMatch(warning);
    expect(third.output()).toMatch(/REDIS_URL/);
  });

  test('does not warn after the other one has stopped or was killed, or because of commands', async () => {
    const first = await startGateway();
    const env = { DATABASE_URL: `file:${first.databasePath}` };
    const listing = runGateway(['keys', 'list'], { env });
    first.signal('SIGKILL');
    await Promise.all([first.ended, listing]);
    const second = await beside(first.databasePath);
    expect(second.output()).not.toMatch(warning);
    second.signal('SIGTERM');
    expect(await second.ended).toMatchObject({ code: 0 });
    expect(readdirSync(join(first.databasePath, '..'))).toEqual(['gateway.db']);
    expect(readFileSync(first.databasePath).length).toBeGreaterThan(0);
    const third = await beside(first.databasePath);
    expect(third.output()).not.toMatch(warning);
  });

  test('warns in all but at most one of several that start at the same time', async () => {
    const path = join(createTemporaryFolder(), 'gateway.db');
    const gateways = await Promise.all([1, 2, 3].map(() => beside(path)));
    const warned = gateways.filter((gateway) => warning.test(gateway.output()));
    expect(warned.length).toBeGreaterThanOrEqual(2);
  });
});

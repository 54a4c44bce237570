import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createTemporaryFolder } from '../support/gateway/test-gateway.ts';
import { ownPath, repository, runGateway, start } from '../support/process/process.ts';

const newDatabase = () => ({ DATABASE_URL: `file:${join(createTemporaryFolder(), 'gateway.db')}` });

describe('--help', () => {
  test.each([
    [[], ['serve', 'migrate', 'keys', 'schema', 'backup', 'copy', 'run']],
    [['serve'], ['listen']],
    [['migrate'], ['migrations']],
    [['schema'], ['SDL']],
    [['keys'], ['create', 'list', 'revoke']],
    [
      ['keys', 'create'],
      ['--organization <id>', '--name <text>', '--scopes <a,b>', '--expires <days>', '--json', 'experiments:write'],
    ],
    [['keys', 'list'], ['--json']],
    [['keys', 'revoke'], ['key-id']],
    [['backup'], ['<file>']],
    [['copy'], ['--from <url>', '--to <url>']],
    [['run'], ['<experiment-id> [-- <command> ...]', 'GATEWAY_URL', 'GATEWAY_KEY', 'GATEWAY_LEASE_SECONDS']],
  ])('of %j says what there is', async (command, words) => {
    const { code, stdout, stderr } = await runGateway([...command, '--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain(`Usage: ${['gateway', ...command].join(' ')}`);
    for (const word of words) expect(stdout).toContain(word);
    expect((await runGateway([...command, '-h'])).stdout).toBe(stdout);
  });

  test('needs no configuration, and ignores an invalid one', async () => {
    expect(await runGateway(['keys', 'create', '--help'], { env: { PORT: 'x' } })).toMatchObject({ code: 0 });
  });
});

describe('an invalid command line exits 2 with one line, and does nothing:', () => {
  const organization = ['--organization', 'acme'];
  const create = ['keys', 'create', ...organization];

  test.each([
    ['an unknown flag', ['serve', '--port', '80'], '--port'],
    ['an unknown flag of a key command', ['keys', 'list', '--yaml'], '--yaml'],
    ['a misspelled flag', ['keys', 'list', '--jsn'], '--jsn'],
    ['an unknown command', ['restore'], 'restore'],
    ['a misspelled command', ['srve'], 'srve'],
    ['an unknown key command', ['keys', 'delete'], 'delete'],
    ['an extra value', ['migrate', 'now'], 'now'],
    ['an organization without a value', ['keys', 'create', '--organization'], '--organization'],
    ['an empty organization', ['keys', 'create', '--organization', ''], '--organization'],
    ['an organization that is too long', ['keys', 'create', '--organization', 'a'.repeat(256)], '--organization'],
    ['an organization on two lines', ['keys', 'create', '--organization', 'a\nb'], '--organization'],
    ['an empty name', [...create, '--name', ''], '--name'],
    ['a name on two lines', [...create, '--name', 'a\r\nb'], '--name'],
    ['an unknown scope', [...create, '--scopes', 'experiments:read,admin'], '--scopes'],
    ['no scope', [...create, '--scopes', ''], '--scopes'],
    ['a list of scopes with an empty entry', [...create, '--scopes', 'experiments:read,,experiments:run'], '--scopes'],
    ['scopes on two lines', [...create, '--scopes', 'a\nb'], '--scopes'],
    ['an expiry without a value', [...create, '--expires'], '--expires'],
    ...['0', '-1', '1.5', '36501', '30d'].map((days): [string, string[], string] => [
      `an expiry of ${days.slice(0, 9)}`,
      [...create, '--expires', days],
      '--expires',
    ]),
    ['a revocation without an id', ['keys', 'revoke'], 'key-id'],
    ['a revocation of two keys', ['keys', 'revoke', 'a', 'b'], 'revoke'],
    ['a run with an unknown flag', ['run', 'exp', '--lease', '9', '--', 'true'], '--lease'],
    ['a run without an experiment', ['run', '--', 'true'], 'experiment-id'],
    ["a run without a command after '--'", ['run', 'exp', '--'], 'command'],
  ])('%s', async (_name, command, word) => {
    const folder = createTemporaryFolder();
    const env = { DATABASE_URL: `file:${join(folder, 'gateway.db')}` };
    const { code, stdout, stderr } = await runGateway(command, { env });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^[^\r\n]+\n$/);
    expect(stderr).toContain(word);
    expect(readdirSync(folder)).toEqual([]);
  });

  test('no command shows the help', async () => {
    const { code, stdout, stderr } = await runGateway([]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('Usage: gateway');
  });
});

test('--version prints the version of the package, and needs no configuration', async () => {
  const { version } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8'));
  const { code, stdout, stderr } = await runGateway(['--version'], { env: { PORT: 'x' } });
  expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
});

test('schema prints the schema, and needs no database', async () => {
  const folder = createTemporaryFolder();
  const { code, stdout, stderr } = await runGateway(['schema'], { env: { DATABASE_URL: `file:${folder}/gateway.db` } });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toBe(readFileSync(join(repository, 'schema.graphql'), 'utf8'));
  expect(readdirSync(folder)).toEqual([]);
});

describe('migrate', () => {
  test('creates the database, and does nothing the second time', async () => {
    const env = newDatabase();
    for (let round = 0; round < 2; round++) {
      const { code, stdout, stderr } = await runGateway(['migrate'], { env });
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout).toMatch(/^[^\n]+\n$/);
    }
    expect(await runGateway(['keys', 'list', '--json'], { env })).toMatchObject({ code: 0, stdout: '[]\n' });
  });

  test('exits 1 with one line when it fails', async () => {
    const folder = createTemporaryFolder();
    const { code, stdout, stderr } = await runGateway(['migrate'], { env: { DATABASE_URL: `file:${folder}` } });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^[^\n]*DATABASE_URL[^\n]*\n$/);
  });
});

describe('npm run -s gateway --', () => {
  test('passes on the command line, its output and its exit code', async () => {
    const env = newDatabase();
    const gateway = (...command: string[]) => start(['npm', 'run', '-s', 'gateway', '--', ...command], { env }).ended;
    expect((await gateway('migrate')).code).toBe(0);
    const made = await gateway('keys', 'create', '--organization', 'two words & $HOME', '--json');
    expect(made.code).toBe(0);
    expect(JSON.parse(made.stdout)).toMatchObject({ organization: 'two words & $HOME' });
    expect((await gateway('keys', 'list', '--yaml')).code).toBe(2);
    expect((await gateway('keys', 'revoke', 'key_none')).code).toBe(1);
  });
});

/** The Node that a user's shell finds, without the one that the project installs. */
const ownNode = await findOwnNode();
async function findOwnNode(): Promise<{ version: string; isOld: boolean }> {
  const { execFileSync } = await import('node:child_process');
  try {
    const version = execFileSync('node', ['-p', 'process.versions.node'], { env: { PATH: ownPath }, encoding: 'utf8' });
    const [major = 0, minor = 0] = version.trim().split('.').map(Number);
    return {
      version: version.trim(),
      isOld: major < 22 || (major === 22 && minor < 18) || (major === 23 && minor < 6),
    };
  } catch {
    return { version: 'none', isOld: false };
  }
}

describe.skipIf(!ownNode.isOld)(`under a Node older than 22.18 (this machine has ${ownNode.version})`, () => {
  test.each([[['serve']], [['keys', 'list']], [['--help']], [[]]])('%j says what to do instead', async (command) => {
    const folder = createTemporaryFolder();
    const env = { DATABASE_URL: `file:${join(folder, 'gateway.db')}` };
    const { code, signal, stdout, stderr } = await start(['node', 'src/gateway.mjs', ...command], { env }).ended;
    expect({ code, signal, stdout }).toEqual({ code: 1, signal: null, stdout: '' });
    expect(stderr).toMatch(/^[^\n]+\n$/);
    expect(stderr).toContain(ownNode.version);
    expect(stderr).toMatch(/22\.18.*npm start/);
    expect(readdirSync(folder)).toEqual([]);
  });
});

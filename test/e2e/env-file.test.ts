import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createTemporaryFolder } from '../support/gateway/test-gateway.ts';
import { listening, repository, runGateway, start } from '../support/process/process.ts';

/** A folder that npm takes for the repository, with a `.env` of its own. */
function createCheckout(lines: readonly string[]): string {
  const folder = createTemporaryFolder();
  for (const name of ['package.json', 'node_modules', 'src', 'drizzle'])
    symlinkSync(join(repository, name), join(folder, name));
  writeFileSync(join(folder, '.env'), lines.join('\n'));
  return folder;
}

const key = 'a-key-of-more-than-thirty-two-characters';

test('npm start takes its variables from .env, and those of the environment win', async () => {
  const cwd = createCheckout([
    '# The settings of this machine',
    'PORT=1',
    'DATABASE_URL="file:./mine.db"',
    `export BOOTSTRAP_API_KEY=${key}`,
  ]);
  const running = start(['npm', 'start'], { cwd, env: { PORT: '0' }, group: true });
  const gateway = await listening(running, join(cwd, 'mine.db'));
  expect(gateway.stdout()).toMatch(/^Database +file:\.\/mine\.db$/m);
  expect(gateway.url).not.toMatch(/:1$/);
  expect(await gateway.graphql('{ viewer { organization } }', {}, key)).toEqual({
    data: { viewer: { organization: 'default' } },
  });
});

test('npm run gateway takes its variables from .env, and an empty variable of the environment unsets one', async () => {
  const cwd = createCheckout(['DATABASE_URL=file:./mine.db', 'LOG_LEVEL=loud']);
  const migrate = ['npm', 'run', '-s', 'gateway', '--', 'migrate'];
  expect(await start(migrate, { cwd }).ended).toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringMatching(/^LOG_LEVEL "loud" is not valid\..*\n$/),
  });
  expect(await start(migrate, { cwd, env: { LOG_LEVEL: '' } }).ended).toMatchObject({
    code: 0,
    stdout: 'file:./mine.db is migrated.\n',
  });
});

test('a .env that cannot be read is reported in one line, and --help works all the same', async () => {
  const cwd = createTemporaryFolder();
  mkdirSync(join(cwd, '.env'));
  symlinkSync(join(repository, 'src'), join(cwd, 'src'));
  const { code, stdout, stderr } = await runGateway(['keys', 'list'], { cwd });
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(/^\.env cannot be read \(.+\)\. Accepted: .+\.\n$/);
  expect(await runGateway(['--help'], { cwd })).toMatchObject({ code: 0, stderr: '' });
});

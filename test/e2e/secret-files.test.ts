import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { InvalidConfiguration } from '../../src/domain/faults.ts';
import { createTemporaryFolder } from '../support/gateway/test-gateway.ts';
import { runGateway, startGateway } from '../support/process/process.ts';

const key = 'a-key-of-the-container-0123456789';
const secret = 'a secret of more than 32 characters, for tests';
const tokens = { JWT_ISSUER: 'https://dashboard.test', JWT_AUDIENCE: 'experiment-gateway' };
const names = ['DATABASE_URL', 'REDIS_URL', 'BOOTSTRAP_API_KEY', 'JWT_SECRET'] as const;
type Name = (typeof names)[number];
const values: Record<Name, string> = {
  DATABASE_URL: 'postgres://me:S3cr%20t!@db.example/gateway',
  REDIS_URL: 'rediss://me:S3cr%20t!@redis.example:6380/2',
  BOOTSTRAP_API_KEY: key,
  JWT_SECRET: secret,
};

/** A new file with a content. */
function createFile(content: string | Uint8Array): string {
  const path = join(createTemporaryFolder(), 'secret');
  writeFileSync(path, content);
  return path;
}

const inFiles = (contents: Partial<Record<Name, string | Uint8Array>>) =>
  Object.fromEntries(Object.entries(contents).map(([name, content]) => [`${name}_FILE`, createFile(content)]));

/** The lines with which an environment is refused. */
function readFaults(env: Readonly<Record<string, string>>): readonly string[] {
  try {
    readConfig(env);
  } catch (error) {
    if (error instanceof InvalidConfiguration) return error.faults;
  }
  throw new Error('The configuration was accepted.');
}

describe('a secret from a file', () => {
  test('is used like the same value in the variable', () => {
    expect(readConfig({ ...tokens, ...inFiles(values) })).toEqual(readConfig({ ...tokens, ...values }));
  });

  test.each<[string, string]>([
    ['a line feed', '\n'],
    ['a carriage return and a line feed', '\r\n'],
    ['nothing', ''],
  ])('may end with %s', (_name, end) => {
    expect(readConfig(inFiles({ BOOTSTRAP_API_KEY: key + end })).bootstrapApiKey).toBe(key);
  });

  test('is the content without one trailing newline, whatever else it holds', () => {
    const path = createFile('');
    const content = fc.string({ unit: 'binary', minLength: 32 }).filter((text) => !/^\ufeff|[\r\n]$/.test(text));
    fc.assert(
      fc.property(content, fc.constantFrom('', '\n', '\r\n'), (text, end) => {
        writeFileSync(path, text + end);
        expect(readConfig({ ...tokens, JWT_SECRET_FILE: path }).jwt?.key).toEqual({ kind: 'secret', secret: text });
        writeFileSync(path, `${text}\n${end || '\n'}`);
        expect(readConfig({ ...tokens, JWT_SECRET_FILE: path }).jwt?.key).toEqual({
          kind: 'secret',
          secret: `${text}\n`,
        });
      }),
    );
  });

  test('may have 64 KiB, and be reached by a link', () => {
    const long = 'x'.repeat(64 * 1024 - 1);
    const link = join(createTemporaryFolder(), 'link');
    symlinkSync(createFile(`${long}\n`), link);
    expect(readConfig({ BOOTSTRAP_API_KEY_FILE: link }).bootstrapApiKey).toBe(long);
  });

  test('counts as unset when the variable is empty', () => {
    expect(readConfig({ BOOTSTRAP_API_KEY_FILE: '' }).bootstrapApiKey).toBeUndefined();
    expect(readConfig({ BOOTSTRAP_API_KEY: '', ...inFiles({ BOOTSTRAP_API_KEY: key }) }).bootstrapApiKey).toBe(key);
  });

  test('serves a gateway, which shows neither the key nor the password', async () => {
    const path = join(createTemporaryFolder(), 'gateway.db');
    const env = inFiles({ DATABASE_URL: `file:${path}\n`, BOOTSTRAP_API_KEY: `${key}\n` });
    const gateway = await startGateway({ env: { ...env, DATABASE_URL: '' } });
    expect(await gateway.graphql('{ viewer { organization } }', {}, key)).toEqual({
      data: { viewer: { organization: 'default' } },
    });
    expect(gateway.output()).toMatch(new RegExp(`Database +file:${path}`));
    expect(gateway.output()).not.toContain(key);
  });
});

describe.each(names)('%s_FILE is refused in one line that names it and its path, and repeats no content:', (name) => {
  const variable = `${name}_FILE`;

  function readFault(path: string): string {
    const [line = '', ...others] = readFaults({
      ...tokens,
      ...(name !== 'JWT_SECRET' && { JWT_SECRET: secret }),
      [variable]: path,
    });
    expect(others).toEqual([]);
    expect(line).toMatch(new RegExp(`^${variable} .* Accepted: [^\\n]+\\.$`));
    expect(line).toContain(JSON.stringify(path));
    return line;
  }

  test('a file that does not exist', () => {
    expect(readFault(join(createTemporaryFolder(), 'none'))).toMatch(/cannot be read \(no such file or directory\)/);
  });

  test('a path below a file', () => {
    expect(readFault(`${createFile('x')}/none`)).toMatch(/cannot be read \(not a directory\)/);
  });

  test('a folder', () => {
    expect(readFault(createTemporaryFolder())).toMatch(/ is not a regular file\./);
  });

  test('a pipe that nobody writes to', () => {
    const path = join(createTemporaryFolder(), 'pipe');
    execFileSync('mkfifo', [path]);
    expect(readFault(path)).toMatch(/ is not a regular file\./);
  });

  test('an empty file, or one with only a newline', () => {
    for (const content of ['', '\n', '\r\n']) expect(readFault(createFile(content))).toMatch(/ is empty\./);
  });

  test('a file of more than 64 KiB, and one that never ends', () => {
    expect(readFault(createFile('x'.repeat(64 * 1024 + 1)))).toMatch(/ is larger than 64 KiB\./);
    expect(readFault('/dev/zero')).toMatch(/ is not a regular file\./);
  });

  test('a file that is not text', () => {
    expect(readFault(createFile(Buffer.from([0xff, 0xfe, 0x41])))).toMatch(/ is not UTF-8 text\./);
  });

  test('both forms at once, also when one of them is not usable by itself', () => {
    const both = `${name} and ${variable} are set together. Accepted: only one of them.`;
    expect(readFaults({ ...tokens, [name]: values[name], [variable]: createFile(values[name]) })).toContain(both);
    const wrong = readFaults({ ...tokens, [name]: 'x:hunter2', [variable]: '/does/not/exist' });
    expect(wrong).toContain(both);
    expect(wrong.join('\n')).toMatch(new RegExp(`^${name} .*is not valid`, 'm'));
    expect(wrong.join('\n')).not.toContain('hunter2');
  });

  test('a value that the variable does not accept', () => {
    const path = createFile('hunter2\n\n');
    const lines = readFaults({ ...tokens, [variable]: path }).filter((line) => line.startsWith(variable));
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(`${JSON.stringify(path)} contains a value that is not valid. Accepted: `);
    expect(lines[0]).not.toContain('hunter2');
  });
});

test('what is meant as the secret itself is not repeated when it is given as the path', () => {
  for (const text of ['hunter2-hunter2-hunter2-hunter2-hunter2', 'me:hunter2/x', 'hunter2\nhunter2'])
    for (const name of ['BOOTSTRAP_API_KEY_FILE', 'JWT_SECRET_FILE'])
      expect(readFaults({ ...tokens, [name]: text }).join('\n')).not.toContain('hunter2');
  for (const name of ['DATABASE_URL_FILE', 'REDIS_URL_FILE'])
    expect(readFaults({ [name]: 'postgres://me:hunter2@db.example/x' }).join('\n')).not.toContain('hunter2');
});

test('a secret from a file takes part in the checks of combinations, under its own name', () => {
  const JWT_SECRET_FILE = createFile(secret);
  expect(readFaults({ ...tokens, JWT_SECRET_FILE, JWT_JWKS_URL: 'http://127.0.0.1/keys' })).toEqual([
    'JWT_JWKS_URL and JWT_SECRET_FILE are set together. Accepted: exactly one of them.',
  ]);
  expect(readFaults({ JWT_SECRET_FILE })).toEqual([
    expect.stringContaining('JWT_ISSUER is missing.'),
    expect.stringContaining('JWT_AUDIENCE is missing.'),
  ]);
  const DATABASE_URL_FILE = createFile('file:./data/gateway.db');
  expect(readFaults({ DATABASE_URL_FILE, DATABASE_READ_URLS: 'postgres://a/x' })).toEqual([
    expect.stringMatching(/^DATABASE_READ_URLS is not valid with a SQLite file\./),
  ]);
});

test('every file that cannot be used is named at once, beside every other fault, and no database is created', async () => {
  const folder = createTemporaryFolder();
  mkdirSync(join(folder, 'folder'));
  const files = Object.fromEntries(names.map((name) => [`${name}_FILE`, join(folder, 'folder')]));
  const { code, stdout, stderr } = await runGateway(['serve'], { env: { ...files, PORT: 'http' } });
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  const lines = stderr.trimEnd().split('\n');
  expect(lines.map((line) => line.split(' ')[0])).toEqual([
    ...names.map((name) => `${name}_FILE`),
    'PORT',
    'JWT_ISSUER',
    'JWT_AUDIENCE',
  ]);
});

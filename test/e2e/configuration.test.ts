import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { InvalidConfiguration } from '../../src/domain/faults.ts';
import { createTemporaryFolder } from '../support/gateway/test-gateway.ts';
import { gatewayProgram, type Options, runGateway, start, startGateway } from '../support/process/process.ts';
import { createSqliteDatabase, openStorageOn } from '../support/storage/storage.ts';

/** The message of `readConfig` for an invalid environment. */
function readFaults(env: Readonly<Record<string, string>>): string {
  try {
    readConfig(env);
  } catch (error) {
    if (error instanceof InvalidConfiguration) return error.faults.join('\n');
  }
  throw new Error('The configuration was accepted.');
}

const databaseIn = (folder: string) => ({ DATABASE_URL: `file:${join(folder, 'gateway.db')}` });

/** Starts a gateway that cannot start, and returns the lines that it prints. */
async function readRefusals(env: Readonly<Record<string, string>>, options: Options = {}): Promise<string[]> {
  const gateway = start([...gatewayProgram, 'serve'], { env: { PORT: '0', ...env }, ...options });
  gateway.until(/Experiment gateway/).then(
    () => gateway.signal('SIGKILL'), // It listens, although it should not.
    () => undefined,
  );
  const { code, signal, stdout, stderr } = await gateway.ended;
  expect({ code, signal, stdout }).toEqual({ code: 1, signal: null, stdout: '' });
  expect(stderr).toMatch(/^([^\n]+\n)+$/);
  return stderr.trimEnd().split('\n');
}

/** The same for a gateway that prints one line. */
async function readRefusal(env: Readonly<Record<string, string>>, options: Options = {}): Promise<string> {
  const [line = '', ...others] = await readRefusals(env, options);
  expect(others).toEqual([]);
  return line;
}

const tokens = { JWT_ISSUER: 'https://dashboard.test', JWT_AUDIENCE: 'experiment-gateway' };
const secret = 'a secret of more than 32 characters, for tests';

const pem = (publicKey: KeyObject) => publicKey.export({ type: 'spki', format: 'pem' }).toString();
const unusable = {
  ed448: pem(generateKeyPairSync('ed448').publicKey),
  secp256k1: pem(generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey),
  private: generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  rsa1024: pem(generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey),
};

describe('an invalid value is refused in one line that names the variable and the accepted values, before anything is created', () => {
  test.each<[string, string, Record<string, string>]>([
    ['a port that is not a number', 'PORT', { PORT: 'http' }],
    ['a port above 65535', 'PORT', { PORT: '65536' }],
    ['a port below 0', 'PORT', { PORT: '-1' }],
    ['a database of another kind', 'DATABASE_URL', { DATABASE_URL: 'mysql://root@localhost/x' }],
    ['a database that is only a path', 'DATABASE_URL', { DATABASE_URL: './gateway.db' }],
    ['a database without a path', 'DATABASE_URL', { DATABASE_URL: 'file:' }],
    ['a database URL that cannot be decoded', 'DATABASE_URL', { DATABASE_URL: 'file:///%zz' }],
    ['a database URL with an encoded slash', 'DATABASE_URL', { DATABASE_URL: 'file:///tmp%2fgateway.db' }],
    ['a database URL with a NUL', 'DATABASE_URL', { DATABASE_URL: 'file:///tmp/a%00b' }],
    ['replicas for a SQLite file', 'DATABASE_READ_URLS', { DATABASE_READ_URLS: 'postgres://127.0.0.1/x' }],
    ['a replica of another kind', 'DATABASE_READ_URLS', { DATABASE_READ_URLS: 'postgres://a/x,mysql://b/x' }],
    ['a replica without a host', 'DATABASE_READ_URLS', { DATABASE_READ_URLS: 'postgres:///x' }],
    ['a replica that cannot be decoded', 'DATABASE_READ_URLS', { DATABASE_READ_URLS: 'postgres://a:50%off@b/x' }],
    [
      'a replica with an invalid prepare parameter',
      'DATABASE_READ_URLS',
      { DATABASE_READ_URLS: 'postgres://a/x?prepare=no' },
    ],
    ['a Redis with another protocol', 'REDIS_URL', { REDIS_URL: 'http://127.0.0.1:6379' }],
    ['a Redis without a host', 'REDIS_URL', { REDIS_URL: 'redis://' }],
    ['a Redis with options', 'REDIS_URL', { REDIS_URL: 'redis://127.0.0.1?enableOfflineQueue=true' }],
    ['a Redis database that is not a number', 'REDIS_URL', { REDIS_URL: 'redis://127.0.0.1/events' }],
    ['a Redis password that is not encoded', 'REDIS_URL', { REDIS_URL: 'redis://:50%off@127.0.0.1' }],
    ['a dashboard that is neither on nor off', 'DASHBOARD', { DASHBOARD: 'true' }],
    ['a short key', 'BOOTSTRAP_API_KEY', { BOOTSTRAP_API_KEY: 'a'.repeat(31) }],
    ['a key with a space', 'BOOTSTRAP_API_KEY', { BOOTSTRAP_API_KEY: `${'a'.repeat(40)} b` }],
    ['no key for tokens', 'JWT_', tokens],
    ['no issuer', 'JWT_ISSUER', { JWT_AUDIENCE: 'a', JWT_SECRET: secret }],
    ['no audience', 'JWT_AUDIENCE', { JWT_ISSUER: 'a', JWT_SECRET: secret }],
    ['two keys for tokens', 'JWT_', { ...tokens, JWT_SECRET: secret, JWT_JWKS_URL: 'http://127.0.0.1/keys' }],
    ['a short secret', 'JWT_SECRET', { ...tokens, JWT_SECRET: 'short' }],
    ['a key set with another protocol', 'JWT_JWKS_URL', { ...tokens, JWT_JWKS_URL: 'ftp://127.0.0.1/keys' }],
    ['a text that is not a public key', 'JWT_PUBLIC_KEY', { ...tokens, JWT_PUBLIC_KEY: 'hello' }],
    ['a truncated public key', 'JWT_PUBLIC_KEY', { ...tokens, JWT_PUBLIC_KEY: unusable.ed448.slice(0, 80) }],
    ['an Ed448 key', 'JWT_PUBLIC_KEY', { ...tokens, JWT_PUBLIC_KEY: unusable.ed448 }],
    ['a key on another curve', 'JWT_PUBLIC_KEY', { ...tokens, JWT_PUBLIC_KEY: unusable.secp256k1 }],
    ['an RSA key that is too short', 'JWT_PUBLIC_KEY', { ...tokens, JWT_PUBLIC_KEY: unusable.rsa1024 }],
    ['an origin without a scheme', 'CORS_ORIGINS', { CORS_ORIGINS: 'app.example.com' }],
    ['an origin with a path', 'CORS_ORIGINS', { CORS_ORIGINS: 'https://app.example.com/' }],
    [
      'an origin with a default port',
      'CORS_ORIGINS',
      { CORS_ORIGINS: 'https://a.example.com, https://app.example.com:443' },
    ],
    ['an origin in capitals', 'CORS_ORIGINS', { CORS_ORIGINS: 'https://App.example.com' }],
    ['an origin with a wildcard', 'CORS_ORIGINS', { CORS_ORIGINS: 'https://*.example.com' }],
    ['an unknown log level', 'LOG_LEVEL', { LOG_LEVEL: 'loud' }],
    ['a collector without a protocol', 'OTEL_', { OTEL_EXPORTER_OTLP_ENDPOINT: '127.0.0.1:4318' }],
    ['a collector with a password', 'OTEL_', { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://me:hunter2@127.0.0.1:4318' }],
    ['a collector with a query', 'OTEL_', { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318/?key=hunter2' }],
    ['an abbreviated environment', 'NODE_ENV', { NODE_ENV: 'prod' }],
    ['an environment in capitals', 'NODE_ENV', { NODE_ENV: 'Production' }],
    ['a URL instead of a host', 'HOST', { HOST: 'http://127.0.0.1' }],
    ['a key set with a password', 'JWT_JWKS_URL', { ...tokens, JWT_JWKS_URL: 'https://me:hunter2@127.0.0.1/keys' }],
    ['a private key', 'JWT_PUBLIC_KEY', { ...tokens, JWT_PUBLIC_KEY: unusable.private }],
    ['points without a period', 'RATE_LIMIT', { RATE_LIMIT: '600' }],
    ['no points', 'RATE_LIMIT', { RATE_LIMIT: '0/60' }],
    ['a period of no seconds', 'RATE_LIMIT', { RATE_LIMIT: '600/0' }],
    ['points that are not a whole number', 'RATE_LIMIT', { RATE_LIMIT: '1.5/60' }],
    ['a period with a unit', 'RATE_LIMIT', { RATE_LIMIT: '600/60s' }],
    ['more points than can be counted', 'RATE_LIMIT', { RATE_LIMIT: '1000000001/60' }],
    ['a period longer than a day', 'RATE_LIMIT', { RATE_LIMIT: '600/86401' }],
  ])('%s', (_name, variable, env) => {
    const line = readFaults(env);
    expect(line).toContain(variable);
    expect(line).toMatch(/^[^\n]+ Accepted: [^\n]+$/);
  });

  // Values that only the system can refuse, and one of each kind that the configuration refuses.
  test.each<[string, string, Record<string, string>]>([
    ['a host that does not exist', 'HOST', { HOST: '256.256.256.256' }],
    ['an address of another machine', 'HOST', { HOST: '192.0.2.1' }],
    ['a port that is not a number', 'PORT', { PORT: 'http' }],
    ['a database URL with a NUL', 'DATABASE_URL', { DATABASE_URL: 'file:///tmp/a%00b' }],
    ['two keys for tokens', 'JWT_', { ...tokens, JWT_SECRET: secret, JWT_JWKS_URL: 'http://127.0.0.1/keys' }],
    ['a truncated public key', 'JWT_PUBLIC_KEY', { ...tokens, JWT_PUBLIC_KEY: unusable.ed448.slice(0, 80) }],
  ])('by the command, too: %s', async (_name, variable, env) => {
    const folder = createTemporaryFolder();
    const line = await readRefusal({ ...databaseIn(folder), ...env });
    expect(line).toContain(variable);
    expect(line).toMatch(/Accepted: ./);
    expect(readdirSync(folder)).toEqual([]);
  });
});

test('a busy port is named, and no database is created', async () => {
  const { url } = await startGateway();
  const folder = createTemporaryFolder();
  const port = new URL(url).port;
  const line = await readRefusal({ DATABASE_URL: `file:${join(folder, 'new', 'gateway.db')}`, PORT: port });
  expect(line).toContain('PORT');
  expect(line).toContain(port);
  expect(line).toMatch(/Accepted: ./);
  expect(readdirSync(folder)).toEqual([]);
});

describe('all faults are reported at once,', () => {
  test('one line for each variable, with its value and the accepted values', async () => {
    const folder = createTemporaryFolder();
    const env = { HOST: 'a b', PORT: 'http', LOG_LEVEL: 'loud', NODE_ENV: 'prod', CORS_ORIGINS: 'a,https://b' };
    const lines = await readRefusals({ DATABASE_URL: 'mysql://localhost/x', ...env });
    for (const [name, value] of Object.entries({ DATABASE_URL: 'mysql://localhost/x', ...env })) {
      expect(lines.filter((line) => line.startsWith(`${name} "${value}" `))).toHaveLength(1);
    }
    expect(lines).toHaveLength(6);
    for (const line of lines) expect(line).toMatch(/ Accepted: .+\.$/);
    expect(readdirSync(folder)).toEqual([]);
  });

  test('whether a value is invalid by itself or together with others', async () => {
    const lines = await readRefusals({
      JWT_SECRET: 'short',
      JWT_PUBLIC_KEY: 'hello',
      DATABASE_READ_URLS: 'postgres://a/x',
    });
    expect(lines.map((line) => line.replace(/ Accepted: .*/, ''))).toEqual([
      'JWT_PUBLIC_KEY is not valid.',
      'JWT_SECRET is not valid.',
      'DATABASE_READ_URLS is not valid with a SQLite file.',
      'JWT_PUBLIC_KEY and JWT_SECRET are set together.',
      'JWT_ISSUER is missing.',
      'JWT_AUDIENCE is missing.',
    ]);
  });

  test('including missing token variables once one of them is set', async () => {
    const lines = await readRefusals({ JWT_ISSUER: 'a' });
    expect(lines).toHaveLength(2);
    expect(lines.join()).toMatch(/JWT_JWKS_URL, JWT_PUBLIC_KEY and JWT_SECRET.*JWT_AUDIENCE is missing/);
  });

  test('by every command that needs the configuration', async () => {
    for (const command of [['migrate'], ['keys', 'list'], ['backup', 'x']]) {
      const { code, stdout, stderr } = await runGateway(command, { env: { PORT: 'http', LOG_LEVEL: 'loud' } });
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(stderr).toMatch(/^PORT [^\n]+\nLOG_LEVEL [^\n]+\n$/);
    }
  });

  test('and unknown variables are ignored', async () => {
    expect((await startGateway({ env: { DATABASE_ULR: 'x', JWT_SECRETS: 'y' } })).url).toMatch(/^http:/);
  });
});

describe('a refused secret is not repeated:', () => {
  const word = 'hunter2hunter2';

  test.each(['BOOTSTRAP_API_KEY', 'JWT_SECRET', 'JWT_PUBLIC_KEY'])('%s', (name) => {
    expect(readFaults({ [name]: word })).toMatch(new RegExp(`^${name} is not valid`, 'm'));
    expect(readFaults({ [name]: word })).not.toContain(word);
  });

  const hidden = [
    `mysql://me:${word}@127.0.0.1/x`,
    `mysql://me:${word}@ss@127.0.0.1/x`,
    `mysql://me:ab/${word}@127.0.0.1/x`,
    `mysql://me:ab?${word}@127.0.0.1/x`,
    `mysql://me:ab#${word}@127.0.0.1/x`,
    `mysql://me:ab,${word}@127.0.0.1/x`,
    `mysql://me:50%off${word}@127.0.0.1/x`,
    `mysql://127.0.0.1/x?password=${word}`,
    `mysql://me:${word}`,
    `me:${word}@127.0.0.1`,
    `${word}@127.0.0.1/x`,
    `redis://${word}@127.0.0.1/x`,
    `mysql:/me:${word}@127.0.0.1/x`,
  ];
  test.each([
    'DATABASE_URL',
    'DATABASE_READ_URLS',
    'REDIS_URL',
    'JWT_JWKS_URL',
    'CORS_ORIGINS',
    'OTEL_EXPORTER_OTLP_ENDPOINT',
  ])('the password in %s', (name) => {
    for (const url of hidden) {
      expect(readFaults({ [name]: url })).toMatch(new RegExp(`^${name} `, 'm'));
      expect(readFaults({ [name]: url })).not.toContain(word);
    }
  });

  test('the rest of the URL around the password is shown', () => {
    const shown = [
      [`mysql://me:${word}@127.0.0.1:3306/x`, 'mysql://…@127.0.0.1:3306/x'],
      [`mysql://[::1]:3306/x?password=${word}&ssl=${word}`, 'mysql://[::1]:3306/x?password=…&ssl=…'],
      ['mysql://me@localhost/x', 'mysql://me@localhost/x'],
      ['./gateway.db', './gateway.db'],
      ['file:///tmp/a:b%zz', 'file:///tmp/a:b%zz'],
    ];
    for (const [url = '', text] of shown)
      expect(readFaults({ DATABASE_URL: url })).toContain(`DATABASE_URL "${text}" `);
  });

  test('a long value is cut, and a value of several lines is shown on one line', () => {
    expect(readFaults({ LOG_LEVEL: `a\nb\u2028${'c'.repeat(10_000)}` })).toMatch(/^LOG_LEVEL "a\\nb�c{190,200}…" is/);
  });
});

/** The path of a database that the gateway has created. */
async function createDatabase(): Promise<string> {
  const { path, url } = createSqliteDatabase();
  await (await openStorageOn(url)).close();
  return path;
}

describe('an unusable DATABASE_URL is refused in one line, and nothing is touched:', () => {
  /** Compares a file that is not a gateway database, and the files beside it, before and after. */
  async function expectUntouched(content: Uint8Array | string | ((path: string) => void)): Promise<string> {
    const folder = createTemporaryFolder();
    const path = join(folder, 'gateway.db');
    if (typeof content === 'function') content(path);
    else writeFileSync(path, content);
    const before = readFileSync(path);
    const line = await readRefusal(databaseIn(folder));
    expect(readFileSync(path).equals(before)).toBe(true);
    // SQLite may leave an empty log beside a damaged file.
    const log = `${path}-wal`;
    expect(existsSync(log) ? readFileSync(log).length : 0).toBe(0);
    expect(line).toContain('DATABASE_URL');
    return line;
  }

  test('a file of another kind', async () => {
    const bytes = Buffer.alloc(20_000, 'This is a letter, no database. ');
    expect(await expectUntouched(bytes)).toMatch(/damaged|not a SQLite database/);
  });

  test('a truncated database', async () => {
    const whole = readFileSync(await createDatabase());
    expect(await expectUntouched(whole.subarray(0, whole.length - 8_192))).toMatch(/damaged/);
  });

  test('a database of another program', async () => {
    const line = await expectUntouched((path) => {
      const database = new Database(path);
      database.exec('CREATE TABLE letters (id INTEGER PRIMARY KEY)');
      database.close();
    });
    expect(line).toMatch(/tables that the gateway did not create/);
  });

  test('a database of a newer gateway', async () => {
    const made = await createDatabase();
    const line = await expectUntouched((path) => {
      writeFileSync(path, readFileSync(made));
      const database = new Database(path);
      database.prepare("INSERT INTO __drizzle_migrations (hash, created_at) VALUES ('of tomorrow', 1)").run();
      database.pragma('wal_checkpoint(TRUNCATE)');
      database.close();
    });
    expect(line).toMatch(/newer/);
  });

  test('a folder', async () => {
    const folder = createTemporaryFolder();
    expect(await readRefusal({ DATABASE_URL: `file:${folder}` })).toMatch(
      /^DATABASE_URL \S+ is not usable\. This is a folder: name a file in it\. Accepted: ./,
    );
    expect(readdirSync(folder)).toEqual([]);
  });

  test.runIf(existsSync('/dev/null'))('a device', async () => {
    expect(await readRefusal({ DATABASE_URL: 'file:/dev/null' })).toMatch(
      /DATABASE_URL.* This is not a file\. Accepted: ./,
    );
  });

  test('a path that may not be looked at', async () => {
    const folder = join(createTemporaryFolder(), 'locked');
    mkdirSync(folder, { mode: 0o700 });
    chmodSync(join(folder, '..'), 0o755);
    if (process.getuid?.() !== 0) chmodSync(folder, 0o000);
    // The superuser may look everywhere, so the gateway then runs as the user nobody.
    const options = process.getuid?.() === 0 ? { uid: 65_534 } : {};
    expect(await readRefusal(databaseIn(folder), options)).toMatch(/DATABASE_URL.*EACCES.*Accepted: ./);
  });

  test('a path below a file', async () => {
    const path = join(createTemporaryFolder(), 'file');
    writeFileSync(path, 'x');
    expect(await readRefusal({ DATABASE_URL: `file:${path}/gateway.db` })).toMatch(/DATABASE_URL.*Accepted: ./);
  });

  test.runIf(existsSync('/proc/self'))('a folder in which nothing can be created', async () => {
    const line = await readRefusal({ DATABASE_URL: 'file:/proc/gateway/data/gateway.db' });
    expect(line).toMatch(/DATABASE_URL.*Accepted: ./);
  });

  test('a read-only folder', async () => {
    const folder = join(createTemporaryFolder(), 'locked');
    mkdirSync(folder);
    chmodSync(join(folder, '..'), 0o755);
    chmodSync(folder, 0o555);
    // The superuser may write everywhere, so the gateway then runs as the user nobody.
    const options = process.getuid?.() === 0 ? { uid: 65_534 } : {};
    expect(await readRefusal(databaseIn(folder), options)).toMatch(/DATABASE_URL.*Accepted: ./);
    expect(readdirSync(folder)).toEqual([]);
  });

  test('a read-only file', async () => {
    const made = await createDatabase();
    const folder = join(createTemporaryFolder(), 'locked');
    mkdirSync(folder);
    writeFileSync(join(folder, 'gateway.db'), readFileSync(made));
    chmodSync(join(folder, '..'), 0o755);
    chmodSync(join(folder, 'gateway.db'), 0o444);
    chmodSync(folder, 0o555);
    const options = process.getuid?.() === 0 ? { uid: 65_534 } : {};
    expect(await readRefusal(databaseIn(folder), options)).toMatch(/DATABASE_URL.*Accepted: ./);
  });
});

test('an invalid RATE_LIMIT is answered with the accepted form, and a valid one is read', () => {
  expect(readFaults({ RATE_LIMIT: 'many' })).toBe(
    'RATE_LIMIT "many" is not valid. Accepted: <points>/<seconds>, for example 600/60: 1 to 1000000000 points in 1 to 86400 seconds.',
  );
  expect(readConfig({ RATE_LIMIT: '1000000000/86400' }).rateLimit).toEqual({ points: 1_000_000_000, seconds: 86_400 });
  expect(readConfig({ RATE_LIMIT: '' }).rateLimit).toBeUndefined();
});

test('an empty variable counts as unset', async () => {
  const env = { HOST: '', LOG_LEVEL: '', BOOTSTRAP_API_KEY: '', JWT_ISSUER: '', CORS_ORIGINS: '' };
  const gateway = await startGateway({ env });
  expect(existsSync(gateway.databasePath)).toBe(true);
  expect(gateway.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
});

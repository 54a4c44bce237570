import { createPublicKey } from 'node:crypto';
import { z } from 'zod';
import type { JwtRules } from './auth/jwt.ts';
import { CannotStart } from './domain/failure.ts';

/** Everything that the environment says, parsed once. */
export interface Config {
  readonly host: string;
  readonly port: number;
  readonly databaseUrl: string;
  /** Copies of the database that may answer reads; of PostgreSQL alone. */
  readonly databaseReadUrls: readonly string[];
  readonly redisUrl: string | undefined;
  readonly bootstrapApiKey: string | undefined;
  readonly jwt: JwtRules | undefined;
  readonly corsOrigins: readonly string[];
  readonly isProduction: boolean;
  readonly logLevel: string;
}

const list = z
  .string()
  .default('')
  .transform((text) =>
    text
      .split(',')
      .map((entry) => entry.trim())
      .filter(Boolean),
  );
const optional = z.string().min(1).optional();
const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

/** What names a database. */
export const databaseUrl = {
  pattern: /^(file:(?!\/\/[^/])|postgres(ql)?:\/\/)./,
  accepted:
    'file:<path> of a SQLite database, for example file:./data/gateway.db, or postgres://<user>:<password>@<host>/<database>',
} as const;

const environment = z.object({
  HOST: z.string().min(1, 'a host name or address').default('127.0.0.1'),
  PORT: z
    .string()
    .regex(/^\d{1,5}$/, portRange())
    .default('4000')
    .transform(Number)
    .refine((port) => port <= 65_535, portRange()),
  DATABASE_URL: z.string().regex(databaseUrl.pattern, databaseUrl.accepted).default('file:./data/gateway.db'),
  DATABASE_READ_URLS: list.refine(
    (urls) => urls.every(isPostgresUrl),
    'postgres://<user>:<password>@<host>/<database> of each read replica, separated by commas (a comma in a password is %2C)',
  ),
  REDIS_URL: z
    .string()
    .refine(
      isRedisUrl,
      'redis:// or rediss://, [user:password@]host[:port][/database number], for example redis://127.0.0.1:6379',
    )
    .optional(),
  BOOTSTRAP_API_KEY: z
    .string()
    .min(32, 'at least 32 characters')
    .regex(/^[\x21-\x7e]+$/, 'printable ASCII without spaces')
    .optional(),
  JWT_ISSUER: optional,
  JWT_AUDIENCE: optional,
  JWT_JWKS_URL: z.url({ protocol: /^https?$/, error: 'an http or https URL' }).optional(),
  JWT_PUBLIC_KEY: z.string().refine(isPublicKey, 'a PEM public key').optional(),
  JWT_SECRET: z.string().min(32, 'at least 32 characters').optional(),
  JWT_ORGANIZATION_CLAIM: z.string().min(1, 'the name of a claim').default('org_id'),
  CORS_ORIGINS: list.refine(
    (origins) => origins.every((origin) => /^https?:\/\/[^/,\s]+$/.test(origin)),
    'origins such as https://app.example.com, separated by commas',
  ),
  NODE_ENV: z.string().optional(),
  LOG_LEVEL: z.enum(logLevels, { error: `one of ${logLevels.join(', ')}` }).default('info'),
});

/** Parses the environment; an empty variable counts as unset. Throws `CannotStart` for the first that is wrong. */
export function readConfig(variables: Readonly<Record<string, string | undefined>>): Config {
  const set = Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== ''));
  const parsed = environment.safeParse(set);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new CannotStart(`${issue?.path.join('.')} is not valid. Accepted: ${issue?.message}.`);
  }
  const { data } = parsed;
  if (data.DATABASE_READ_URLS.length > 0 && data.DATABASE_URL.startsWith('file:')) {
    throw new CannotStart(
      'DATABASE_READ_URLS is not valid for a SQLite file. Accepted: only beside a DATABASE_URL of postgres://….',
    );
  }
  return {
    host: data.HOST,
    port: data.PORT,
    databaseUrl: data.DATABASE_URL,
    databaseReadUrls: data.DATABASE_READ_URLS,
    redisUrl: data.REDIS_URL,
    bootstrapApiKey: data.BOOTSTRAP_API_KEY,
    jwt: jwtConfig(data),
    corsOrigins: data.CORS_ORIGINS,
    isProduction: data.NODE_ENV === 'production',
    logLevel: data.LOG_LEVEL,
  };
}

/** The configuration of this process. */
export function configFromEnvironment(): Config {
  return readConfig(process.env);
}

function jwtConfig(data: z.output<typeof environment>): JwtRules | undefined {
  const keys = [
    data.JWT_JWKS_URL ? { kind: 'jwks' as const, url: new URL(data.JWT_JWKS_URL) } : undefined,
    data.JWT_PUBLIC_KEY ? { kind: 'publicKey' as const, pem: data.JWT_PUBLIC_KEY } : undefined,
    data.JWT_SECRET ? { kind: 'secret' as const, secret: data.JWT_SECRET } : undefined,
  ].filter((key) => key !== undefined);
  const [key] = keys;
  if (!key && !data.JWT_ISSUER && !data.JWT_AUDIENCE) return undefined;
  if (!key || keys.length > 1) {
    throw new CannotStart(
      `${keys.length > 1 ? 'More than one' : 'None'} of JWT_JWKS_URL, JWT_PUBLIC_KEY and JWT_SECRET is set. Accepted: exactly one.`,
    );
  }
  if (!data.JWT_ISSUER) throw new CannotStart('JWT_ISSUER is missing. Accepted: the issuer of the tokens.');
  if (!data.JWT_AUDIENCE) throw new CannotStart('JWT_AUDIENCE is missing. Accepted: the audience of the tokens.');
  return { issuer: data.JWT_ISSUER, audience: data.JWT_AUDIENCE, organizationClaim: data.JWT_ORGANIZATION_CLAIM, key };
}

function isPublicKey(pem: string): boolean {
  try {
    return createPublicKey(pem).type === 'public';
  } catch {
    return false;
  }
}

function isPostgresUrl(url: string): boolean {
  try {
    const { protocol, host, username, password, pathname, searchParams } = new URL(url);
    decodeURIComponent(username + password + pathname);
    const isPlace = host !== '' || searchParams.has('host');
    return (
      /^postgres(ql)?:$/.test(protocol) && isPlace && ['true', 'false', null].includes(searchParams.get('prepare'))
    );
  } catch {
    return false;
  }
}

function isRedisUrl(url: string): boolean {
  try {
    const { protocol, hostname, username, password, pathname, search, hash } = new URL(url);
    decodeURIComponent(username + password);
    return /^rediss?:$/.test(protocol) && hostname !== '' && /^(\/\d{0,9})?$/.test(pathname) && search + hash === '';
  } catch {
    return false;
  }
}

function portRange(): string {
  return 'a port from 0 to 65535';
}

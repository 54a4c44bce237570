import { z } from 'zod';
import type { JwtRules } from './auth/jwt.ts';
import {
  isCollectorUrl,
  isHost,
  isHttpUrl,
  isOrigin,
  isPort,
  isPublicKey,
  isRedisUrl,
  parseRateLimit,
} from './config-values.ts';
import { InvalidConfiguration } from './domain/faults.ts';
import { defaultTrashDays, rateLimitBounds } from './domain/limits.ts';
import type { RateLimitRule } from './domain/rate-limit.ts';
import { type PersistedOperations, readPersistedOperations } from './persisted-operations-file.ts';
import { type Given, showGiven } from './redact-config.ts';
import { findSetName, readSecretFiles } from './secret-files.ts';
import {
  acceptedDatabaseUrls,
  acceptedReplicaUrls,
  findEngine,
  isDatabaseUrl,
  isReplicaUrl,
} from './storage/engines.ts';

/** The settings from the environment, parsed once. */
export interface Config {
  readonly host: string;
  readonly port: number;
  readonly databaseUrl: string;
  /** Read replicas of the database; PostgreSQL only. */
  readonly databaseReadUrls: readonly string[];
  readonly redisUrl: string | undefined;
  readonly bootstrapApiKey: string | undefined;
  readonly jwt: JwtRules | undefined;
  readonly corsOrigins: readonly string[];
  /** How many days a deleted experiment can be restored; 0 deletes permanently at once. */
  readonly trashDays: number;
  /** Undefined when calls are not limited. */
  readonly rateLimit: RateLimitRule | undefined;
  /** The only operations that may be executed; undefined when all may. */
  readonly persistedOperations: PersistedOperations | undefined;
  readonly isProduction: boolean;
  /** Whether the page at `/` is served: in production only with `DASHBOARD=on`. It sends its own documents. */
  readonly hasPage: boolean;
  readonly logLevel: string;
  /** The OpenTelemetry collector that traces are sent to; undefined sends none. */
  readonly otlpEndpoint: string | undefined;
}

/** A hundred years. */
const maxTrashDays = 36_500;

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
const nodeEnvironments = ['production', 'development', 'test'] as const;

/** The database when DATABASE_URL is not set. */
const defaultDatabaseUrl = 'file:./data/gateway.db';

/** The variables. The message of every fault in a variable is a description of its accepted values. */
const environment = z.object({
  HOST: z.string().refine(isHost, 'a host name or address, for example :: or 127.0.0.1').default('127.0.0.1'),
  PORT: z.string().refine(isPort, 'a port number from 0 to 65535').default('4000').transform(Number),
  DATABASE_URL: z.string().refine(isDatabaseUrl, acceptedDatabaseUrls).default(defaultDatabaseUrl),
  DATABASE_READ_URLS: list.refine((urls) => urls.every(isReplicaUrl), acceptedReplicaUrls),
  REDIS_URL: z
    .string()
    .refine(
      isRedisUrl,
      'redis:// or rediss:// and [user:password@]host[:port][/database number], for example redis://127.0.0.1:6379',
    )
    .optional(),
  BOOTSTRAP_API_KEY: z
    .string()
    .regex(/^[\x21-\x7e]{32,}$/, 'at least 32 printable ASCII characters, without spaces')
    .optional(),
  JWT_ISSUER: optional,
  JWT_AUDIENCE: optional,
  JWT_JWKS_URL: z.string().refine(isHttpUrl, 'an http or https URL without a user or password').optional(),
  JWT_PUBLIC_KEY: z
    .string()
    .refine(isPublicKey, 'a public key in PEM format: RSA with at least 2048 bits, Ed25519, P-256, P-384 or P-521')
    .optional(),
  JWT_SECRET: z.string().min(32, 'at least 32 characters').optional(),
  JWT_ORGANIZATION_CLAIM: z.string().default('org_id'),
  CORS_ORIGINS: list.refine(
    (origins) => origins.every(isOrigin),
    'origins as browsers send them, such as https://app.example.com, separated by commas',
  ),
  TRASH_DAYS: z
    .string()
    .refine(
      (days) => /^\d{1,5}$/.test(days) && Number(days) <= maxTrashDays,
      `a number of days from 0 to ${maxTrashDays}`,
    )
    .default(String(defaultTrashDays))
    .transform(Number),
  RATE_LIMIT: z
    .string()
    .refine(
      (text) => parseRateLimit(text) !== undefined,
      `<points>/<seconds>, for example 600/60: 1 to ${rateLimitBounds.points} points in 1 to ${rateLimitBounds.seconds} seconds`,
    )
    .transform(parseRateLimit)
    .optional(),
  NODE_ENV: z.enum(nodeEnvironments, { error: `one of ${nodeEnvironments.join(', ')}` }).default('development'),
  DASHBOARD: z.enum(['on', 'off'], { error: 'on or off' }).default('off'),
  OTEL_EXPORTER_OTLP_ENDPOINT: z
    .string()
    .refine(isCollectorUrl, 'an http or https URL without a user, password or query, for example http://127.0.0.1:4318')
    .optional(),
  LOG_LEVEL: z.enum(logLevels, { error: `one of ${logLevels.join(', ')}` }).default('info'),
});
type Variables = z.output<typeof environment>;

/**
 * Parses the environment, and reads the files that it names for secrets; an empty variable counts as unset, and unknown
 * ones are ignored. Throws `InvalidConfiguration` with every fault: the variable, its value unless that may hold a
 * secret, and the accepted values.
 */
export function readConfig(variables: Given): Config {
  const set: Given = Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== ''));
  const files = readSecretFiles(set);
  const given: Given = { ...set, ...files.contents };
  const persisted = readPersistedOperations(given);
  const parsed = environment.safeParse(given);
  const wrong = new Map(parsed.error?.issues.map(({ path, message }) => [String(path[0]), message]));
  const faults = [
    ...files.faults,
    ...persisted.faults,
    ...findWrongValues(wrong, given, files.contents),
    ...findWrongCombinations(wrong, given),
  ];
  if (!parsed.success || faults.length > 0) throw new InvalidConfiguration(faults);
  const { data } = parsed;
  return {
    host: data.HOST,
    port: data.PORT,
    databaseUrl: data.DATABASE_URL,
    databaseReadUrls: data.DATABASE_READ_URLS,
    redisUrl: data.REDIS_URL,
    bootstrapApiKey: data.BOOTSTRAP_API_KEY,
    jwt: toJwtConfig(data),
    corsOrigins: data.CORS_ORIGINS,
    trashDays: data.TRASH_DAYS,
    rateLimit: data.RATE_LIMIT,
    persistedOperations: persisted.operations,
    isProduction: data.NODE_ENV === 'production',
    hasPage: !persisted.operations && (data.NODE_ENV !== 'production' || data.DASHBOARD === 'on'),
    logLevel: data.LOG_LEVEL,
    otlpEndpoint: data.OTEL_EXPORTER_OTLP_ENDPOINT,
  };
}

/** Parses the environment of this process. Throws `InvalidConfiguration`. */
export function readConfigFromEnvironment(): Config {
  return readConfig(process.env);
}

/** One line for each variable that is invalid by itself. */
function findWrongValues(wrong: ReadonlyMap<string, string>, given: Given, fromFiles: Given): string[] {
  return Array.from(wrong, ([name, accepted]) => {
    if (!(name in fromFiles)) return `${showGiven(name, given)} is not valid. Accepted: ${accepted}.`;
    return `${showGiven(`${name}_FILE`, given)} contains a value that is not valid. Accepted: ${accepted}.`;
  });
}

const keySources = ['JWT_JWKS_URL', 'JWT_PUBLIC_KEY', 'JWT_SECRET'] as const;

/** One line for each invalid combination of variables, whether or not the others are valid by themselves. */
function findWrongCombinations(wrong: ReadonlyMap<string, string>, given: Given): string[] {
  const faults: string[] = [];
  const hasReplicas = /[^,\s]/.test(given.DATABASE_READ_URLS ?? '') && !wrong.has('DATABASE_READ_URLS');
  const isUrlUnknown = given.DATABASE_URL === undefined && given.DATABASE_URL_FILE !== undefined;
  const engine = isUrlUnknown ? undefined : findEngine(given.DATABASE_URL ?? defaultDatabaseUrl);
  if (hasReplicas && engine && !engine.replicas)
    faults.push(
      `DATABASE_READ_URLS is not valid with a ${engine.title}. Accepted: only with a DATABASE_URL that begins with postgres://.`,
    );
  if (given.DASHBOARD === 'on' && given.PERSISTED_OPERATIONS !== undefined)
    faults.push(
      'DASHBOARD "on" is not valid together with PERSISTED_OPERATIONS, since the page sends its own documents. Accepted: only one of them.',
    );
  const sources = keySources.flatMap((name) => findSetName(given, name) ?? []);
  if (sources.length === 0 && !given.JWT_ISSUER && !given.JWT_AUDIENCE) return faults;
  if (sources.length === 0)
    faults.push('None of JWT_JWKS_URL, JWT_PUBLIC_KEY and JWT_SECRET is set. Accepted: exactly one of them.');
  if (sources.length > 1) faults.push(`${sources.join(' and ')} are set together. Accepted: exactly one of them.`);
  if (!given.JWT_ISSUER) faults.push('JWT_ISSUER is missing. Accepted: the issuer of the tokens.');
  if (!given.JWT_AUDIENCE) faults.push('JWT_AUDIENCE is missing. Accepted: the audience of the tokens.');
  return faults;
}

function toJwtConfig(data: Variables): JwtRules | undefined {
  const key = parseKey(data);
  if (!key || !data.JWT_ISSUER || !data.JWT_AUDIENCE) return undefined;
  return { issuer: data.JWT_ISSUER, audience: data.JWT_AUDIENCE, organizationClaim: data.JWT_ORGANIZATION_CLAIM, key };
}

function parseKey(data: Variables): JwtRules['key'] | undefined {
  if (data.JWT_JWKS_URL) return { kind: 'jwks', url: new URL(data.JWT_JWKS_URL) };
  if (data.JWT_PUBLIC_KEY) return { kind: 'publicKey', pem: data.JWT_PUBLIC_KEY };
  return data.JWT_SECRET ? { kind: 'secret', secret: data.JWT_SECRET } : undefined;
}

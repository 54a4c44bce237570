import { createApiKeys } from './auth/api-key.ts';
import { createAuthenticator } from './auth/authenticate.ts';
import { createJwtVerifier } from './auth/jwt.ts';
import type { ReportKeyServer } from './auth/key-set.ts';
import { createRefusalBrake } from './auth/refusal-brake.ts';
import type { Config } from './config.ts';
import { scopes } from './domain/actor.ts';
import { type ApiKeyStore, createApiKey, createApiKeyReadOperations, findKeyState } from './domain/api-key/api-key.ts';
import { createKeyCommand } from './domain/command-line.ts';
import { createDatasetOperations } from './domain/dataset/dataset.ts';
import { createLocalEvents } from './domain/experiment/events.ts';
import { createExperimentOperations } from './domain/experiment/operations.ts';
import { startPurge } from './domain/experiment/purge-trash.ts';
import { defaultOrganization } from './domain/organization.ts';
import { executor as gatewayExecutor } from './graphql-executor/executor.ts';
import type { GateCounts } from './http/exchange.ts';
import { createGateway } from './http/gateway.ts';
import type { Executor } from './http/graphql/executor.ts';
import { type Clocks, systemClocks } from './http/overload.ts';
import { bindPort, type HttpServer } from './http/server.ts';
import { createLogger, type Logger } from './observability/logger.ts';
import { createObservability } from './observability/observability.ts';
import { openRateLimiter } from './rate-limits/open.ts';
import { createReplicatedServices } from './replicas/open.ts';
import { requireEngine } from './storage/engines.ts';
import { openStorage } from './storage/open.ts';

/** How often streams of changes look for what other gateways wrote without an event, in milliseconds. */
const pollIntervalMs = 1_000;
/** The same where Redis announces the changes: only for what it lost. */
const sharedPollIntervalMs = 10_000;

/** The assembled gateway. */
export interface App {
  /** The whole gateway without a socket: every route, limit and header. */
  readonly fetch: (request: Request) => Promise<Response>;
  readonly logger: Logger;
  readonly gateCounts: Readonly<GateCounts>;
  /** The first API key of a new development database, to be shown once. */
  readonly firstKey: string | undefined;
  /** Listens on the configured host and port, and returns the URL. Rejects with `CannotStart`. */
  listen(): Promise<string>;
  /** Stops accepting requests, finishes those in flight, and closes storage. Safe to call twice. */
  close(): Promise<void>;
}

/** Parts that callers may provide. */
export interface AppParts {
  /** A port that is already bound. */
  readonly port?: HttpServer;
  /** Executes operations; the gateway's own executor by default, which tests may replace. */
  readonly executor?: Executor;
  /** The clocks by which overload is noticed; the system's by default, which tests may replace. */
  readonly clocks?: Clocks;
}

/** Builds the gateway from its configuration, with storage opened and migrated. Rejects with `CannotStart`. */
export async function createApp(
  config: Config,
  { port, executor = gatewayExecutor, clocks = systemClocks }: AppParts = {},
): Promise<App> {
  const logger = await createLogger({ level: config.logLevel, isJson: config.isProduction });
  const verifyJwt = config.jwt && (await createJwtVerifier(config.jwt, reportKeyServer));
  const shared = config.redisUrl === undefined ? undefined : await openSharedEvents(config.redisUrl);
  const events = shared ?? createLocalEvents();
  if (!shared && requireEngine(config.databaseUrl).isShared) {
    logger.warn('REDIS_URL is not set: subscribers of this gateway see only the changes made through it');
  }
  const observability = await createObservability(logger, config.otlpEndpoint);
  const { metrics, tracing, delayMeter } = observability;
  const onCommit = (writes: number) => metrics.writesPerCommit.observe(writes);
  const opened = await openStorage(config.databaseUrl, events, { onCommit });
  const { experiments, datasets, apiKeys } = opened;
  const storage = { ...opened, ...observability.observePorts({ experiments, datasets, apiKeys }) };
  if (storage.joinGateways() && !shared) {
    logger.warn(
      'Another gateway serves this SQLite file and REDIS_URL is not set: subscribers of this gateway see only the changes made through it',
    );
  }
  const firstKey = config.isProduction ? undefined : await issueFirstApiKey(storage.apiKeys);
  if (config.isProduction && !verifyJwt && config.bootstrapApiKey === undefined && !(await hasLiveKey(storage.apiKeys)))
    logger.warn(
      `no caller can be accepted: there is no API key, and neither BOOTSTRAP_API_KEY nor JWT settings are set; create a key: ${createKeyCommand}`,
    );
  const keys = createApiKeys(storage.apiKeys, config.bootstrapApiKey);
  const primary = {
    experiments: createExperimentOperations(storage.experiments, events, {
      trashDays: config.trashDays,
      pollIntervalMs: shared ? sharedPollIntervalMs : pollIntervalMs,
    }),
    datasets: createDatasetOperations(storage.datasets),
    apiKeys: createApiKeyReadOperations(storage.apiKeys),
  };
  const replicated =
    config.databaseReadUrls.length > 0
      ? await createReplicatedServices(primary, config, logger, observability.observePorts)
      : undefined;
  const rateLimiter = config.rateLimit && (await openRateLimiter(config.rateLimit, config.redisUrl, logger));
  let server = port;
  let closing: Promise<void> | undefined;

  const gateway = createGateway({
    ...(replicated?.services ?? primary),
    authenticate: createAuthenticator(keys, verifyJwt, createRefusalBrake(reportRefusals)),
    executor,
    rateLimiter,
    load: { ...clocks, measureQueue: storage.measureQueue, countAccepted: () => server?.countAccepted() ?? 0 },
    logger,
    metrics,
    tracing,
    readings: {
      eventLoopDelay: delayMeter.samples,
      countConnections: () => server?.countConnections() ?? 0,
      countWaitingWrites: () => storage.waitingWrites(),
    },
    isReady: async () => !closing && storage.check().then(...asBoolean),
    pendingBytes: () => server?.pendingBytes() ?? 0,
    isProduction: config.isProduction,
    hasPage: config.hasPage,
    trashDays: config.trashDays,
    persistedOperations: config.persistedOperations,
    corsOrigins: config.corsOrigins,
  });

  function reportRefusals(address: string): void {
    logger.warn({ address }, 'many credentials from this address were refused: for now only known ones are accepted');
  }

  function reportKeyServer(status: Parameters<ReportKeyServer>[0]): void {
    if (status.isUsable) return logger.info('the key server can be used again');
    const { reason, hasKeys } = status;
    const until = hasKeys ? 'known keys stay in use for a day' : 'tokens get 503 until it can';
    logger.warn({ reason }, `the key server cannot be used: ${until}`);
  }

  async function openSharedEvents(url: string) {
    // Loaded on demand, like the storage engines.
    const { createRedisEvents } = await import('./events/redis-events.ts');
    return createRedisEvents(url, {
      find: (organization, id) => storage.experiments.find(organization, id),
      report: (news) => {
        if (news.kind === 'back') logger.info('Redis is back: change events travel between gateways again');
        else
          logger.warn(
            { reason: news.reason },
            'Redis is down: change events stay inside this gateway until it is back',
          );
      },
    });
  }
  shared?.connect();
  const stopPurge = startPurge(storage.experiments, (err) =>
    logger.warn({ err }, 'expired trash and idempotency keys could not be deleted'),
  );

  async function shutDown(): Promise<void> {
    gateway.endStreams();
    const purged = stopPurge();
    await server?.close();
    await gateway.dispose();
    await keys.close();
    rateLimiter?.close();
    await shared?.close();
    await replicated?.close();
    await purged;
    await storage.close();
    await observability.close();
    logger.flush();
  }

  return {
    fetch: async (request) => gateway.fetch(request),
    logger,
    gateCounts: gateway.gateCounts,
    firstKey,
    async listen() {
      server ??= await bindPort(config.host, config.port);
      server.serve(gateway.handle, (refused) => {
        metrics.countRefusal(refused.status, refused.code);
        if (refused.err === undefined) logger.warn(refused, 'request refused');
        else logger.error(refused, 'fault');
      });
      return server.url;
    },
    close() {
      closing ??= shutDown();
      return closing;
    },
  };
}

/** Starts a gateway on its port, which it binds before it touches storage. Rejects with `CannotStart`. */
export async function startApp(config: Config): Promise<App & { readonly url: string }> {
  const port = await bindPort(config.host, config.port);
  try {
    const app = await createApp(config, { port });
    return { ...app, url: await app.listen() };
  } catch (error) {
    await port.close();
    throw error;
  }
}

const asBoolean = [() => true, () => false] as const;

async function hasLiveKey(store: ApiKeyStore): Promise<boolean> {
  const now = new Date();
  return (await store.list()).some((key) => findKeyState(key, now) === 'live');
}

async function issueFirstApiKey(store: ApiKeyStore): Promise<string | undefined> {
  const { key, secret } = createApiKey({ organization: defaultOrganization, name: 'first key', scopes }, new Date());
  return (await store.insertFirst(key)) ? secret : undefined;
}

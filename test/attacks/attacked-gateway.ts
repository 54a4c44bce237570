import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import packageJson from '../../package.json' with { type: 'json' };
import { type AtEnd, createTemporaryFolder } from '../support/gateway/test-gateway.ts';
import { audience, issuer } from '../support/http/jwt.ts';
import { openWire, type Wire, type WireAnswer } from '../support/http/wire.ts';
import { prebuilt, startGateway } from '../support/process/process.ts';
import { jwtSecret, key, type Mode, persisted, type Shape, victim } from './attack.ts';

/** What an attack cost the gateway, as measured inside it. */
export interface Cost {
  /** How late the event loop was at worst, in milliseconds: includes the time that other processes took. */
  readonly gapMs: number;
  /** The most CPU time between two ticks of 4 ms: the longest turn of the event loop, and up to one tick more. */
  readonly turnMs: number;
  /** The CPU time of all. */
  readonly cpuMs: number;
  /** How far the resident memory rose above what it was before. */
  readonly peakBytes: number;
}

export interface AttackedGateway {
  readonly databaseUrl: string;
  /** Sends the shape of an attack over a connection of its own. Returns its answers, and what they cost. */
  attack(shape: Shape): Promise<{ answers: readonly WireAnswer[]; cost: Cost }>;
  /** What the database holds, as far as attacks could change it. */
  readState(): Promise<string>;
  /** What all objects in the gateway's process inherit. */
  listInherited(): Promise<string>;
  /** The bytes that it holds after a collection of garbage. */
  measureMemory(): Promise<{ heldBytes: number; residentBytes: number }>;
  log(): string;
  /** Stops it, as an operator does. Returns its exit code. */
  stop(): Promise<number | null>;
}

const probe = fileURLToPath(new URL('./gateway-probe.mjs', import.meta.url));
const flags = packageJson.scripts.gateway.split(' ').filter((word) => word.startsWith('--'));

const createVictim = `mutation { createExperiment(input: {experimentId: "${victim}", name: "Victim"}) { __typename } }`;
const findState = `{
  experiments { totalCount } trash: experiments(filter: {deleted: true}) { totalCount } datasets { totalCount }
  experiment(id: "${victim}") { name status revision updatedAt attempt tags description }
}`;
const manifest = { createVictim, findState, [persisted.hash]: persisted.document };

/** Starts a gateway in a process of its own with one experiment in it. `databaseUrl` is for another engine than SQLite. */
export async function startAttackedGateway(
  mode: Mode,
  atEnd: AtEnd,
  env: Readonly<Record<string, string>> = {},
): Promise<AttackedGateway> {
  const folder = createTemporaryFolder(atEnd);
  const databaseUrl = env.DATABASE_URL ?? `file:${join(folder, 'gateway.db')}`;
  const probePath = join(folder, 'probe');
  const manifestPath = join(folder, 'persisted-documents.json');
  writeFileSync(manifestPath, JSON.stringify(manifest));
  const gateway = await startGateway({
    flags: [...prebuilt, ...flags, '--expose-gc', '--import', probe],
    atEnd,
    env: {
      NODE_ENV: mode === 'development' ? mode : 'production',
      ...(mode === 'persisted' && { PERSISTED_OPERATIONS: manifestPath }),
      DATABASE_URL: databaseUrl,
      BOOTSTRAP_API_KEY: key,
      JWT_ISSUER: issuer,
      JWT_AUDIENCE: audience,
      JWT_SECRET: jwtSecret,
      GATEWAY_PROBE: probePath,
      ...env,
    },
  });
  const command = openProbe(probePath, atEnd);
  const ask = async (query: string) => {
    const { data, errors } = await gateway.graphql(query, {}, key);
    if (errors) throw new Error(JSON.stringify(errors));
    return data;
  };
  await ask(createVictim);
  // Both load what they need when they are first asked.
  await (await fetch(`${gateway.url}/metrics`)).text();
  await (await fetch(`${gateway.url}/graphql`, { headers: { accept: 'text/html' } })).text();

  return {
    databaseUrl,
    async attack(shape) {
      await command('begin');
      const answers = await exchangeAll(gateway.url, shape);
      return { answers, cost: (await command('end')) as Cost };
    },
    readState: async () => JSON.stringify(await ask(findState)),
    listInherited: async () => JSON.stringify(await command('inherited')),
    measureMemory: async () => (await command('memory')) as { heldBytes: number; residentBytes: number },
    log: () => gateway.stdout(),
    async stop() {
      gateway.signal('SIGTERM');
      return (await gateway.ended).code;
    },
  };
}

/** Opens the connection to the probe in a gateway. Returns what sends it commands, one after the other. */
function openProbe(path: string, atEnd: AtEnd): (command: string) => Promise<unknown> {
  const socket = connect(path);
  atEnd(() => void socket.destroy());
  const lines = createInterface({ input: socket })[Symbol.asyncIterator]();
  return async (command) => {
    socket.write(`${command}\n`);
    const { value } = await lines.next();
    return JSON.parse(value as string);
  };
}

/** How long a gateway may take for an attack. Far more than any needs, but it waits 15 s for the rest of a request. */
const timeoutMs = 40_000;
/** The most pieces of a body without end. */
const maxPieces = 300;

/**
 * Sends the shape of an attack over a connection of its own, and then one more request. Returns the answers before that one's,
 * so that a request which was smuggled behind the first shows.
 */
async function exchangeAll(url: string, shape: Shape): Promise<WireAnswer[]> {
  const connection = await openWire(url);
  try {
    const first = connection.answer({ hasBody: !isHead(shape) });
    // A gateway that has answered need not read the rest.
    await within(Promise.race([sendShape(connection, shape, first), first]));
    const answers = [await within(first)];
    void connection.send(lastRequest);
    answers.push(...(await within(connection.answers())));
    return answers.filter(({ headers }) => headers['x-request-id'] !== lastId);
  } catch (error) {
    if (shape instanceof Uint8Array || !String(error).includes('ended without an answer')) throw error;
    return [];
  } finally {
    connection.destroy();
  }
}

const lastId = 'the-last-of-a-connection';
const lastRequest = `GET /health HTTP/1.1\r\nhost: gateway.test\r\nconnection: close\r\nx-request-id: ${lastId}\r\n\r\n`;

function isHead(shape: Shape): boolean {
  return shape instanceof Uint8Array && Buffer.from(shape.subarray(0, 5)).toString() === 'HEAD ';
}

/** Sends a request; of a body without end, piece after piece until there is an answer. */
async function sendShape(connection: Wire, shape: Shape, answer: Promise<unknown>): Promise<void> {
  if (shape instanceof Uint8Array) return connection.send(shape);
  const state = { isAnswered: false };
  const look = () => {
    state.isAnswered = true;
  };
  answer.then(look, look);
  await connection.send(shape.head);
  for (let sent = 0; sent < maxPieces && !state.isAnswered; sent++) {
    await connection.send(shape.piece);
    await (shape.pauseMs === undefined ? nextTurn() : sleep(shape.pauseMs));
  }
}

async function within<Result>(work: Promise<Result>): Promise<Result> {
  const late = sleep(timeoutMs, undefined, { ref: false }).then(() => {
    throw new Error(`No answer, or no end of the connection, within ${timeoutMs} ms`);
  });
  return Promise.race([work, late]);
}

import { once } from 'node:events';
import { existsSync, mkdirSync, openAsBlob, renameSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PGlite } from '@electric-sql/pglite';
import packageJson from '../../../package.json' with { type: 'json' };
import { emptyTables } from './empty-tables.ts';

/** A PostgreSQL server in this process. Its connections share one session, as they would behind a pooler. */
export interface InProcessServer {
  /** The URL of its only database, with `prepare=false`. */
  readonly url: string;
  /** Empties the tables of the database. */
  reset(): Promise<void>;
  close(): Promise<void>;
}

const SSL_REQUEST = 80_877_103;

/** The files of an unused cluster. Creating them takes longer than most tests that use them. */
const emptyCluster = fileURLToPath(
  new URL(
    `../../../node_modules/.cache/gateway-test/pglite-${packageJson.devDependencies['@electric-sql/pglite']}.tar`,
    import.meta.url,
  ),
);

/** Starts an empty cluster. The first one on this machine is saved for reuse. */
async function startDatabase(): Promise<PGlite> {
  if (existsSync(emptyCluster)) return PGlite.create({ loadDataDir: await openAsBlob(emptyCluster) });
  const database = await PGlite.create();
  const files = await database.dumpDataDir('none');
  mkdirSync(dirname(emptyCluster), { recursive: true });
  writeFileSync(`${emptyCluster}.${process.pid}`, await files.bytes());
  renameSync(`${emptyCluster}.${process.pid}`, emptyCluster);
  return database;
}

/** Speaks PostgreSQL's protocol on a port, in transaction mode: a transaction keeps the session until it ends. */
export async function startInProcessServer(): Promise<InProcessServer> {
  const database = await startDatabase();
  const sockets = new Set<Socket>();
  let owner: Socket | undefined;
  let isBusy = false;
  const waiting: { socket: Socket; batch: Buffer }[] = [];

  /** Runs one batch at a time. While a transaction is open, runs only batches from its connection. */
  async function work(): Promise<void> {
    if (isBusy) return;
    isBusy = true;
    for (;;) {
      const index = waiting.findIndex(({ socket }) => owner === undefined || socket === owner);
      const [next] = index < 0 ? [] : waiting.splice(index, 1);
      if (!next) break;
      const answer = Buffer.from(await database.execProtocolRaw(next.batch));
      // The last message is ReadyForQuery, and its last byte is the transaction status.
      owner = answer.at(-1) === 'I'.charCodeAt(0) ? undefined : next.socket;
      if (!next.socket.destroyed) next.socket.write(answer);
    }
    isBusy = false;
  }

  const listener = createServer((socket) => {
    sockets.add(socket);
    let received = Buffer.alloc(0);
    let batch: Buffer[] = [];
    let isGreeted = false;
    socket
      .on('error', () => undefined)
      .on('close', () => {
        sockets.delete(socket);
        if (owner === socket || waiting.some((each) => each.socket === socket))
          waiting.push({ socket, batch: toMessage('Q', Buffer.from('ROLLBACK\0')) });
        void work();
      });
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      for (;;) {
        const head = isGreeted ? 1 : 0;
        const length = received.length < head + 4 ? Number.POSITIVE_INFINITY : head + received.readInt32BE(head);
        if (received.length < length) return;
        const whole = received.subarray(0, length);
        received = received.subarray(length);
        if (!isGreeted) {
          isGreeted = whole.readInt32BE(4) !== SSL_REQUEST;
          socket.write(isGreeted ? createGreeting() : 'N');
          continue;
        }
        const type = String.fromCharCode(whole[0] as number);
        if (type === 'X') {
          socket.end();
          continue;
        }
        batch.push(whole);
        if (type !== 'S' && type !== 'Q') continue;
        waiting.push({ socket, batch: Buffer.concat(batch) });
        batch = [];
        void work();
      }
    });
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  return {
    url: `postgres://postgres@127.0.0.1:${(listener.address() as AddressInfo).port}/postgres?prepare=false`,
    async reset() {
      await database.exec(emptyTables);
    },
    async close() {
      listener.close();
      for (const socket of sockets) socket.destroy();
      await database.close();
    },
  };
}

function toMessage(type: string, body: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32BE(body.length + 4);
  return Buffer.concat([Buffer.from(type), length, body]);
}

/** No authentication needed, text is UTF-8, and the server is ready. */
function createGreeting(): Buffer {
  return Buffer.concat([
    toMessage('R', Buffer.alloc(4)),
    toMessage('S', Buffer.from('client_encoding\0UTF8\0')),
    toMessage('S', Buffer.from('standard_conforming_strings\0on\0')),
    toMessage('K', Buffer.alloc(8)),
    toMessage('Z', Buffer.from('I')),
  ]);
}

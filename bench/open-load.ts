import { connect, type Socket } from 'node:net';
import { json } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * An open-loop load generator, which runs in a separate process: `node bench/open-load.ts`, with its job as JSON on
 * standard input. Requests become due at a fixed rate, whether or not earlier ones have been answered, as from many
 * independent callers; one that finds no free connection is not sent. Their bytes are built beforehand and responses are hardly parsed, since the generator shares the
 * machine with what it measures.
 */
export interface OpenJob {
  readonly port: number;
  /** Whole requests, sent in turn. */
  readonly requests: readonly string[];
  /** Requests that become due each second. With 0, each connection sends its next one as soon as it has an answer. */
  readonly rate: number;
  readonly seconds: number;
  /** What happens in the first seconds is not counted: the load has to build up first. */
  readonly skipSeconds: number;
  readonly connections: number;
}

/** Latencies are in milliseconds, from the moment when a request was due. */
export interface OpenOutcome {
  /** How long was counted. */
  readonly seconds: number;
  /** Requests that became due. */
  readonly due: number;
  /** Those of them that found no free connection, and were not sent. */
  readonly unsent: number;
  /** Responses with status 200 and 503, and all others. */
  readonly accepted: number;
  readonly refused: number;
  readonly other: number;
  /** Connections that the server closed. */
  readonly closed: number;
  /** Refusals without `Retry-After`. */
  readonly withoutRetryAfter: number;
  readonly p50: number;
  readonly p99: number;
  readonly refusedP99: number;
  /** How late the generator itself was: its latencies are not to be trusted beyond. */
  readonly lagP99: number;
}

if (import.meta.main) console.log(JSON.stringify(await run((await json(process.stdin)) as OpenJob)));

async function run({ port, requests, rate, seconds, skipSeconds, connections }: OpenJob): Promise<OpenOutcome> {
  const bytes = requests.map((request) => Buffer.from(request));
  const accepted: number[] = [];
  const refused: number[] = [];
  const lags: number[] = [];
  const counts = { due: 0, unsent: 0, other: 0, closed: 0, withoutRetryAfter: 0 };
  let next = 0;
  let countsFrom = Number.POSITIVE_INFINITY;
  let isOver = false;

  const sockets = new Set<Socket>();
  const idle: ((due: number) => void)[] = [];

  const openConnection = () =>
    new Promise<void>((resolve, reject) => {
      let due = 0;
      let missing = 0;
      let status = 0;
      const send = (at: number) => {
        due = at;
        socket.write(bytes[next++ % bytes.length] as Buffer);
      };
      const finish = () => {
        const latency = performance.now() - due;
        if (due < countsFrom) counts.other += status === 200 || status === 503 ? 0 : 1;
        else if (status === 200) accepted.push(latency);
        else if (status === 503) refused.push(latency);
        else counts.other++;
        status = 0;
        if (isOver) return;
        if (rate === 0) return send(performance.now());
        idle.push(send);
      };
      const socket = connect({ port, host: '127.0.0.1', noDelay: true }, () => {
        if (rate === 0) send(performance.now());
        else idle.push(send);
        resolve();
      });
      sockets.add(socket);
      socket.once('error', reject);
      socket.on('data', (chunk: Buffer) => {
        if (status !== 0) {
          missing -= chunk.length;
        } else {
          status = Number(chunk.toString('latin1', 9, 12));
          const end = chunk.indexOf('\r\n\r\n') + 4;
          const head = chunk.toString('latin1', 0, end).toLowerCase();
          missing = Number(/\r\ncontent-length: (\d+)/.exec(head)?.[1]) - (chunk.length - end);
          if (status === 503 && !head.includes('\r\nretry-after: ')) counts.withoutRetryAfter++;
        }
        if (missing === 0) finish();
        else if (!(missing > 0)) throw new Error(`Unexpected response: ${chunk.toString('latin1', 0, 500)}`);
      });
      socket.on('close', () => {
        sockets.delete(socket);
        if (isOver) return;
        counts.closed++;
        const at = idle.indexOf(send);
        if (at >= 0) idle.splice(at, 1);
        // A bounded churn: the next connection comes a little later.
        setTimeout(() => isOver || openConnection().catch(() => undefined), 50);
      });
    });

  for (let opened = 0; opened < connections; opened += 50)
    await Promise.all(Array.from({ length: Math.min(50, connections - opened) }, openConnection));

  const start = performance.now();
  countsFrom = start + skipSeconds * 1000;
  const end = start + seconds * 1000;
  let sent = 0;
  for (let ticked = start; ticked < end; ) {
    await sleep(1);
    const now = performance.now();
    if (now > countsFrom) lags.push(now - ticked - 1);
    ticked = now;
    for (const due = (Math.min(now, end) - start) * (rate / 1000); sent < due; sent++) {
      const at = start + sent * (1000 / rate);
      const send = idle.pop();
      send?.(at);
      if (at < countsFrom) continue;
      counts.due++;
      if (!send) counts.unsent++;
    }
  }
  isOver = true;
  for (const socket of sockets) socket.destroy();
  const at = (latencies: number[], share: number) => {
    latencies.sort((one, other) => one - other);
    return latencies[Math.floor(latencies.length * share)] ?? Number.NaN;
  };
  return {
    seconds: seconds - skipSeconds,
    ...counts,
    accepted: accepted.length,
    refused: refused.length,
    p50: at(accepted, 0.5),
    p99: at(accepted, 0.99),
    refusedP99: at(refused, 0.99),
    lagP99: at(lags, 0.99),
  };
}

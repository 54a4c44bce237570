// Preloaded into an attacked gateway. It measures from inside what a request costs, and answers commands over the Unix
// socket that GATEWAY_PROBE names: one line for each command, one line of JSON for each answer.
import { createServer } from 'node:net';

const tickMs = 4;
/** Of the thread that runs the event loop. Older versions of Node know only that of the whole process. */
const readCpu = () => {
  const { user, system } = (process.threadCpuUsage ?? process.cpuUsage).call(process);
  return (user + system) / 1000;
};

let last = { at: performance.now(), cpu: readCpu() };
let worst = { gapMs: 0, turnMs: 0, residentBytes: 0 };
let before = { cpu: 0, residentBytes: 0 };

/** A turn of the loop cannot be interrupted, so the CPU time between two ticks is at least that of the longest turn. */
function tick() {
  const now = { at: performance.now(), cpu: readCpu() };
  worst = {
    gapMs: Math.max(worst.gapMs, now.at - last.at - tickMs),
    turnMs: Math.max(worst.turnMs, now.cpu - last.cpu),
    residentBytes: Math.max(worst.residentBytes, process.memoryUsage.rss()),
  };
  last = now;
}
setInterval(tick, tickMs).unref();

/** What every object inherits. A polluted prototype has a name more. */
function listInherited() {
  const prototypes = [Object, Array, Function, String, Number, Map, Error, Promise].map(({ prototype }) => prototype);
  return prototypes.flatMap((prototype, index) => Reflect.ownKeys(prototype).map((key) => `${index}.${String(key)}`));
}

/** @type {Record<string, () => unknown>} */
const commands = {
  begin() {
    tick();
    const residentBytes = process.memoryUsage.rss();
    worst = { gapMs: 0, turnMs: 0, residentBytes };
    before = { cpu: readCpu(), residentBytes };
    return {};
  },
  end() {
    tick();
    const { gapMs, turnMs, residentBytes } = worst;
    return { gapMs, turnMs, cpuMs: readCpu() - before.cpu, peakBytes: residentBytes - before.residentBytes };
  },
  inherited: listInherited,
  memory() {
    const { gc = () => undefined } = /** @type {{ gc?: () => void }} */ (globalThis);
    // What only a finalizer releases takes a second collection.
    gc();
    gc();
    const { heapUsed, external, rss } = process.memoryUsage();
    return { heldBytes: heapUsed + external, residentBytes: rss };
  },
};

createServer((socket) => {
  let text = '';
  socket.setEncoding('utf8').on('data', (chunk) => {
    text += chunk;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n')) {
      socket.write(`${JSON.stringify(commands[text.slice(0, end)]?.())}\n`);
      text = text.slice(end + 1);
    }
  });
  socket.unref();
})
  .listen(process.env.GATEWAY_PROBE)
  .unref();

/** Preloaded into the gateway: reports its memory after a garbage collection, and its handles, when the soak asks. */
export interface Report {
  /** The heap that is in use after a garbage collection, in bytes. */
  readonly heap: number;
  /** Memory of buffers and of SQLite's objects outside the heap, in bytes. */
  readonly external: number;
  /** Timers, sockets and the like. */
  readonly handles: number;
}

process.on('message', () => {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  const report: Report = { heap: heapUsed, external, handles: process.getActiveResourcesInfo().length };
  process.send?.(report);
});
process.channel?.unref();

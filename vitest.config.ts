import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/support/longest-first.ts';

// Each worker loads the gateway with its packages: from compiled code where an earlier run left it, a fifth cheaper.
process.env.NODE_COMPILE_CACHE ??= fileURLToPath(new URL('./node_modules/.cache/node-compile-cache', import.meta.url));

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Tests run as the gateway does: Node's own loader and type stripping, one copy of graphql.
    experimental: { viteModuleRunner: false },
    execArgv: ['--import', fileURLToPath(new URL('./src/resolve-hook.mjs', import.meta.url))],
    // A worker runs many files and loads the gateway once, so a test that changes what is global to the process must
    // restore it in `onTestFinished` or `afterAll`.
    isolate: false,
    globalSetup: ['./test/support/process/prebuilt-packages.ts'],
    // Many files wait for processes and timeouts rather than compute.
    maxWorkers: Math.min(2 * availableParallelism(), 8),
    sequence: { sequencer: LongestFirst },
    // Generous, since workers share the cores with each other and with the processes that tests start.
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});

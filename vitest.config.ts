import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Tests run as the gateway does: Node's own loader and type stripping, one copy of graphql.
    experimental: { viteModuleRunner: false },
    execArgv: ['--import', fileURLToPath(new URL('./src/drizzle-imports.mjs', import.meta.url))],
    testTimeout: 20_000,
    hookTimeout: 20_000,
  },
});

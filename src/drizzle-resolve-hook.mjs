// For every file that Node loads, it looks up the format in the package's package.json and parses its exports again.
// Drizzle's exports are 179 KB and it has about 390 files: together most of the start-up time, and 180 MB of memory that
// the process keeps. Drizzle's relative imports are complete file names and its files are modules, so the lookup is
// unnecessary.
import { registerHooks } from 'node:module';

registerHooks({
  resolve(specifier, context, nextResolve) {
    if (!/^\.{1,2}\/.*\.js$/.test(specifier) || !context.parentURL?.includes('/node_modules/drizzle-orm/'))
      return nextResolve(specifier, context);
    return { url: new URL(specifier, context.parentURL).href, format: 'module', shortCircuit: true };
  },
});

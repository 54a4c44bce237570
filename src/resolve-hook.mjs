// For every file that Node loads, it looks up the format in the package's package.json, and parses the package's exports
// again: Drizzle's are 179 KB. That was more than half of the start-up time, and memory that the process keeps. Relative
// imports are complete file names here and in the installed packages, and what a module imports by the ending of its own
// name is a module too, so nothing needs looking up.
import { registerHooks } from 'node:module';
import { extname } from 'node:path';

/** @type {Record<string, string | undefined>} */
const formats = { '.js': 'module', '.mjs': 'module', '.ts': 'module-typescript' };

registerHooks({
  resolve(specifier, context, nextResolve) {
    const { parentURL, conditions } = context;
    if (parentURL && conditions.includes('import') && /^\.{1,2}\//.test(specifier)) {
      const ending = extname(specifier);
      const format = formats[ending];
      if (format && extname(parentURL) === ending)
        return { url: new URL(specifier, parentURL).href, format, shortCircuit: true };
    }
    return nextResolve(specifier, context);
  },
});

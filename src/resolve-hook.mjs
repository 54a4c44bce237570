// For every file that Node loads, it looks up the format in the package's package.json, and parses the package's exports
// again: Drizzle's are 179 KB. That was more than half of the start-up time, and memory that the process keeps. The files
// of a folder with one ending have one format, so it is looked up once for each folder.
import { registerHooks } from 'node:module';
import { extname } from 'node:path';

/** @type {Map<string, string>} */
const formats = new Map();

registerHooks({
  resolve(specifier, context, nextResolve) {
    const { parentURL, conditions } = context;
    if (!parentURL || !conditions.includes('import') || !/^\.{1,2}\/.*\.(m?js|ts)$/.test(specifier))
      return nextResolve(specifier, context);
    const { href } = new URL(specifier, parentURL);
    const key = href.slice(0, href.lastIndexOf('/') + 1) + extname(href);
    const known = formats.get(key);
    if (known) return { url: href, format: known, shortCircuit: true };
    const resolved = nextResolve(specifier, context);
    if (resolved.url === href && resolved.format?.startsWith('module')) formats.set(key, resolved.format);
    return resolved;
  },
});

import { installPeers } from './install.ts';
import { parseOptions } from './options.ts';

/** `npm run bench`: measures the gateway and its peers, with `--parts` the gateway's own parts, or with `--overload` what too much
 * load does to it. */
const { isParts, isOverload, ...options } = parseOptions(process.argv.slice(2));
try {
  if (process.platform !== 'linux') throw new Error('The bench needs Linux, because it reads CPU times from /proc.');
  if (isParts) {
    const { measureParts } = await import('./parts.ts');
    await measureParts(options);
  } else if (isOverload) {
    const { measureOverload } = await import('./overload.ts');
    await measureOverload(options);
  } else {
    installPeers();
    const { compare } = await import('./compare.ts');
    const { print, save } = await import('./report.ts');
    const results = await compare(options);
    print(results);
    save(results);
  }
} catch (error) {
  // Timings never fail a run; wrong responses do.
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}

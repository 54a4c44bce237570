import { createHash } from 'node:crypto';
import { chmodSync, existsSync, globSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

/**
 * At startup, a gateway loads about 1,200 files from its packages, which is more than half of the CPU time of a short
 * process. For the processes that tests start, we bundle the installed packages once into a few files. Our own source
 * is not bundled. `npm start`, `npm run gateway` and the vitest workers load the packages directly.
 */
const repository = fileURLToPath(new URL('../../../', import.meta.url));
const cache = join(repository, 'node_modules/.cache/gateway-test');

/** A module for `--import` that makes a process load the packages from those files. */
export const prebuiltPackages = join(cache, 'packages/register.mjs');

/** Loaded as installed: packages with native code or CommonJS named exports, and those that no start loads. */
const untouched = new Set([
  'better-sqlite3',
  'pg',
  'ioredis',
  'pino',
  'prom-client',
  '@graphql-yoga/render-graphiql/graphiql',
]);

/** What the source imports from packages. */
function importedNames(): string[] {
  const names = globSync('src/**/*.{ts,mjs}', { cwd: repository }).flatMap((path) =>
    [...readFileSync(join(repository, path), 'utf8').matchAll(/(?:\bfrom |\bimport\(|^import )'([^.'][^']*)'/gm)].map(
      ([, name = '']) => name,
    ),
  );
  return [...new Set(names)].filter((name) => !name.startsWith('node:') && !untouched.has(name)).toSorted();
}

/** Bundles the packages before the first test, unless the same packages are already bundled. */
export default async function prebuild(): Promise<void> {
  const names = importedNames();
  const lock = readFileSync(join(repository, 'node_modules/.package-lock.json'));
  const hash = createHash('sha256')
    .update(lock)
    .update(names.join())
    .update(readFileSync(import.meta.filename));
  const key = `// ${hash.digest('hex')}\n`;
  if (existsSync(prebuiltPackages) && readFileSync(prebuiltPackages, 'utf8').startsWith(key)) return;

  await mkdir(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, 'making-'));
  await build({
    absWorkingDir: repository,
    entryPoints: Object.fromEntries(names.map((name) => [name, name])),
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    // The same conditions as Node.
    conditions: ['node', 'module-sync'],
    mainFields: ['main'],
    external: [...untouched],
    keepNames: true,
    // For CommonJS packages.
    banner: { js: `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);` },
    logLevel: 'warning',
  });
  const urls = names.map((name) => [name, pathToFileURL(join(cache, 'packages', `${name}.mjs`)).href]);
  writeFileSync(
    join(folder, 'register.mjs'),
    `${key}import { registerHooks } from 'node:module';
const urls = new Map(${JSON.stringify(urls, null, 2)});
const source = ${JSON.stringify(pathToFileURL(join(repository, 'src/')).href)};
registerHooks({
  resolve(specifier, context, nextResolve) {
    const url = context.parentURL?.startsWith(source) ? urls.get(specifier) : undefined;
    return url ? { url, format: 'module', shortCircuit: true } : nextResolve(specifier, context);
  },
});
`,
  );
  // Some tests run the gateway as another user.
  chmodSync(folder, 0o755);
  rmSync(join(cache, 'packages'), { recursive: true, force: true });
  renameSync(folder, join(cache, 'packages'));
}

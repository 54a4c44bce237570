// Prepares what `npm pack` packs (prepack), and removes it again (postpack, with --clean).
//
// dist/ takes the place of src/, because Node strips types, but not from files below node_modules: TypeScript removes the
// types and renames the imports, and whatever else is in src/ is copied. The manifest keeps what an installation needs, and
// npm-shrinkwrap.json pins what the dependencies depend on.
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readProductionLock, readProductionManifest } from './production.mjs';

const inRoot = (/** @type {string} */ path) => join(fileURLToPath(new URL('..', import.meta.url)), path);
const [manifest, saved, shrinkwrap] = ['package.json', 'dist/.package.json', 'npm-shrinkwrap.json'].map(inRoot);
const writeJson = (/** @type {string} */ path, /** @type {unknown} */ value) =>
  writeFileSync(path, `${JSON.stringify(value, null, 2)}\n`);

if (process.argv[2] === '--clean') {
  renameSync(saved, manifest);
  rmSync(shrinkwrap);
  rmSync(inRoot('dist'), { recursive: true });
} else {
  compile();
  cpSync(manifest, saved);
  const [own, pinned] = [readProductionManifest(), readProductionLock()];
  writeJson(manifest, own);
  writeJson(shrinkwrap, pinned);
}

function compile() {
  rmSync(inRoot('dist'), { recursive: true, force: true });
  const tsc = inRoot('node_modules/typescript/bin/tsc');
  const options = [tsc, '--project', inRoot('tsconfig.package.json')];
  if (spawnSync(process.execPath, options, { stdio: 'inherit' }).status !== 0) process.exit(1);
  const isCompiled = (/** @type {string} */ path) => ['.ts', '.mjs'].includes(extname(path));
  const filter = (/** @type {string} */ path) => !isCompiled(path) && !path.endsWith('tsconfig.json');
  cpSync(inRoot('src'), inRoot('dist'), { recursive: true, filter });
  chmodSync(inRoot('dist/gateway.mjs'), 0o755);
}

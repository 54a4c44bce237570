#!/usr/bin/env -S node --max-semi-space-size=16 --heap-growing-percent=30 --no-allocation-site-pretenuring
// The entry point of every command. It must run on any Node, so it has no TypeScript, no syntax newer than Node 12 and no
// import that needs a newer one: otherwise an old Node would crash in the database driver instead of getting advice.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import module from 'node:module';
import { fileURLToPath } from 'node:url';

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
const isNewEnough = major >= 24 || (major === 23 && minor >= 6) || (major === 22 && minor >= 18);

if (isNewEnough && process.features.typescript !== false) {
  if (module.enableCompileCache) module.enableCompileCache();
  void import('./resolve-hook.mjs').then(() => import('./cli/cli.ts')).then(({ run }) => run(process.argv.slice(2)));
} else {
  const found = isNewEnough ? `${process.versions.node} without support for TypeScript` : process.versions.node;
  console.error(`The gateway needs Node 22.18 or newer; this is ${found}. ${advise()}`);
  process.exitCode = 1;
}

/** Advises how to get a newer Node. On Linux, npm installs one where there is a build for the processor and C library. */
function advise() {
  const { arch, platform, report } = process;
  const isPackage = import.meta.url.endsWith('/dist/gateway.mjs');
  if (isPackage || platform !== 'linux' || (arch !== 'x64' && arch !== 'arm64'))
    return 'Install a newer Node: https://nodejs.org';
  const path = fileURLToPath(new URL(`../node_modules/node-linux-${arch}/bin/node`, import.meta.url));
  const { header } = /** @type {{ header: { glibcVersionRuntime?: string } }} */ (report.getReport());
  const isMusl = header.glibcVersionRuntime === undefined;
  if (!isMusl && spawnSync(path, ['--version']).status === 0)
    return 'Run it through npm (npm start), which uses its own Node, or install a newer Node.';
  if (isMusl || existsSync(path))
    return 'Install a newer Node: the one that npm installs needs glibc and does not run on this system. On Alpine: apk add nodejs-current, or start from the image node:24-alpine.';
  return 'Install a newer Node, or let npm install one: npm ci, with optional dependencies.';
}

// What an installation of the gateway consists of, from package.json and package-lock.json.
import { readFileSync } from 'node:fs';

/** Reads a JSON file in the root of the repository. */
export const readJson = (/** @type {string} */ name) =>
  JSON.parse(readFileSync(new URL(`../${name}`, import.meta.url), 'utf8'));

/**
 * The manifest, without what only development needs, and without the Node that npm scripts bring along here.
 * @returns {Record<string, any>}
 */
export function readProductionManifest() {
  const development = new Set(['scripts', 'devDependencies', 'optionalDependencies', 'overrides', 'allowScripts']);
  const kept = Object.entries(readJson('package.json')).filter(([name]) => !development.has(name));
  return { ...Object.fromEntries(kept), engines: { node: '>=22.18' } };
}

/** The lock file of that manifest. */
export function readProductionLock() {
  const { dependencies, engines } = readProductionManifest();
  const { packages, ...lock } = readJson('package-lock.json');
  const { name, version, license, bin } = packages[''];
  const needed = Object.entries(packages).filter(
    ([path, { dev, devOptional, os }]) => path !== '' && !dev && !devOptional && !os,
  );
  const root = { name, version, license, dependencies, bin, engines };
  return { ...lock, packages: { '': root, ...Object.fromEntries(needed) } };
}

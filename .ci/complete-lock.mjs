// Completes package-lock.json for platforms that the current registry does not carry.
//
// Tools such as biome and oxlint ship their binaries as optional packages, one per platform. Where a registry lacks
// some, `npm install` leaves them out of the lock file, and `npm ci` then refuses the lock file. This script adds the
// missing ones, with the platform from each package's name, so that `npm ci` skips them here and installs them where
// they fit. Run it after each `npm install`: node .ci/complete-lock.mjs
import { readFileSync, writeFileSync } from 'node:fs';

const path = new URL('../package-lock.json', import.meta.url);
const lock = JSON.parse(readFileSync(path, 'utf8'));
const systems = ['aix', 'android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'win32'];
const processors = {
  arm64: 'arm64',
  aarch64: 'arm64',
  x64: 'x64',
  x86_64: 'x64',
  ia32: 'ia32',
  arm: 'arm',
  ppc64: 'ppc64',
  riscv64: 'riscv64',
  s390x: 's390x',
  loong64: 'loong64',
  mips64el: 'mips64el',
  wasm32: 'wasm32',
};

let added = 0;
for (const [place, { dev, optionalDependencies = {} }] of Object.entries(lock.packages)) {
  if (place === '') continue;
  for (const [name, version] of Object.entries(optionalDependencies)) {
    const isThere = Object.keys(lock.packages).some(
      (key) => key === `node_modules/${name}` || key === `${place}/node_modules/${name}`,
    );
    const words = name.split(/[/-]/);
    const os = systems.find((system) => words.includes(system) || (system === 'linux' && words.includes('linux')));
    const cpu = Object.entries(processors).find(([word]) =>
      words.some((each) => each === word || (word === 'arm' && each.startsWith('arm') && each !== 'arm64')),
    )?.[1];
    if (isThere || (!os && !cpu)) continue;
    const libc = name.includes('musl') ? ['musl'] : undefined;
    lock.packages[`node_modules/${name}`] = {
      version,
      ...(cpu && { cpu: [cpu] }),
      ...(dev && { dev }),
      ...(libc && { libc }),
      optional: true,
      ...(os && { os: [os] }),
    };
    added++;
  }
}
lock.packages = Object.fromEntries(Object.entries(lock.packages).toSorted(([one], [other]) => (one < other ? -1 : 1)));
writeFileSync(path, `${JSON.stringify(lock, null, 2)}\n`);
console.log(`Added ${added} packages for other platforms.`);

import { chmodSync, copyFileSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createTemporaryFolder } from '../support/gateway/test-gateway.ts';
import { repository, start } from '../support/process/process.ts';

interface Machine {
  /** The state of the Node that npm installs; undefined when optional dependencies were omitted. */
  readonly installed?: 'works' | 'has no loader';
  /** JavaScript that makes the process report the values of another machine. */
  readonly reports?: string;
}

/** Runs the entry point under a Node that cannot run TypeScript, and returns what it prints. */
async function readAdvice({ installed, reports = '' }: Machine): Promise<string> {
  const folder = createTemporaryFolder();
  const place = (path: string) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    return join(folder, path);
  };
  copyFileSync(join(repository, 'src/gateway.mjs'), place('src/gateway.mjs'));
  const node = place(`node_modules/node-linux-${process.arch}/bin/node`);
  if (installed === 'works') symlinkSync(process.execPath, node);
  if (installed === 'has no loader') {
    // As with a program built for glibc, the system finds the file but not the loader that it needs.
    writeFileSync(node, '#!/lib64/no-such-loader.so\n');
    chmodSync(node, 0o755);
  }
  writeFileSync(place('machine.cjs'), reports);
  const options = ['--no-experimental-strip-types', '--require', join(folder, 'machine.cjs')];
  const { code, stdout, stderr } = await start([process.execPath, ...options, join(folder, 'src/gateway.mjs'), 'serve'])
    .ended;
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(/^The gateway needs Node 22\.18 or newer; this is [^\n]+\n$/);
  return stderr;
}

const musl = `
const { report } = process;
const { header, ...others } = report.getReport();
const { glibcVersionRuntime, glibcVersionCompiler, ...muslHeader } = header;
report.getReport = () => ({ ...others, header: muslHeader });`;
const on = (platform: string, arch: string = process.arch) =>
  `Object.defineProperties(process, { platform: { value: '${platform}' }, arch: { value: '${arch}' } });`;

const isLinux = process.platform === 'linux' && ['x64', 'arm64'].includes(process.arch);

describe.runIf(isLinux)('under a Node that cannot run it, the gateway says what helps on this machine:', () => {
  test('npm, where the Node that npm installs runs', async () => {
    expect(await readAdvice({ installed: 'works' })).toMatch(/Run it through npm \(npm start\)/);
  });

  test.each<[string, Machine]>([
    ['the Node that npm installs has no loader', { installed: 'has no loader' }],
    ['the C library is musl', { installed: 'works', reports: musl }],
    ['the C library is musl and npm installed nothing', { reports: musl }],
  ])('a newer Node of the system, where %s', async (_name, machine) => {
    const line = await readAdvice(machine);
    expect(line).toMatch(/Install a newer Node: the one that npm installs .* does not run on this system\. On Alpine:/);
    expect(line).not.toMatch(/npm (start|ci)/);
  });

  test('optional dependencies, where they were omitted', async () => {
    expect(await readAdvice({})).toMatch(/npm ci, with optional dependencies/);
  });

  test.each([
    ['macOS', on('darwin')],
    ['Windows', on('win32')],
    ['a processor for which npm has no Node', on('linux', 'riscv64')],
  ])('only a newer Node, on %s', async (_name, reports) => {
    const line = await readAdvice({ installed: 'works', reports });
    expect(line).toMatch(/Install a newer Node: https:/);
    expect(line).not.toMatch(/npm/);
  });
});

import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Whether there is a C compiler to build libraries that take the place of system calls. */
export const hasCompiler = process.platform === 'linux' && spawnSync('cc', ['--version']).status === 0;

/** Builds a library that a process can preload (`LD_PRELOAD`), and returns its path in the folder. */
export function buildPreloaded(folder: string, source: string): string {
  const [code, library] = [join(folder, 'preloaded.c'), join(folder, 'preloaded.so')];
  writeFileSync(code, source);
  const built = spawnSync('cc', ['-shared', '-fPIC', '-o', library, code, '-ldl'], { encoding: 'utf8' });
  if (built.status !== 0) throw new Error(built.stderr);
  return library;
}

import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createTemporaryFolder } from '../gateway/test-gateway.ts';
import { buildPreloaded } from './preloaded.ts';

/** Adds the seconds in a file to the time of day, for Node and SQLite alike. Timers, which count, are left alone. */
const source = String.raw`
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const volatile long long *offset;

__attribute__((constructor)) static void begin(void) {
  const char *path = getenv("CLOCK_OFFSET");
  int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
  if (file < 0) return;
  void *mapped = mmap(0, sizeof *offset, PROT_READ, MAP_SHARED, file, 0);
  if (mapped != MAP_FAILED) offset = mapped;
  close(file);
}

#define REAL(name, type) ((type)dlsym(RTLD_NEXT, name))
int gettimeofday(struct timeval *restrict now, void *restrict zone) {
  int result = REAL("gettimeofday", int (*)(struct timeval *, void *))(now, zone);
  if (result == 0 && now && offset) now->tv_sec += *offset;
  return result;
}
int clock_gettime(clockid_t id, struct timespec *now) {
  int result = REAL("clock_gettime", int (*)(clockid_t, struct timespec *))(id, now);
  if (result == 0 && offset && (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE)) now->tv_sec += *offset;
  return result;
}
time_t time(time_t *now) {
  struct timespec found;
  clock_gettime(CLOCK_REALTIME, &found);
  if (now) *now = found.tv_sec;
  return found.tv_sec;
}
`;

/** The clock of processes with this environment, which can be moved while they run. */
export interface MovedClock {
  readonly env: Readonly<Record<string, string>>;
  /** Moves it to so many seconds after the real time, or before it. */
  moveTo(seconds: number): void;
}

export function createMovedClock(): MovedClock {
  const folder = createTemporaryFolder();
  const file = join(folder, 'offset');
  const moveTo = (seconds: number) => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(BigInt(seconds));
    // In place, since the processes have mapped this file.
    writeFileSync(file, bytes, { flag: existsSync(file) ? 'r+' : 'w' });
  };
  moveTo(0);
  return { env: { LD_PRELOAD: buildPreloaded(folder, source), CLOCK_OFFSET: file }, moveTo };
}

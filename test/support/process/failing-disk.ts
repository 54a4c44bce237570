import { randomInt } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createTemporaryFolder } from '../gateway/test-gateway.ts';
import { buildPreloaded } from './preloaded.ts';

/**
 * Fails operations on SQLite's log with EIO, like a failing disk: data written before a sync stays in the file. Or fails
 * one operation on any file of the database, given its number, or all from there on, with EIO or ENOSPC.
 */
const source = String.raw`
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static int failed;

static char faultOf(int fd) {
  char link[64], path[PATH_MAX], fault = 0;
  const char *file = getenv("FAULT_FILE");
  int opened = file ? open(file, O_RDONLY | O_CLOEXEC) : -1;
  if (opened < 0) return failed = 0;
  if (read(opened, &fault, 1) != 1 || fault == 'n' || fault == 'e') fault = 0;
  close(opened);
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, sizeof path);
  return length >= 4 && memcmp(path + length - 4, "-wal", 4) == 0 ? fault : 0;
}

static int isNumbered(int fd) {
  static char last[64];
  static int count;
  char link[64], path[PATH_MAX] = "", text[64] = "";
  const char *file = getenv("FAULT_FILE");
  int opened = file ? open(file, O_RDONLY | O_CLOEXEC) : -1;
  if (opened < 0) return 0;
  if (read(opened, text, sizeof text - 1) < 0) text[0] = 0;
  close(opened);
  if (text[0] != 'n' && text[0] != 'e') return 0;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  if (readlink(link, path, sizeof path - 1) < 0 || !strstr(path, "/gateway.db")) return 0;
  if (strcmp(text, last) != 0) count = 0;
  strcpy(last, text);
  count++;
  if (text[0] == 'n' ? count != atoi(text + 2) : count < atoi(text + 2)) return 0;
  if (text[0] == 'n') unlink(file);
  errno = text[1] == 's' ? ENOSPC : EIO;
  return 1;
}

static int syncFails(int fd) {
  if (isNumbered(fd)) return 1;
  char fault = faultOf(fd);
  if (!fault) return 0;
  if (fault == 'o') unlink(getenv("FAULT_FILE"));
  failed = 1;
  errno = EIO;
  return 1;
}

static int writeFails(int fd) {
  if (isNumbered(fd)) return 1;
  if (!failed || faultOf(fd) != 'd') return 0;
  errno = EIO;
  return 1;
}

#define REAL(name, type) ((type)dlsym(RTLD_NEXT, name))
int fsync(int fd) { return syncFails(fd) ? -1 : REAL("fsync", int (*)(int))(fd); }
int fdatasync(int fd) { return syncFails(fd) ? -1 : REAL("fdatasync", int (*)(int))(fd); }
int ftruncate64(int fd, off64_t size) {
  return isNumbered(fd) ? -1 : REAL("ftruncate64", int (*)(int, off64_t))(fd, size);
}
ssize_t write(int fd, const void *data, size_t size) {
  return writeFails(fd) ? -1 : REAL("write", ssize_t (*)(int, const void *, size_t))(fd, data, size);
}
ssize_t pwrite(int fd, const void *data, size_t size, off_t at) {
  return writeFails(fd) ? -1 : REAL("pwrite", ssize_t (*)(int, const void *, size_t, off_t))(fd, data, size, at);
}
ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at) {
  return writeFails(fd) ? -1 : REAL("pwrite64", ssize_t (*)(int, const void *, size_t, off64_t))(fd, data, size, at);
}
`;

/** The contents of the file: fail the next sync, every sync, or every sync and, after the first, every write too. */
export const faultCodes = { 'one sync': 'o', syncs: 's', disk: 'd' } as const;
export type Fault = keyof typeof faultCodes;

/** A fault of the operation with a number, counted from the moment that the file is written, and of all later ones. */
export interface NumberedFault {
  readonly operation: number;
  readonly error: 'EIO' | 'ENOSPC';
  readonly lasts: boolean;
}

/** The contents of the file for a numbered fault. It disappears when the only operation that it is about has failed. */
export const toFaultCode = ({ operation, error, lasts }: NumberedFault): string =>
  `${lasts ? 'e' : 'n'}${error === 'EIO' ? 'i' : 's'}${operation} ${randomInt(2 ** 40)}`;

/** Disk faults that a process with this environment hits while they are set. */
export interface FailingDisk {
  readonly env: Readonly<Record<string, string>>;
  fail(fault: Fault): void;
  recover(): void;
}

export function failingDisk(): FailingDisk {
  const folder = createTemporaryFolder();
  const file = join(folder, 'fault');
  return {
    env: { LD_PRELOAD: buildPreloaded(folder, source), FAULT_FILE: file },
    fail: (fault) => writeFileSync(file, faultCodes[fault]),
    recover: () => rmSync(file, { force: true }),
  };
}

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createTemporaryFolder } from '../gateway/test-gateway.ts';
import { buildPreloaded } from './preloaded.ts';

/**
 * Appends each change that a process makes to the files of one folder, and all that it sends over sockets, to a log, in
 * their order: a write or a sync after it has succeeded, what is sent before it leaves.
 */
const source = String.raw`
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define REAL(name, type) ((type)dlsym(RTLD_NEXT, name))
static int logged = -1;
static const char *folder;

__attribute__((constructor)) static void begin(void) {
  folder = getenv("RECORDED_FOLDER");
  if (folder && getenv("RECORD")) logged = syscall(SYS_openat, AT_FDCWD, getenv("RECORD"), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
}

static void record(char kind, const char *path, unsigned long long file, unsigned long long at, const void *data, unsigned long long size, int hasData) {
  struct { char kind; unsigned path; unsigned long long file, at, size; } __attribute__((packed)) head = { kind, path ? strlen(path) : 0, file, at, size };
  struct iovec parts[] = { { &head, sizeof head }, { (void *)path, head.path }, { (void *)data, hasData ? size : 0 } };
  syscall(SYS_writev, logged, parts, 3);
}

static int isInside(const char *path) { return logged >= 0 && strncmp(path, folder, strlen(folder)) == 0; }

static int findPath(int fd, char *path) {
  char link[64];
  if (logged < 0 || fd == logged) return 0;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, PATH_MAX - 1);
  if (length < 0) return 0;
  path[length] = 0;
  return isInside(path);
}

static unsigned long long identify(int fd) {
  struct stat found;
  return fstat(fd, &found) == 0 ? found.st_ino : 0;
}

static int isSocket(int fd) {
  struct stat found;
  return logged >= 0 && fstat(fd, &found) == 0 && S_ISSOCK(found.st_mode);
}

static void recordSent(int fd, const struct iovec *parts, int count) {
  if (isSocket(fd)) for (int at = 0; at < count; at++) record('A', 0, 0, 0, parts[at].iov_base, parts[at].iov_len, 1);
}

static void recordWrite(int fd, const void *data, ssize_t size, off_t at) {
  char path[PATH_MAX];
  if (size > 0 && findPath(fd, path)) record('W', 0, identify(fd), at, data, size, 1);
}

static int opened(int fd, int flags) {
  char path[PATH_MAX];
  if (fd >= 0 && (flags & (O_CREAT | O_TRUNC)) && findPath(fd, path)) {
    if (flags & O_CREAT) record('C', path, identify(fd), 0, 0, 0, 0);
    if (flags & O_TRUNC) record('T', 0, identify(fd), 0, 0, 0, 0);
  }
  return fd;
}

static int synced(int fd, int result) {
  char path[PATH_MAX];
  struct stat found;
  if (result == 0 && findPath(fd, path) && fstat(fd, &found) == 0)
    record(S_ISDIR(found.st_mode) ? 'F' : 'S', path, found.st_ino, 0, 0, 0, 0);
  return result;
}

#define MODE int mode = 0; if (flags & O_CREAT) { va_list rest; va_start(rest, flags); mode = va_arg(rest, int); va_end(rest); }
int open(const char *path, int flags, ...) { MODE return opened(REAL("open", int (*)(const char *, int, ...))(path, flags, mode), flags); }
int open64(const char *path, int flags, ...) { MODE return opened(REAL("open64", int (*)(const char *, int, ...))(path, flags, mode), flags); }
int openat(int at, const char *path, int flags, ...) { MODE return opened(REAL("openat", int (*)(int, const char *, int, ...))(at, path, flags, mode), flags); }
int fsync(int fd) { return synced(fd, REAL("fsync", int (*)(int))(fd)); }
int fdatasync(int fd) { return synced(fd, REAL("fdatasync", int (*)(int))(fd)); }
int ftruncate64(int fd, off64_t size) {
  char path[PATH_MAX];
  int result = REAL("ftruncate64", int (*)(int, off64_t))(fd, size);
  if (result == 0 && findPath(fd, path)) record('T', 0, identify(fd), size, 0, 0, 0);
  return result;
}
int ftruncate(int fd, off_t size) { return ftruncate64(fd, size); }
int unlink(const char *path) {
  int result = REAL("unlink", int (*)(const char *))(path);
  if (result == 0 && isInside(path)) record('U', path, 0, 0, 0, 0, 0);
  return result;
}
int rename(const char *from, const char *to) {
  int result = REAL("rename", int (*)(const char *, const char *))(from, to);
  if (result == 0 && isInside(from)) record('R', from, 0, 0, to, strlen(to), 1);
  return result;
}
int mkdir(const char *path, mode_t mode) {
  int result = REAL("mkdir", int (*)(const char *, mode_t))(path, mode);
  if (result == 0 && isInside(path)) record('D', path, 0, 0, 0, 0, 0);
  return result;
}
ssize_t write(int fd, const void *data, size_t size) {
  struct iovec part = { (void *)data, size };
  recordSent(fd, &part, 1);
  ssize_t result = REAL("write", ssize_t (*)(int, const void *, size_t))(fd, data, size);
  if (result > 0) recordWrite(fd, data, result, lseek(fd, 0, SEEK_CUR) - result);
  return result;
}
ssize_t writev(int fd, const struct iovec *parts, int count) {
  recordSent(fd, parts, count);
  return REAL("writev", ssize_t (*)(int, const struct iovec *, int))(fd, parts, count);
}
ssize_t sendmsg(int fd, const struct msghdr *message, int flags) {
  recordSent(fd, message->msg_iov, message->msg_iovlen);
  return REAL("sendmsg", ssize_t (*)(int, const struct msghdr *, int))(fd, message, flags);
}
ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at) {
  ssize_t result = REAL("pwrite64", ssize_t (*)(int, const void *, size_t, off64_t))(fd, data, size, at);
  recordWrite(fd, data, result, at);
  return result;
}
ssize_t pwrite(int fd, const void *data, size_t size, off_t at) { return pwrite64(fd, data, size, at); }
`;

/** What a process did. A file is known by its number on the file system, a folder by its path. */
export type DiskRecord =
  | { readonly kind: 'write'; readonly file: bigint; readonly at: number; readonly data: Buffer }
  | { readonly kind: 'truncate'; readonly file: bigint; readonly at: number }
  | { readonly kind: 'sync'; readonly file: bigint; readonly path: string }
  /** A file was opened, and created unless it was there. */
  | { readonly kind: 'create'; readonly file: bigint; readonly path: string }
  | { readonly kind: 'createFolder' | 'syncFolder' | 'remove'; readonly path: string }
  | { readonly kind: 'rename'; readonly path: string; readonly to: string }
  /** Bytes left over a socket. */
  | { readonly kind: 'send'; readonly data: Buffer };

/** A folder, and the environment in which a process records what it does there. */
export interface RecordedDisk {
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  read(): DiskRecord[];
}

export function recordDisk(): RecordedDisk {
  const [folder, tools] = [createTemporaryFolder(), createTemporaryFolder()];
  const record = join(tools, 'record');
  return {
    folder,
    env: { LD_PRELOAD: buildPreloaded(tools, source), RECORDED_FOLDER: folder, RECORD: record },
    read: () => [...parseRecords(readFileSync(record))],
  };
}

/** The length of the fixed part of a record: its kind, the length of its path, the file, the position and the size. */
const headBytes = 29;

function* parseRecords(bytes: Buffer): Generator<DiskRecord> {
  for (let at = 0; at < bytes.length; ) {
    const [kind, file, position] = [
      bytes.toString('latin1', at, at + 1),
      bytes.readBigUInt64LE(at + 5),
      bytes.readBigUInt64LE(at + 13),
    ];
    const start = at + headBytes + bytes.readUInt32LE(at + 1);
    const path = bytes.toString('utf8', at + headBytes, start);
    const data = bytes.subarray(start, start + Number(bytes.readBigUInt64LE(at + 21)));
    at = start + data.length;
    if (kind === 'W') yield { kind: 'write', file, at: Number(position), data };
    else if (kind === 'T') yield { kind: 'truncate', file, at: Number(position) };
    else if (kind === 'S') yield { kind: 'sync', file, path };
    else if (kind === 'C') yield { kind: 'create', file, path };
    else if (kind === 'D') yield { kind: 'createFolder', path };
    else if (kind === 'F') yield { kind: 'syncFolder', path };
    else if (kind === 'U') yield { kind: 'remove', path };
    else if (kind === 'R') yield { kind: 'rename', path, to: data.toString() };
    else yield { kind: 'send', data };
  }
}

import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import type { DiskRecord } from '../process/recorded-disk.ts';

/** The unit in which a disk writes, in bytes: a write of more can be cut between two of them. */
const sectorBytes = 512;

/** What a power cut does with what was not synced: lose it, keep it, keep its beginning, or keep some sectors of it. */
export const fates = ['lost', 'kept', 'cut', 'scattered'] as const;
export type Fate = (typeof fates)[number];

type Change = { readonly at: number; readonly data?: Buffer };

interface File {
  readonly isFolder?: boolean;
  /** What is on the disk, whatever happens. */
  synced: Buffer;
  pending: Change[];
}

/** A name that was given to a file or a folder, or taken away (without a file). */
interface Naming {
  readonly path: string;
  readonly file: File | undefined;
}

/**
 * A disk that promises no more than POSIX does: content is on it once its file is synced, and a name once its folder is.
 * The rest is on it, or not, or in part.
 */
export class Disk {
  readonly #root: string;
  readonly #files = new Map<bigint, File>();
  /** As the process sees it. */
  readonly #names = new Map<string, File>();
  readonly #syncedNames = new Map<string, File>();
  #pendingNames: Naming[] = [];

  constructor(root: string) {
    this.#root = root;
  }

  /** Follows what a process did. */
  apply(record: DiskRecord): void {
    switch (record.kind) {
      case 'write':
      case 'truncate':
        this.#files.get(record.file)?.pending.push(record);
        return;
      case 'sync': {
        const file = this.#files.get(record.file);
        if (!file) return;
        file.synced = change(file.synced, file.pending);
        file.pending = [];
        return;
      }
      case 'create': {
        const known = this.#names.get(record.path);
        if (known && known === this.#files.get(record.file)) return;
        const file: File = { synced: Buffer.alloc(0), pending: [] };
        this.#files.set(record.file, file);
        this.#rename(record.path, file);
        return;
      }
      case 'createFolder':
        this.#rename(record.path, { isFolder: true, synced: Buffer.alloc(0), pending: [] });
        return;
      case 'remove':
        this.#rename(record.path, undefined);
        return;
      case 'rename':
        this.#rename(record.to, this.#names.get(record.path));
        this.#rename(record.path, undefined);
        return;
      case 'syncFolder':
        for (const { path, file } of this.#pendingNames)
          if (dirname(path) === record.path) setName(this.#syncedNames, path, file);
        this.#pendingNames = this.#pendingNames.filter(({ path }) => dirname(path) !== record.path);
        return;
      case 'send':
        return;
    }
    record satisfies never;
  }

  #rename(path: string, file: File | undefined): void {
    setName(this.#names, path, file);
    this.#pendingNames.push({ path, file });
  }

  /** Whether anything that was written to a file is not synced. */
  isPending(path: string): boolean {
    return (this.#names.get(path)?.pending.length ?? 0) > 0;
  }

  /** Writes what a power cut leaves into another folder. SQLite's shared memory (-shm) is not read after a crash. */
  writeTo(folder: string, fate: Fate, random: () => number): void {
    const names = new Map(this.#syncedNames);
    const kept =
      { lost: 0, kept: this.#pendingNames.length }[fate as string] ??
      Math.floor(random() * (this.#pendingNames.length + 1));
    for (const { path, file } of this.#pendingNames.slice(0, kept)) setName(names, path, file);
    const isReachable = (path: string): boolean =>
      path === this.#root || (names.has(path) && isReachable(dirname(path)));
    for (const [path, { isFolder, synced, pending }] of names) {
      if (isFolder || path.endsWith('-shm') || !isReachable(path)) continue;
      const place = join(folder, relative(this.#root, path));
      mkdirSync(dirname(place), { recursive: true });
      writeFileSync(place, change(synced, survive(pending, fate, random)), { mode: 0o600 });
    }
  }
}

function setName(names: Map<string, File>, path: string, file: File | undefined): void {
  if (file) names.set(path, file);
  else names.delete(path);
}

/** The content of a file after these changes; a gap is filled with zeros. */
function change(content: Buffer, changes: readonly Change[]): Buffer {
  let size = content.length;
  for (const { at, data } of changes) size = Math.max(size, at + (data?.length ?? 0));
  const changed = Buffer.alloc(size);
  content.copy(changed);
  let end = content.length;
  for (const { at, data } of changes) {
    if (data) {
      data.copy(changed, at);
      end = Math.max(end, at + data.length);
    } else {
      changed.fill(0, Math.min(at, end));
      end = at;
    }
  }
  return changed.subarray(0, end);
}

/** The changes of a file that a power cut leaves. */
function survive(pending: readonly Change[], fate: Fate, random: () => number): Change[] {
  if (fate === 'lost') return [];
  if (fate === 'kept') return [...pending];
  const sectors = pending.flatMap(splitAtSectors);
  if (fate === 'cut') return sectors.slice(0, Math.floor(random() * (sectors.length + 1)));
  const share = random();
  return sectors.filter(() => random() < share);
}

function splitAtSectors({ at, data }: Change): Change[] {
  if (!data) return [{ at }];
  const parts: Change[] = [];
  for (let from = 0; from < data.length; ) {
    const to = Math.min(data.length, from + sectorBytes - ((at + from) % sectorBytes));
    parts.push({ at: at + from, data: data.subarray(from, to) });
    from = to;
  }
  return parts;
}

/** A sequence of numbers from 0 to 1 that is the same for each seed (mulberry32). */
export function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

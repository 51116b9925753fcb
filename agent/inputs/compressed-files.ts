import { type BigIntStats, closeSync, fstatSync, openSync } from 'node:fs';
import type { Checkpoint, Checkpoints } from '../state/checkpoints.ts';
import { newSourceId } from '../state/source-id.ts';
import { errorText } from '../state/error-code.ts';
import { matchGzip } from './content-match.ts';
import { type OpenedFile, keyOf } from './file-intake.ts';
import { isSameContent, markerOf, prefixOf } from './fingerprint.ts';
import { isGzip } from './gzip-file.ts';
import type { FoundFile } from './missed-generations.ts';
import { lastChange } from './last-change.ts';
import { descendantsOf, locate, realPath } from './moved-file.ts';
import { isCompressedOf, mayBecome } from './rotation-name.ts';

export interface CompressedFilesOptions {
  readonly input: string;
  readonly checkpoints: Checkpoints;
  /** Read what is there now, complete or not. */
  readonly once: boolean;
  /** Whether a generation is being read, or was read and is not safe yet. */
  readonly isBusy: (id: string) => boolean;
  /** What is read from now on. */
  readonly opened: (file: OpenedFile) => void;
  /** Nothing is read any more. */
  readonly rested: () => void;
  readonly warn: (message: string) => void;
  /** How long a file must be left alone to count as complete, in ms. */
  readonly settleMs: number;
}

/** A file that waits for its turn. */
interface Waiting {
  readonly path: string;
  readonly changedNs: bigint;
  readonly fromEnd: boolean;
}

/** Each has some hundred KiB of its own. */
const MOST_OPEN = 2;
const MOST_KNOWN = 10_000;

/**
 * Finds out which gzip files are to be read. One may hold what was read before it was compressed: that is known by its
 * content, and not read again; or half of it was read, then it goes on there. The oldest come first.
 */
export class CompressedFiles {
  readonly #options: CompressedFilesOptions;
  readonly #waiting = new Map<string, Waiting>();
  /** Being looked at or read. */
  readonly #taken = new Set<string>();
  /** Nothing is left to be read of these, as they were then. */
  readonly #finished = new Map<string, string>();
  /** Those of them that were found again since somebody asked. */
  readonly #found = new Set<string>();
  /** Copies of files that are still there, or not safe yet. */
  readonly #copies = new Map<string, Checkpoint>();
  /** Since when files have been as they are, in ms of the monotonic clock. */
  readonly #unsettled = new Map<string, { readonly state: string; readonly sinceMs: number }>();
  #stopped = false;

  constructor(options: CompressedFilesOptions) {
    this.#options = options;
  }

  /** Nothing is read, and nothing waits. */
  get isIdle(): boolean {
    return this.#taken.size === 0 && this.#waiting.size === 0;
  }

  /** Whether a file is compressed. If it is, its turn will come. `fromEnd`: it is taken for read. */
  consider(path: string, stat: BigIntStats, fromEnd: boolean): boolean {
    const key = keyOf(stat);
    const isFinished = this.#finished.get(key) === stateOf(stat);
    if (isFinished) this.#found.add(key);
    if (isFinished || this.#taken.has(key) || this.#waiting.has(key)) return true;
    if (!isGzip(path)) return false;
    if (!this.#isSettled(key, stat) || this.#isStillCopy(key)) return true;
    this.#waiting.set(key, { path, changedNs: stat.mtimeNs, fromEnd });
    this.#next();
    return true;
  }

  /** Ids of files of which nothing is left to be read, and which were considered since the last call: they are there still. */
  found(): string[] {
    const { input, checkpoints } = this.#options;
    const ids = [...this.#found].flatMap((key) => checkpoints.find(input, ...placeOfKey(key))?.id ?? []);
    this.#found.clear();
    return ids;
  }

  /** Looks for a generation that has gone from its place, and opens the file that holds it compressed. */
  async resume(checkpoint: Checkpoint): Promise<OpenedFile | undefined> {
    const { input, checkpoints } = this.#options;
    const moved = checkpoint.gzip && locate(checkpoint);
    const paths = checkpoint.gzip === undefined ? descendantsOf(checkpoint).filter(isGzip) : moved === undefined ? [] : [moved];
    for (const path of paths) {
      const descriptor = openSync(path, 'r');
      const stat = fstatSync(descriptor, { bigint: true });
      const known = checkpoints.find(input, String(stat.dev), String(stat.ino)); // or what had its inode before
      const isKnown = known !== undefined && isSameGzip(known, descriptor, stat);
      const found = isKnown ? known.id === checkpoint.id && known : await matchGzip(descriptor, [checkpoint]);
      if (found) {
        this.#taken.add(keyOf(stat));
        return fileOf(path, descriptor, stat, await this.#bind(found, checkpoint.path, path, descriptor, stat));
      }
      closeSync(descriptor);
    }
    return undefined;
  }

  /** Takes up a generation of `place` that nobody has seen there. Its descriptor is closed if it is known, or being looked at. */
  async adopt({ path, descriptor, stat }: FoundFile, place: string, after: string | undefined): Promise<OpenedFile | undefined> {
    const key = keyOf(stat);
    const isTaken = this.#taken.has(key) || this.#waiting.has(key);
    this.#taken.add(key);
    if (isTaken || (await matchGzip(descriptor, this.#originals(path))) !== undefined) {
      if (!isTaken) this.#taken.delete(key);
      return void closeSync(descriptor);
    }
    const checkpoint = bound({ id: newSourceId(), input: this.#options.input, offset: 0, after }, place, path, descriptor, stat);
    await this.#options.checkpoints.adopt(checkpoint);
    return fileOf(path, descriptor, stat, checkpoint);
  }

  /** What was opened has been read to its end. */
  done({ checkpoint: { device, inode }, size, changedNs }: OpenedFile): void {
    const key = `${device}:${inode}`;
    this.#taken.delete(key);
    this.#finish(key, `${size}/${changedNs}`);
    this.#next();
  }

  stop(): void {
    this.#stopped = true;
    this.#waiting.clear();
  }

  /** A file that is still being written has a new time at every look. */
  #isSettled(key: string, stat: BigIntStats): boolean {
    const { once, settleMs } = this.#options;
    if (once || Date.now() - Number(stat.mtimeMs) > settleMs) return true;
    const nowMs = performance.now();
    const before = this.#unsettled.get(key);
    if (before?.state === stateOf(stat)) return nowMs - before.sinceMs >= settleMs;
    bounded(this.#unsettled);
    this.#unsettled.set(key, { state: stateOf(stat), sinceMs: nowMs });
    return false;
  }

  #isStillCopy(key: string): boolean {
    const original = this.#copies.get(key);
    if (original === undefined) return false;
    if (this.#options.isBusy(original.id) || locate(original) !== undefined) return true;
    this.#copies.delete(key);
    return false;
  }

  #next(): void {
    while (!this.#stopped && this.#taken.size < MOST_OPEN && this.#waiting.size > 0) {
      const [key, file] = [...this.#waiting].reduce((oldest, other) => (other[1].changedNs < oldest[1].changedNs ? other : oldest));
      this.#waiting.delete(key);
      this.#taken.add(key);
      void this.#take(key, file);
    }
  }

  async #take(key: string, { path, fromEnd }: Waiting): Promise<void> {
    let descriptor: number | undefined;
    try {
      descriptor = openSync(path, 'r');
      const stat = fstatSync(descriptor, { bigint: true });
      const checkpoint = keyOf(stat) === key ? await this.#identify(path, descriptor, stat, fromEnd) : undefined;
      if (checkpoint !== undefined && !this.#stopped) return this.#options.opened(fileOf(path, descriptor, stat, checkpoint));
    } catch (error) {
      this.#options.warn(`${path} can't be read: ${errorText(error)}`);
    }
    if (descriptor !== undefined) closeSync(descriptor);
    this.#taken.delete(key);
    this.#next();
    if (this.isIdle) this.#options.rested();
  }

  /** Where to begin, and who it is; undefined: there is nothing to be read. */
  async #identify(path: string, descriptor: number, stat: BigIntStats, fromEnd: boolean): Promise<Checkpoint | undefined> {
    const { input, checkpoints } = this.#options;
    const known = this.#known(path, descriptor, stat);
    if (known !== undefined && this.#options.isBusy(known.id)) return undefined; // it has grown while what was read of it is on its way
    if (known !== undefined && isComplete(known, stat.size)) {
      this.#finish(keyOf(stat), stateOf(stat));
      return undefined;
    }
    if (known !== undefined) return this.#bind(known, path, path, descriptor, stat);
    const original = await matchGzip(descriptor, this.#originals(path));
    if (original !== undefined && (this.#options.isBusy(original.id) || locate(original) !== undefined)) {
      bounded(this.#copies);
      this.#copies.set(keyOf(stat), original);
      return undefined;
    }
    if (original !== undefined) return this.#bind(original, path, path, descriptor, stat);
    const fresh = bound({ id: newSourceId(), input, offset: 0 }, path, path, descriptor, stat);
    await checkpoints.adopt(fromEnd ? { ...fresh, gzip: { end: 0 } } : fresh);
    return fromEnd ? undefined : fresh;
  }

  /** The same file, compressed already when it was looked at before; or a copy of one that is gone. */
  #known(path: string, descriptor: number, stat: BigIntStats): Checkpoint | undefined {
    const { input, checkpoints } = this.#options;
    const direct = checkpoints.find(input, String(stat.dev), String(stat.ino));
    if (direct !== undefined && isSameGzip(direct, descriptor, stat)) return checkpoints.latest(direct);
    const place = realPath(path);
    return checkpoints.previous(input).find((other) => mayBecome(placeOf(other), place) && isSameGzip(other, descriptor, stat) && locate(other) === undefined);
  }

  /** Uncompressed generations of the same file that this may be the content of. */
  #originals(path: string): Checkpoint[] {
    const { input, checkpoints } = this.#options;
    const place = realPath(path);
    return checkpoints.all().flatMap((one) => {
      if (one.input !== input || one.gzip !== undefined || !mayBecome(placeOf(one), place)) return [];
      const at = locate(one);
      return at === undefined || isCompressedOf(place, at) ? (checkpoints.latest(one) ?? []) : [];
    });
  }

  /** A generation is in this file from now on. `path`: the name that is meant. */
  async #bind(checkpoint: Checkpoint, path: string, seenAt: string, descriptor: number, stat: BigIntStats): Promise<Checkpoint> {
    const next = bound(checkpoint, path, seenAt, descriptor, stat);
    this.#options.checkpoints.move(checkpoint, next);
    await this.#options.checkpoints.flush();
    return next;
  }

  #finish(key: string, state: string): void {
    bounded(this.#finished);
    this.#finished.set(key, state);
    this.#unsettled.delete(key);
  }
}

/** Device and inode. */
function placeOfKey(key: string): [device: string, inode: string] {
  const [device = '', inode = ''] = key.split(':');
  return [device, inode];
}

/** What the file at a path was when it was looked at. */
function stateOf({ size, mtimeNs }: Pick<BigIntStats, 'size' | 'mtimeNs'>): string {
  return `${size}/${mtimeNs}`;
}

function fileOf(path: string, descriptor: number, stat: BigIntStats, checkpoint: Checkpoint): OpenedFile {
  return { path, descriptor, checkpoint, size: Number(stat.size), changedNs: stat.mtimeNs };
}

function bound({ id, input, offset, after, ahead, changedNs }: Pick<Checkpoint, 'id' | 'input' | 'offset' | 'after' | 'ahead' | 'changedNs'>, path: string, seenAt: string, descriptor: number, stat: BigIntStats): Checkpoint {
  const size = Number(stat.size);
  return {
    id, input, path, offset,
    device: String(stat.dev),
    inode: String(stat.ino),
    prefix: prefixOf(descriptor, size),
    marker: markerOf(descriptor, size),
    gzip: {},
    changedNs: changedNs ?? lastChange(stat.mtimeNs),
    ...(seenAt !== path && { seenAt }),
    ...(after !== undefined && { after }),
    ...(ahead !== undefined && { ahead }),
  };
}

function isSameGzip(checkpoint: Checkpoint, descriptor: number, stat: BigIntStats): boolean {
  return checkpoint.gzip !== undefined && isSameContent(descriptor, Number(stat.size), checkpoint);
}

function isComplete({ offset, marker, gzip }: Checkpoint, size: bigint): boolean {
  return gzip?.end === offset && BigInt(marker.end) === size;
}

function placeOf({ path, seenAt = path }: Checkpoint): string {
  return seenAt;
}

/** Makes room in what only saves work. */
function bounded(map: Map<string, unknown>): void {
  if (map.size >= MOST_KNOWN) map.clear();
}

import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { errorText } from '../state/error-code.ts';
import type { Checkpoint, Checkpoints } from '../state/checkpoints.ts';
import type { Descriptors, Holder } from './descriptors.ts';
import type { OpenedFile } from './file-intake.ts';
import { MARKER_BYTES, PREFIX_BYTES, hashOf, markerOf, peek, prefixOf } from './fingerprint.ts';
import { findInode, holds, openIf, realPath } from './moved-file.ts';
import type { LearnedShape } from '../records/head.ts';
import type { Source, StreamPositions } from './source.ts';
import type { TailedFile } from './tailed-files.ts';

/** Who looks after file sources and is told what reading them brings to light. */
export interface FileOwner {
  /** Nothing more is there now. */
  idle(source: FileSource): void;
  /** The file no longer holds what was read of it; the path holds a new generation. Gives a copy of the old one, if there is one. */
  truncated(source: FileSource): OpenedFile | undefined;
  /** It has ended and everything was read. */
  done(source: FileSource): void;
}

export interface FileSourceOptions {
  readonly index: number;
  readonly path: string;
  /** Where to begin, and who the source is. */
  readonly checkpoint: Checkpoint;
  /** First offset that is not read; Infinity follows the file. */
  readonly limit: number;
  readonly descriptor: number;
  readonly size: number;
  readonly changedNs: bigint;
  readonly descriptors: Descriptors;
  readonly checkpoints: Checkpoints;
  readonly owner: FileOwner;
  /** shipper's own messages are appended to it. */
  readonly hasOwnMessages: boolean;
  readonly warn: (message: string) => void;
}

/** One generation of a file, read over a descriptor that is held whatever happens to the path. */
export class FileSource implements Source, Holder {
  readonly index: number;
  readonly id: string;
  readonly name: string;
  readonly input: string;
  readonly hasOwnMessages: boolean;
  offset: number;
  activeAtMs = performance.now();
  learned: readonly LearnedShape[] | undefined;
  ahead: StreamPositions | undefined;
  /** Where the file was last seen. */
  path: string;
  predecessor: TailedFile | undefined;
  /** Bytes that are known to have been there and could not be read. */
  lost = 0;
  /** Bytes that were not taken when it ended too early: lost, unless a copy is found. */
  missing = 0;
  /** It was truncated, and a copy is still looked for. */
  mayGoOn = false;
  /** Since when the path is not this file any more, in ms of the monotonic clock. */
  orphanedAtMs: number | undefined;
  /** The file as it was when its path was last looked at. */
  seen: { readonly device: bigint; readonly inode: bigint; readonly size: number; readonly changedNs: bigint };
  readonly #options: FileSourceOptions;
  #checkpoint: Checkpoint;
  #acknowledged: number;
  /** Highest offset that was read. */
  #position: number;
  #limit: number;
  #ended: boolean;
  /** The last of its names that was meant; and its own path, if that leads to it by a link, or it was renamed. */
  #meant: string;
  #seenAt: string | undefined;
  #done = false;
  /** What was not read of it is in no file any more. */
  #isGone = false;
  #idle = false;
  #failing = false;
  /** The first bytes as they were when it was opened: whatever copy is made of it later begins with them. */
  readonly #firstPrefix: Checkpoint['prefix'];
  /** The last bytes before `#position`. */
  readonly #marker = new Uint8Array(MARKER_BYTES);
  #markerBytes = 0;

  constructor(options: FileSourceOptions) {
    const { checkpoint, descriptor } = options;
    this.#options = options;
    this.#checkpoint = checkpoint;
    this.#firstPrefix = checkpoint.prefix;
    this.index = options.index;
    this.id = checkpoint.id;
    this.name = options.path;
    this.path = options.path;
    this.#meant = checkpoint.path;
    this.#seenAt = checkpoint.seenAt;
    this.seen = { device: BigInt(checkpoint.device), inode: BigInt(checkpoint.inode), size: options.size, changedNs: options.changedNs };
    this.input = checkpoint.input;
    this.hasOwnMessages = options.hasOwnMessages;
    this.learned = checkpoint.learned;
    this.ahead = checkpoint.ahead;
    this.offset = checkpoint.offset;
    this.#acknowledged = checkpoint.offset;
    this.#position = checkpoint.offset;
    this.#limit = options.limit;
    this.#ended = checkpoint.offset >= options.limit;
    this.#remember(peek(descriptor, Math.max(0, this.offset - MARKER_BYTES), this.offset));
    options.descriptors.add(this, descriptor);
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Highest offset that was read. */
  get position(): number {
    return this.#position;
  }

  get knownEnd(): number {
    return this.#position + this.unread;
  }

  get unread(): number {
    return Math.max(0, Math.min(this.seen.size, this.#limit) - this.#position);
  }

  /** Device and inode. */
  get key(): string {
    return `${this.#checkpoint.device}:${this.#checkpoint.inode}`;
  }

  /** The path at which it belongs. */
  get meantPath(): string {
    return this.#meant;
  }

  /** All that was made into records is safe. */
  get isSettled(): boolean {
    return this.#acknowledged >= this.offset;
  }

  get canReopen(): boolean {
    return !this.#ended && this.orphanedAtMs === undefined;
  }

  get isIdle(): boolean {
    return this.#idle;
  }

  read(target: Uint8Array<ArrayBuffer>, skip: number): number {
    if (target.length === 0 || this.#done) return 0;
    const hadEnded = this.#ended;
    const from = this.offset + skip;
    const room = Math.min(target.length, this.#limit - from);
    const length = this.#fill(target, from, room);
    if (length > 0) this.#note(target, from, length);
    // With a limit, a file that has become shorter than that is at its end too.
    if (this.#limit !== Infinity && (length < room || this.#position >= this.#limit)) this.#ended = true;
    this.#idle = length < target.length;
    if (length === 0 && hadEnded && skip === 0) this.#finish();
    else if (this.#idle && !this.#ended) this.#options.owner.idle(this);
    return length;
  }

  readHead(target: Uint8Array<ArrayBuffer>, bytes: number): number {
    const descriptor = this.#options.descriptors.use(this);
    try {
      return descriptor === undefined ? 0 : readSync(descriptor, target, 0, Math.min(bytes, target.length), 0);
    } catch {
      return 0; // the next read says what is wrong
    }
  }

  advance(bytes: number): void {
    this.offset += bytes;
  }

  acknowledge(offset: number, ahead?: StreamPositions): void {
    if (offset <= this.#acknowledged && ahead === undefined) return;
    this.#acknowledged = offset;
    this.ahead = ahead;
    this.#options.checkpoints.changed(this.#checkpoint, () => this.#snapshot());
  }

  /** Nothing will be written to it any more; what is there is still read. */
  end(): void {
    this.#ended = true;
  }

  /** Bytes in the file now; undefined when it can't be found again. */
  sizeNow(): number | undefined {
    const descriptor = this.#options.descriptors.use(this);
    return descriptor === undefined ? undefined : fstatSync(descriptor).size;
  }

  /** The file by its path, or, when that is another one by now, by its inode in the same folder. */
  reopen(): number | undefined {
    const { device, inode } = this.#checkpoint;
    const here = openIf(this.path, device, inode);
    if (here !== undefined) return here;
    const elsewhere = findInode(this.path, inode); // it reads a whole folder
    return elsewhere === undefined ? undefined : openIf(elsewhere, device, inode);
  }

  /** Bytes of the file, if no path leads to it any more: as long as it is open, the disk has to keep them. */
  get deletedBytes(): number {
    const descriptor = this.orphanedAtMs === undefined ? undefined : this.#options.descriptors.get(this);
    if (descriptor === undefined) return 0;
    const { nlink, size } = fstatSync(descriptor);
    return nlink === 0 ? size : 0;
  }

  /** Bytes that are not safe, and that nobody can read again once this process has ended. They may have been read. */
  get heldAlone(): number {
    const end = this.#isGone ? this.offset : this.knownEnd;
    return end > this.#acknowledged && (this.#isGone || this.#isDeleted) ? end - this.#acknowledged : 0;
  }

  /** It has ended and everything was read: who reads has taken `lost`. */
  get isDone(): boolean {
    return this.#done;
  }

  /** Ends before all of it was read. What is in no record yet is lost, unless it can be gone on with elsewhere. */
  giveUp(why: string): void {
    this.seen = { ...this.seen, size: this.sizeNow() ?? this.#position };
    this.#stop(why);
    this.#limit = this.offset;
    this.#options.descriptors.close(this);
  }

  /** Its content is gone from the file, and at best in a copy. */
  detach(): void {
    const before = this.#checkpoint;
    this.#checkpoint = { ...this.asRead(), offset: this.#acknowledged };
    this.#options.checkpoints.move(before, { ...this.#checkpoint, detached: true });
  }

  /** Offset below which all is safe. */
  get acknowledged(): number {
    return this.#acknowledged;
  }

  /** It was given a name that is meant. Gives the path that leads to it without links. */
  rename(path: string): string {
    const real = realPath(path);
    this.path = this.#meant = path;
    this.#seenAt = real === path ? undefined : real;
    return real;
  }

  /** What is known of it as far as it was read, which may be farther than what is safe. */
  asRead(): Checkpoint {
    const { prefix } = this.#checkpoint;
    const marker = { end: this.#position, bytes: this.#markerBytes, hash: hashOf(this.#marker.subarray(0, this.#markerBytes)) };
    return { ...this.#place(), offset: this.#position, prefix, marker };
  }

  /** The same without what was read of it last: its copy may have been made before that was written. */
  asCopied(): Checkpoint {
    return { ...this.asRead(), offset: 0, prefix: this.#firstPrefix };
  }

  /** Goes on in a copy of the file; to its end, if that comes before what was read. */
  moveTo({ path, descriptor, checkpoint, size, changedNs }: OpenedFile): void {
    const { descriptors } = this.#options;
    descriptors.close(this);
    descriptors.add(this, descriptor);
    this.path = this.#seenAt = path;
    this.#checkpoint = checkpoint;
    this.seen = { device: BigInt(checkpoint.device), inode: BigInt(checkpoint.inode), size, changedNs };
    if (size >= this.#position) return;
    this.#limit = this.#position = size;
    this.#markerBytes = 0;
    this.#remember(peek(descriptor, Math.max(0, size - MARKER_BYTES), size));
  }

  /** Sees to it at once if what was read of it is gone; else it would come out when it is read. */
  look(): void {
    const descriptor = this.#options.descriptors.use(this);
    try {
      if (this.#ended || descriptor === undefined || this.#isIntact(descriptor)) return;
    } catch {
      return; // the next read says what is wrong
    }
    if (this.#options.owner.truncated(this) === undefined) this.#stop('was truncated');
  }

  /** Whether another file holds the same, up to its own end or as far as this one was read. */
  isCopiedBy(path: string, size: number): boolean {
    if (size >= this.#position) return holds(path, this.asRead());
    const descriptor = this.#options.descriptors.get(this);
    return descriptor !== undefined && holds(path, { ...this.#checkpoint, offset: 0, prefix: prefixOf(descriptor, size), marker: markerOf(descriptor, size) });
  }

  /** The file, opened once more, if no path leads to it any more: whoever goes on reading it has to hold it. Linux only. */
  openDeleted(): OpenedFile | undefined {
    const descriptor = this.#options.descriptors.get(this);
    if (descriptor === undefined) return undefined;
    try {
      const { nlink, size, mtimeNs } = fstatSync(descriptor, { bigint: true });
      if (nlink > 0n) return undefined;
      return { path: this.path, descriptor: openSync(`/proc/self/fd/${descriptor}`, 'r'), checkpoint: this.#snapshot(), size: Number(size), changedNs: mtimeNs };
    } catch {
      return undefined;
    }
  }

  #fill(target: Uint8Array<ArrayBuffer>, from: number, room: number): number {
    if (room <= 0) return 0;
    const { descriptors, owner, warn } = this.#options;
    try {
      const descriptor = descriptors.use(this);
      if (descriptor === undefined) {
        this.#stop('is gone');
        return 0;
      }
      const intact = this.#isIntact(descriptor);
      const length = intact ? readSync(descriptor, target, 0, room, from) : 0;
      this.#failing = false;
      if (intact) return length;
    } catch (error) {
      // A network file system that lost its server: opened again at the next look.
      if (!this.#failing) warn(`${this.path} can't be read (${errorText(error)}): trying again`);
      this.#failing = true;
      descriptors.close(this);
      return 0;
    }
    const copy = owner.truncated(this);
    if (copy !== undefined) return this.#fill(target, from, Math.min(room, this.#limit - from));
    this.#stop('was truncated');
    return 0;
  }

  /**
   * Truncation shows in the bytes before the position: they are gone, or others, even when the file has outgrown its
   * old size. One read of 64 bytes for each read of 256 KiB.
   */
  #isIntact(descriptor: number): boolean {
    const now = peek(descriptor, this.#position - this.#markerBytes, this.#position);
    return Buffer.compare(now, this.#marker.subarray(0, this.#markerBytes)) === 0;
  }

  #note(target: Uint8Array<ArrayBuffer>, from: number, length: number): void {
    this.activeAtMs = performance.now();
    const fresh = Math.min(from + length - this.#position, length);
    if (fresh <= 0) return; // read before
    this.#position = from + length;
    this.#remember(target.subarray(length - fresh, length));
  }

  #remember(bytes: Uint8Array): void {
    const added = bytes.subarray(Math.max(0, bytes.length - MARKER_BYTES));
    const kept = Math.min(this.#markerBytes, MARKER_BYTES - added.length);
    this.#marker.copyWithin(0, this.#markerBytes - kept, this.#markerBytes);
    this.#marker.set(added, kept);
    this.#markerBytes = kept + added.length;
  }

  get #isDeleted(): boolean {
    const { descriptors } = this.#options;
    const descriptor = descriptors.get(this) ?? this.reopen();
    if (descriptor === undefined) return true;
    const { nlink } = fstatSync(descriptor);
    if (descriptors.get(this) === undefined) closeSync(descriptor);
    return nlink === 0;
  }

  #stop(why: string): void {
    this.#isGone = true;
    const end = Math.max(this.#position, Math.min(this.seen.size, this.#limit));
    this.missing = end - this.offset; // what was read and is in no record yet would have been read again
    this.lost = this.mayGoOn ? 0 : this.missing;
    if (this.lost > 0) this.#options.warn(`${this.path} ${why} before its last ${this.lost} bytes could be taken: they are lost`);
    this.#limit = this.#position;
    this.#ended = true;
  }

  #finish(): void {
    this.#done = true;
    this.#refresh(this.#position);
    this.#options.descriptors.close(this);
    this.#options.owner.done(this);
  }

  #snapshot(): Checkpoint {
    this.#refresh(this.#acknowledged);
    return (this.#checkpoint = { ...this.#place(), offset: Math.min(this.#acknowledged, this.#limit) });
  }

  #place(): Checkpoint {
    const { seenAt: _, learned: __, ahead: ___, ...rest } = this.#checkpoint;
    const learned = this.learned === undefined ? {} : { learned: [...this.learned] };
    return { ...rest, ...learned, path: this.#meant, ...(this.ahead && { ahead: this.ahead }), ...(this.#seenAt !== undefined && { seenAt: this.#seenAt }) };
  }

  /** Takes prefix and marker anew, as far as the file is open and is still the one that was read. */
  #refresh(end: number): void {
    const descriptor = this.#options.descriptors.get(this);
    if (descriptor === undefined) return;
    try {
      const grows = this.#checkpoint.prefix.bytes < PREFIX_BYTES && this.#position > this.#checkpoint.prefix.bytes;
      const prefix = grows ? prefixOf(descriptor, this.#position) : this.#checkpoint.prefix;
      const marker = markerOf(descriptor, end);
      // Looked at last: what was taken before is what was read.
      if (this.#isIntact(descriptor)) this.#checkpoint = { ...this.#checkpoint, prefix, marker };
    } catch {
      // The file system is away. The marker from before is still true.
    }
  }
}


import { fstatSync, readSync } from 'node:fs';
import { errorText } from '../state/error-code.ts';
import type { Checkpoint } from '../state/checkpoints.ts';
import { deletedSize, isDeleted, openDeletedFile } from './deleted-file.ts';
import type { Holder } from './descriptors.ts';
import type { OpenedFile } from './file-intake.ts';
import { FileIdentity } from './file-identity.ts';
import { isBeginningOf, isCopyOfKnown } from './fingerprint.ts';
import type { FileSourceOptions } from './file-source-options.ts';
import { ReadMark } from './read-mark.ts';
import type { LearnedShape } from '../records/head.ts';
import type { Source, StreamPositions } from './source.ts';
import type { TailedFile } from './tailed-files.ts';

/** One generation of a file, read over a descriptor that is held whatever happens to the path. */
export class FileSource implements Source, Holder {
  readonly index: number;
  readonly id: string;
  readonly name: string;
  readonly input: string;
  readonly hasOwnMessages: boolean;
  readonly identity: FileIdentity;
  offset: number;
  activeAtMs = performance.now();
  learned: readonly LearnedShape[] | undefined;
  ahead: StreamPositions | undefined;
  predecessor: TailedFile | undefined;
  /** Bytes that are known to have been there and could not be read. */
  lost = 0;
  /** Bytes that were not taken when it ended too early: lost, unless a copy is found. */
  missing = 0;
  /** It has ended and everything was read: who reads has taken `lost`. */
  isDone = false;
  /** There was nothing more to be read at the last look. */
  isIdle = false;
  /** It was truncated, and a copy is still looked for. */
  mayGoOn = false;
  /** Since when the path is not this file any more, in ms of the monotonic clock. */
  orphanedAtMs: number | undefined;
  /** The file as it was when its path was last looked at. */
  seen: { readonly device: bigint; readonly inode: bigint; readonly size: number; readonly changedNs: bigint };
  readonly #options: FileSourceOptions;
  /** How far it was read. */
  readonly #mark: ReadMark;
  #acknowledged: number;
  #limit: number;
  #ended: boolean;
  /** What was not read of it is in no file any more. */
  #isGone = false;
  #failing = false;

  constructor(options: FileSourceOptions) {
    const { checkpoint, descriptor } = options;
    this.#options = options;
    this.index = options.index;
    this.id = checkpoint.id;
    this.name = options.path;
    this.seen = { device: BigInt(checkpoint.device), inode: BigInt(checkpoint.inode), size: options.size, changedNs: options.changedNs };
    this.input = checkpoint.input;
    this.hasOwnMessages = options.hasOwnMessages;
    this.learned = checkpoint.learned;
    this.ahead = checkpoint.ahead;
    this.offset = checkpoint.offset;
    this.#acknowledged = checkpoint.offset;
    this.#limit = options.limit;
    this.#ended = checkpoint.offset >= options.limit;
    this.#mark = new ReadMark(descriptor, this.offset, checkpoint.marker);
    this.identity = new FileIdentity(options.path, checkpoint, this.#mark);
    options.descriptors.add(this, descriptor);
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Highest offset that was read. */
  get position(): number {
    return this.#mark.position;
  }

  /** Where the file was last seen. */
  get path(): string {
    return this.identity.path;
  }

  get knownEnd(): number {
    return this.position + this.unread;
  }

  get unread(): number {
    return Math.max(0, Math.min(this.seen.size, this.#limit) - this.position);
  }

  /** All that was made into records is safe. */
  get isSettled(): boolean {
    return this.#acknowledged >= this.offset;
  }

  /** Offset below which all is safe. */
  get acknowledged(): number {
    return this.#acknowledged;
  }

  get canReopen(): boolean {
    return !this.#ended && this.orphanedAtMs === undefined;
  }

  read(target: Uint8Array<ArrayBuffer>, skip: number): number {
    if (target.length === 0 || this.isDone) return 0;
    const hadEnded = this.#ended;
    const from = this.offset + skip;
    const room = Math.min(target.length, this.#limit - from);
    const length = this.#fill(target, from, room);
    if (length > 0) {
      this.activeAtMs = performance.now();
      this.#mark.note(target.subarray(0, length), from);
    }
    // With a limit, a file that has become shorter than that is at its end too.
    if (this.#limit !== Infinity && (length < room || this.position >= this.#limit)) this.#ended = true;
    this.isIdle = length < target.length;
    if (length === 0 && hadEnded && skip === 0) this.#finish();
    else if (this.isIdle && !this.#ended) this.#options.owner.idle(this);
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
    this.#options.checkpoints.changed(this.identity.checkpoint, () => this.#snapshot());
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

  reopen(): number | undefined {
    return this.identity.open();
  }

  /** Bytes of the file, if no path leads to it any more: as long as it is open, the disk has to keep them. */
  get deletedBytes(): number {
    const descriptor = this.orphanedAtMs === undefined ? undefined : this.#options.descriptors.get(this);
    return descriptor === undefined ? 0 : deletedSize(descriptor);
  }

  /** Bytes that are not safe, and that nobody can read again once this process has ended. They may have been read. */
  get heldAlone(): number {
    const end = this.#isGone ? this.offset : this.knownEnd;
    return end > this.#acknowledged && (this.#isGone || isDeleted(this.#options.descriptors.get(this), () => this.reopen())) ? end - this.#acknowledged : 0;
  }

  /** Ends before all of it was read. What is in no record yet is lost, unless it can be gone on with elsewhere. */
  giveUp(why: string): void {
    this.seen = { ...this.seen, size: this.sizeNow() ?? this.position };
    this.#stop(why);
    this.#limit = this.offset;
    this.#options.descriptors.close(this);
  }

  /** Its content is gone from the file, and at best in a copy. */
  detach(): void {
    const before = this.identity.checkpoint;
    this.#options.checkpoints.move(before, { ...this.identity.takeAsRead(this.#acknowledged, this), detached: true });
  }

  /** What is known of it as far as it was read, which may be farther than what is safe. */
  asRead(): Checkpoint {
    return this.identity.asRead(this);
  }

  /** Goes on in a copy of the file; to its end, if that comes before what was read. */
  moveTo({ path, descriptor, checkpoint, size, changedNs }: OpenedFile): void {
    const { descriptors } = this.#options;
    descriptors.close(this);
    descriptors.add(this, descriptor);
    this.identity.moveTo(path, checkpoint);
    this.seen = { device: BigInt(checkpoint.device), inode: BigInt(checkpoint.inode), size, changedNs };
    if (size >= this.position) return;
    this.#limit = size;
    this.#mark.set(descriptor, size);
  }

  /** Sees to it at once if what was read of it is gone; else it would come out when it is read. */
  look(): void {
    const descriptor = this.#options.descriptors.use(this);
    try {
      if (this.#ended || descriptor === undefined || this.identity.isIn(descriptor)) return;
    } catch {
      return; // the next read says what is wrong
    }
    if (this.#options.owner.truncated(this) === undefined) this.#stop('was truncated');
  }

  /**
   * Whether an open file of `size` bytes is a copy of this one, or of its beginning. That this one has not been truncated is
   * looked at last: else bytes of another generation would have been compared.
   */
  isCopiedBy(copy: number, size: number): boolean {
    const descriptor = this.#options.descriptors.use(this);
    const isCopy = descriptor !== undefined && isBeginningOf(copy, size, descriptor);
    if (descriptor !== undefined && this.identity.isIn(descriptor)) return isCopy;
    this.look();
    return isCopyOfKnown(copy, size, this.asRead());
  }

  /** Whether the file holds what was read of it; true if nobody can tell just now. */
  get isIntact(): boolean {
    try {
      const descriptor = this.#options.descriptors.get(this);
      return descriptor === undefined || this.identity.isIn(descriptor);
    } catch {
      return true; // the next read says what is wrong
    }
  }

  /** The file, opened once more, if no path leads to it any more. */
  openDeleted(): OpenedFile | undefined {
    const descriptor = this.#options.descriptors.get(this);
    const opened = descriptor === undefined ? undefined : openDeletedFile(descriptor);
    return opened && { path: this.path, ...opened, checkpoint: this.#snapshot() };
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
      const length = readSync(descriptor, target, 0, room, from);
      const intact = this.identity.isIn(descriptor); // looked at last: then what came is of the same generation
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

  #stop(why: string): void {
    this.#isGone = true;
    const end = Math.max(this.position, Math.min(this.seen.size, this.#limit));
    this.missing = end - this.offset; // what was read and is in no record yet would have been read again
    this.lost = this.mayGoOn ? 0 : this.missing;
    if (this.lost > 0) this.#options.warn(`${this.path} ${why} before its last ${this.lost} bytes could be taken: they are lost`);
    this.#limit = this.position;
    this.#ended = true;
  }

  #finish(): void {
    this.isDone = true;
    this.#refresh(this.position);
    this.#options.descriptors.close(this);
    this.#options.owner.done(this);
  }

  #snapshot(): Checkpoint {
    this.#refresh(this.#acknowledged);
    return this.identity.take(Math.min(this.#acknowledged, this.#limit), this);
  }

  /** As far as the file is open. */
  #refresh(end: number): void {
    const descriptor = this.#options.descriptors.get(this);
    if (descriptor !== undefined) this.identity.refresh(descriptor, end);
  }
}

import type { Checkpoint } from '../state/checkpoints.ts';
import { PREFIX_BYTES, hasPrefix, markerOf, prefixOf } from './fingerprint.ts';
import { lastChange } from './last-change.ts';
import { findInode, openIf, realPath } from './moved-file.ts';
import type { ReadMark } from './read-mark.ts';
import type { Source } from './source.ts';

/** What a source has learned, how far its streams are safe, and when it was written to: all are part of its checkpoint. */
type Known = Pick<Source, 'learned' | 'ahead'> & { readonly seen: { readonly changedNs: bigint } };

/** Who one generation of a file is: its inode, its names and what it begins and ends with, so that it is known again anywhere. */
export class FileIdentity {
  /** Where the file was last seen. */
  path: string;
  #checkpoint: Checkpoint;
  /** The last of its names that was meant; and its own path, if that leads to it by a link, or it was renamed. */
  #meant: string;
  #seenAt: string | undefined;
  readonly #mark: ReadMark;

  /** `mark`: how far it was read. */
  constructor(path: string, checkpoint: Checkpoint, mark: ReadMark) {
    this.path = path;
    this.#checkpoint = checkpoint;
    this.#meant = checkpoint.path;
    this.#seenAt = checkpoint.seenAt;
    this.#mark = mark;
  }

  /** As it was taken last. */
  get checkpoint(): Checkpoint {
    return this.#checkpoint;
  }

  /** Device and inode. */
  get key(): string {
    return `${this.#checkpoint.device}:${this.#checkpoint.inode}`;
  }

  /** The path at which it belongs. */
  get meantPath(): string {
    return this.#meant;
  }

  /** It was given a name that is meant. Gives the path that leads to it without links. */
  rename(path: string): string {
    const real = realPath(path);
    this.path = this.#meant = path;
    this.#seenAt = real === path ? undefined : real;
    return real;
  }

  /** Its content is in another file from now on. */
  moveTo(path: string, checkpoint: Checkpoint): void {
    this.path = this.#seenAt = path;
    this.#checkpoint = checkpoint;
  }

  /** Opens the file by its path, or, when that is another one by now, by its inode in the same folder. */
  open(): number | undefined {
    const { device, inode } = this.#checkpoint;
    const here = openIf(this.path, device, inode);
    if (here !== undefined) return here;
    const elsewhere = findInode(this.path, inode); // it reads a whole folder
    return elsewhere === undefined ? undefined : openIf(elsewhere, device, inode);
  }

  /** What is known of it as far as it was read, which may be farther than what is safe. */
  asRead(known: Known): Checkpoint {
    return { ...this.#place(known), offset: this.#mark.position, prefix: this.#checkpoint.prefix, marker: this.#mark.marker };
  }

  /** Its checkpoint at an offset from now on. */
  take(offset: number, known: Known): Checkpoint {
    return (this.#checkpoint = { ...this.#place(known), offset });
  }

  /** Its content is gone from the file: its checkpoint is what is known as far as it was read, at a safe offset. */
  takeAsRead(offset: number, known: Known): Checkpoint {
    return (this.#checkpoint = { ...this.asRead(known), offset });
  }

  /** Takes prefix, and marker before `end`, anew, if the file is still the one that was read. */
  refresh(descriptor: number, end: number): void {
    try {
      const { position } = this.#mark;
      const grows = this.#checkpoint.prefix.bytes < PREFIX_BYTES && position > this.#checkpoint.prefix.bytes;
      const prefix = grows ? prefixOf(descriptor, position) : this.#checkpoint.prefix;
      const marker = markerOf(descriptor, end);
      // Looked at last: what was taken before is what was read.
      if (this.isIn(descriptor)) this.#checkpoint = { ...this.#checkpoint, prefix, marker };
    } catch {
      // The file system is away. The marker from before is still true.
    }
  }

  /** Whether an open file holds what was read of it. If that is not much, it has to begin as it did when it was taken up. */
  isIn(descriptor: number): boolean {
    const { prefix } = this.#checkpoint;
    return this.#mark.isIntact(descriptor) && (this.#mark.position >= prefix.bytes || hasPrefix(descriptor, prefix));
  }

  #place({ learned, ahead, seen }: Known): Checkpoint {
    const { seenAt: _, learned: __, ahead: ___, ...rest } = this.#checkpoint;
    return { ...rest, ...(learned && { learned: [...learned] }), path: this.#meant, changedNs: lastChange(seen.changedNs), ...(ahead && { ahead }), ...(this.#seenAt !== undefined && { seenAt: this.#seenAt }) };
  }
}

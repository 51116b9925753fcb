import type { Checkpoint } from '../state/checkpoints.ts';
import { MARKER_BYTES, hashOf, peek } from './fingerprint.ts';

/**
 * How far a file was read, and the last bytes before that place. Truncation shows in them: they are gone, or others, even
 * when the file has outgrown its old size.
 */
export class ReadMark {
  readonly #bytes = new Uint8Array(MARKER_BYTES);
  #length = 0;
  #position = 0;
  /** What these bytes hash to, as long as they are only known by that. */
  #hash: string | undefined;

  /** `known`: what is said of the file; it may have been truncated since. */
  constructor(descriptor: number, position: number, known: Checkpoint['marker']) {
    if (known.end !== position) this.set(descriptor, position);
    else [this.#position, this.#length, this.#hash] = [position, known.bytes, known.hash];
  }

  /** Highest offset that was read. */
  get position(): number {
    return this.#position;
  }

  /** What is below `position` was read, of this file. */
  set(descriptor: number, position: number): void {
    this.#position = position;
    this.#length = 0;
    this.#hash = undefined;
    this.#remember(peek(descriptor, Math.max(0, position - MARKER_BYTES), position));
  }

  /** These bytes, from `offset` on, were read. Some of them may have been before. */
  note(bytes: Uint8Array, offset: number): void {
    const end = offset + bytes.length;
    const fresh = Math.min(end - this.#position, bytes.length);
    if (fresh <= 0) return;
    this.#position = end;
    this.#remember(bytes.subarray(bytes.length - fresh));
  }

  /** Whether the file still has the bytes before the position. One read of 64 bytes for each read of 256 KiB. */
  isIntact(descriptor: number): boolean {
    const now = peek(descriptor, this.#position - this.#length, this.#position);
    if (this.#hash === undefined) return Buffer.compare(now, this.#bytes.subarray(0, this.#length)) === 0;
    if (hashOf(now) !== this.#hash) return false;
    this.#hash = undefined;
    this.#bytes.set(now);
    return true;
  }

  /** As it is remembered in a checkpoint. */
  get marker(): Checkpoint['marker'] {
    return { end: this.#position, bytes: this.#length, hash: this.#hash ?? hashOf(this.#bytes.subarray(0, this.#length)) };
  }

  #remember(bytes: Uint8Array): void {
    const added = bytes.subarray(Math.max(0, bytes.length - MARKER_BYTES));
    const kept = Math.min(this.#length, MARKER_BYTES - added.length);
    this.#bytes.copyWithin(0, this.#length - kept, this.#length);
    this.#bytes.set(added, kept);
    this.#length = kept + added.length;
  }
}

import type { LogEvent } from '../event.ts';
import type { Source } from '../inputs/source.ts';
import { HEAD_BYTES, type Head } from './head.ts';
import type { InputChunk } from './input-chunk.ts';

/** The longest that lines are held back to learn how they are to be read, in ms. A silence ends it sooner. */
const HELD_MS = 1_000;

/** Shows the heads of sources to what learns from them, before records are made of them. */
export class HeadReader {
  readonly #chunkBytes: number;
  /** By source: since when it is held back. */
  readonly #heldSinceMs = new Map<number, number>();

  constructor(chunkBytes: number) {
    this.#chunkBytes = chunkBytes;
  }

  /**
   * Lets `head` look at what is there of a source, into the chunk and with the event that reading will use. True: a few
   * more lines would tell how these are to be read, and it is worth waiting for them. `flush`, `isLast`: none will come soon.
   */
  holds(head: Head, source: Source, chunk: InputChunk, event: LogEvent, flush: boolean, isLast: boolean, nowMs: number): boolean {
    if (source.offset > 0 && !head.began) this.#catchUp(head, source, chunk, event);
    const length = source.read(chunk.target(0, this.#chunkBytes), 0);
    chunk.set(length);
    head.look(chunk, length, source, isLast && length < this.#chunkBytes, event);
    const waits = this.#waits(head, source, flush || isLast, nowMs);
    if (head.wants && !waits) head.settle(source.offset, event);
    source.learned = head.learned;
    return waits;
  }

  #waits(head: Head, { index }: Source, ends: boolean, nowMs: number): boolean {
    const sinceMs = this.#heldSinceMs.get(index) ?? nowMs;
    const waits = head.wants && !ends && nowMs - sinceMs < HELD_MS;
    if (waits) this.#heldSinceMs.set(index, sinceMs);
    else this.#heldSinceMs.delete(index);
    return waits;
  }

  /** What was read by an earlier run is looked at again: a file's head is its first bytes, wherever reading goes on. */
  #catchUp(head: Head, source: Source, chunk: InputChunk, event: LogEvent): void {
    const length = source.readHead?.(chunk.target(0, this.#chunkBytes), Math.min(source.offset, HEAD_BYTES)) ?? 0;
    chunk.set(length);
    head.look(chunk, length, { offset: 0, places: source.places }, false, event);
  }
}

import type { Arena, Region } from '../arena.ts';

/** Where a batch may lie, and how much goes into it. */
export interface BatchLimits {
  /** Body bytes, framing included. */
  readonly bytes: number;
  readonly events: number;
}

/**
 * Encoded records on their way to one destination, in a slot of the arena that is used again and again. Record i is
 * `body` from `starts(i)` to `ends[i]`, and stems from `lengths[i]` bytes at `offsets[i]` of source `sources[i]`.
 */
export class Batch {
  readonly region: Region;
  /** The slot. What is filled of it is `body`. */
  readonly memory: Uint8Array<ArrayBuffer>;
  readonly ends: Int32Array;
  readonly offsets: Float64Array;
  readonly lengths: Int32Array;
  readonly sources: Int32Array;
  /** Bytes and records in it. */
  length = 0;
  count = 0;
  /** When its first record came, in ms of the monotonic clock. */
  openedAtMs = 0;

  constructor(arena: Arena, limits: BatchLimits) {
    this.region = arena.claim(limits.bytes);
    this.memory = arena.bytes.subarray(this.region.start, this.region.end);
    this.ends = new Int32Array(limits.events);
    this.offsets = new Float64Array(limits.events);
    this.lengths = new Int32Array(limits.events);
    this.sources = new Int32Array(limits.events);
  }

  get body(): Uint8Array<ArrayBuffer> {
    return this.memory.subarray(0, this.length);
  }

  /** Bytes of the encoded record `index`, framing included. A view: valid until the batch is used again. */
  record(index: number): Uint8Array<ArrayBuffer> {
    return this.memory.subarray(this.startOf(index), this.ends[index] ?? 0);
  }

  startOf(index: number): number {
    return index === 0 ? 0 : (this.ends[index - 1] ?? 0);
  }

  clear(): void {
    this.length = 0;
    this.count = 0;
  }
}

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
  /** In the arena: the kernel writes it. */
  readonly ends: Int32Array<ArrayBuffer>;
  readonly #endsAddress: number;
  readonly offsets: Float64Array;
  readonly lengths: Int32Array;
  readonly sources: Int32Array;
  /** Bytes and records in it. */
  length = 0;
  count = 0;
  #outsize: Uint8Array<ArrayBuffer> | undefined;
  /** When its first record came, in ms of the monotonic clock. */
  openedAtMs = 0;

  constructor(arena: Arena, limits: BatchLimits) {
    this.region = arena.claim(limits.bytes);
    this.memory = arena.bytes.subarray(this.region.start, this.region.end);
    this.#endsAddress = arena.claim(limits.events * 4).start;
    this.ends = new Int32Array(arena.memory.buffer, this.#endsAddress, limits.events);
    this.offsets = new Float64Array(limits.events);
    this.lengths = new Int32Array(limits.events);
    this.sources = new Int32Array(limits.events);
  }

  get body(): Uint8Array<ArrayBuffer> {
    return (this.#outsize ?? this.memory).subarray(0, this.length);
  }

  /** Where the kernel stores the end of record `index`. */
  endAddress(index: number): number {
    return this.#endsAddress + index * 4;
  }

  /** A record that no slot can hold: it lies in memory of its own until the batch is used again. */
  holdOutsize(memory: Uint8Array<ArrayBuffer>): void {
    this.#outsize = memory;
  }

  /** Bytes of the encoded record `index`, framing included. A view: valid until the batch is used again. */
  record(index: number): Uint8Array<ArrayBuffer> {
    return this.body.subarray(this.startOf(index), this.ends[index] ?? 0);
  }

  startOf(index: number): number {
    return index === 0 ? 0 : (this.ends[index - 1] ?? 0);
  }

  clear(): void {
    this.#outsize = undefined;
    this.length = 0;
    this.count = 0;
  }
}

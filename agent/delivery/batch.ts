import type { Arena, Region } from '../arena.ts';
import { Run } from '../kernel/run-state.ts';

/** Where a batch may lie, and how much goes into it. */
export interface BatchLimits {
  /** Body bytes, framing included. */
  readonly bytes: number;
  readonly events: number;
}

/** Bytes a batch claims of its arena. */
export function batchBytes({ bytes, events }: BatchLimits): number {
  return bytes + events * RECORD_BYTES + 5 * CLAIM_BYTES;
}

/** What a record costs beside its bytes; and what a claim may cost beside them. */
const [RECORD_BYTES, CLAIM_BYTES] = [20, 80];

/**
 * Encoded records on their way to one destination, in a slot of the arena that is used again and again. Record i is
 * `body` from `starts(i)` to `ends[i]`, and stems from `lengths[i]` bytes at `offsets[i]` of source `sources[i]`.
 */
export class Batch {
  readonly region: Region;
  /** The slot. What is filled of it is `body`. */
  readonly memory: Uint8Array<ArrayBuffer>;
  // In the arena: kernels write them.
  readonly ends: Int32Array<ArrayBuffer>;
  readonly #endsAddress: number;
  readonly offsets: Float64Array<ArrayBuffer>;
  readonly lengths: Int32Array<ArrayBuffer>;
  readonly sources: Int32Array<ArrayBuffer>;
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
    const memory = arena.memory.buffer;
    this.offsets = new Float64Array(memory, arena.claim(limits.events * 8).start, limits.events);
    this.lengths = new Int32Array(memory, arena.claim(limits.events * 4).start, limits.events);
    this.sources = new Int32Array(memory, arena.claim(limits.events * 4).start, limits.events);
  }

  get body(): Uint8Array<ArrayBuffer> {
    return (this.#outsize ?? this.memory).subarray(0, this.length);
  }

  /** Where the kernel stores the end of record `index`. */
  endAddress(index: number): number {
    return this.#endsAddress + index * 4;
  }

  /** Lets a kernel add records, until `takeBack`. */
  lend(run: Int32Array): void {
    run[Run.ENDS] = this.#endsAddress;
    run[Run.OFFSETS] = this.offsets.byteOffset;
    run[Run.LENGTHS] = this.lengths.byteOffset;
    run[Run.SOURCES] = this.sources.byteOffset;
    run[Run.COUNT] = this.count;
    run[Run.LIMIT] = this.ends.length;
  }

  takeBack(run: Int32Array): void {
    this.count = run[Run.COUNT] as number;
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

import type { Arena, Region } from './arena.ts';
import type { Batch } from './delivery/batch.ts';
import { Value } from './event.ts';
import { encodePlain } from './kernel/encode-plain.ts';
import type { Encode } from './kernel/kernel.ts';
import { Kind, KIND_BITS, PIECE_BYTES, PIECE_INTS, QUOTE_GROWTH } from './kernel/pieces.ts';
import { Run } from './kernel/run-state.ts';
import type { Stored } from './stored.ts';

/** Pieces in a list: some 200 KB, so that it stays in the processor's second cache. */
export const LIST_PIECES = 16_384;
/** U+FFFD for a single byte. */
const REPAIR_GROWTH = 3;
/** Digits of the largest 64-bit integer. */
const INTEGER_BYTES = 20;
const PLACE_BYTES = 32;

/**
 * What an encoder has written and the kernel has not: pieces, and how many bytes they become at most. The last record's
 * pieces are only prepared until they are committed.
 */
export class PieceList {
  readonly #arena: Arena;
  readonly #encode: Encode;
  readonly #ints: Int32Array;
  readonly #region: Region;
  /** Index of the next int; where the committed pieces end; and the bytes that those and all pieces become at most. */
  #at: number;
  #committed: number;
  #committedBytes = 0;
  #bytes = 0;
  #templateKind: number = Kind.TEMPLATE;
  /** By the kind of a value: the kind of its piece, and how much longer than the value its bytes may be. */
  readonly #kinds = new Int32Array(2);
  readonly #growth = Int32Array.of(QUOTE_GROWTH, 1);

  constructor(arena: Arena, encode: Encode) {
    this.#arena = arena;
    this.#encode = encode;
    this.#ints = new Int32Array(arena.memory.buffer);
    this.#region = arena.claim(LIST_PIECES * PIECE_BYTES);
    this.#at = this.#committed = this.#region.start / 4;
  }

  /** Bytes that all pieces become at most. */
  get bytes(): number {
    return this.#bytes;
  }

  get isEmpty(): boolean {
    return this.#at === this.#region.start / 4;
  }

  hasRoom(pieces: number): boolean {
    return this.#at + pieces * PIECE_INTS <= this.#region.end / 4;
  }

  /** Whether the values to come are valid UTF-8, and whether JSON among them has line ends between its tokens. */
  expect(valid: boolean, multiline: boolean): void {
    const asIs = valid && !multiline;
    this.#templateKind = asIs ? Kind.TEMPLATE : Kind.TEMPLATE_REPAIRED;
    this.#kinds[Value.TEXT] = valid ? Kind.QUOTE : Kind.QUOTE_REPAIRED;
    this.#kinds[Value.JSON] = asIs ? Kind.COPY : Kind.COPY_REPAIRED;
    this.#growth[Value.JSON] = asIs ? 1 : REPAIR_GROWTH;
  }

  /** The leaves of a template; `bytes`: what they become at most. */
  template(address: number, slots: number, bytes: number): void {
    this.#piece(address, slots, this.#templateKind);
    this.#bytes += bytes;
  }

  value(address: number, length: number, kind: number): void {
    this.#piece(address, length, this.#kinds[kind] as number);
    this.#bytes += length * (this.#growth[kind] as number) + 2;
  }

  integer(value: number): void {
    this.integerOf(value | 0, Math.floor(value / 2 ** 32));
  }

  /** An unsigned integer by its low and high 32 bits. */
  integerOf(low: number, high: number): void {
    this.#piece(low, high, Kind.INTEGER);
    this.#bytes += INTEGER_BYTES;
  }

  /** A record's place in its source. */
  place(offset: number, length: number): void {
    this.#piece(offset | 0, length, Kind.PLACE | (Math.floor(offset / 2 ** 32) << KIND_BITS));
    this.#bytes += PLACE_BYTES;
  }

  /** A prepared text as the inside of a JSON string, with its quotes. */
  quoted({ address, length }: Stored): void {
    this.#piece(address, length, Kind.QUOTE);
    this.#bytes += length * QUOTE_GROWTH + 2;
  }

  copy({ address, length }: Stored): void {
    this.copyAt(address, length);
  }

  copyAt(address: number, length: number): void {
    if (length === 0) return;
    this.#piece(address, length, Kind.COPY);
    this.#bytes += length;
  }

  /** The prepared record counts; where it ends is stored at `address`. */
  commit(address: number): void {
    this.#piece(address, 0, Kind.MARK);
    this.#committed = this.#at;
    this.#committedBytes = this.#bytes;
  }

  /** Forgets what was prepared and not committed. */
  rollback(): void {
    this.#at = this.#committed;
    this.#bytes = this.#committedBytes;
  }

  /** Lets a kernel add committed records, until `takeBack`. Nothing is prepared then. `room`: bytes that the list may become at most. */
  lend(run: Int32Array, room: number): void {
    run[Run.LIST] = this.#at * 4;
    run[Run.LIST_END] = this.#region.end;
    run[Run.LIST_BYTES] = this.#bytes;
    run[Run.ROOM] = room;
  }

  takeBack(run: Int32Array): void {
    this.#at = this.#committed = (run[Run.LIST] as number) / 4;
    this.#bytes = this.#committedBytes = run[Run.LIST_BYTES] as number;
  }

  /** Writes the committed records into the batch; what was only prepared stays prepared. */
  flush(batch: Batch): void {
    const first = this.#region.start / 4;
    const count = (this.#committed - first) / PIECE_INTS;
    if (count > 0) {
      const start = batch.region.start + batch.length;
      batch.length = this.#encode(this.#region.start, count, start, batch.region.start) - batch.region.start;
      this.#ints.copyWithin(first, this.#committed, this.#at);
    }
    this.#at -= this.#committed - first;
    this.#bytes -= this.#committedBytes;
    this.#committed = first;
    this.#committedBytes = 0;
  }

  /** Counts what the prepared record really becomes. Behind a `flush`: nothing else is in the list then. */
  measure(): void {
    this.#bytes = this.#write().length;
  }

  /** The bytes of the prepared record, behind a `flush`. It is forgotten; where it ends is stored at `address`. */
  takeAlone(address: number): Uint8Array<ArrayBuffer> {
    this.#piece(address, 0, Kind.MARK);
    const bytes = this.#write();
    this.rollback();
    return bytes;
  }

  #write(): Uint8Array<ArrayBuffer> {
    const pieces = this.#ints.subarray(this.#region.start / 4, this.#at);
    const out = new Uint8Array(this.#bytes);
    return out.subarray(0, encodePlain(this.#arena.bytes, pieces, pieces.length / PIECE_INTS, out, 0, 0));
  }

  #piece(address: number, length: number, kind: number): void {
    const ints = this.#ints;
    const at = this.#at;
    ints[at] = address;
    ints[at + 1] = length;
    ints[at + 2] = kind;
    this.#at = at + PIECE_INTS;
  }
}

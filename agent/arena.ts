import { SLACK } from './kernel/pieces.ts';

const PAGE_BYTES = 65_536;
const LF = 0x0a;
/** Where the next free byte of the scratch region is told, as an integer, its end, and its round: kernels take of it too. */
const [SCRATCH_AT, SCRATCH_END, ROUND] = [64, 68, 72];
/** Up to here memory belongs to the kernels that are made of TypeScript: their constants and objects (see build.mjs). */
export const STATIC_END = 131_072;

/** A part of the arena's memory. `start` and `end` are addresses. */
export interface Region {
  readonly start: number;
  readonly end: number;
}

/** Sizes of the parts of an arena, in bytes. */
export interface ArenaSizes {
  /** One chunk, with the part of a record that was carried into it. */
  readonly input: number;
  /** Computed values and records that had to be put together, until they are encoded. */
  readonly scratch: number;
  /** Prepared keys and values, for the life of the arena. */
  readonly constants: number;
}

/**
 * The one block of memory a lane works in: chunk, scratch, lists and output. Its size is fixed at the start, since
 * growing a WebAssembly.Memory detaches every view of it. `bytes` is all of it; an address is an index in it.
 */
export class Arena {
  readonly memory: WebAssembly.Memory;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly input: Region;
  readonly scratch: Region;
  /** Texts that were written to scratch space as a whole, since somebody asked for them: start and end of each in turn. */
  texts: number[] | undefined;
  #free = STATIC_END; // address 0 stays unused, so that 0 can mean "none"
  #constantsAt: number;
  readonly #constants: Region;
  readonly #known = new Map<string, number>();
  readonly #ints: Int32Array;

  /** `reserve` is what `claim` may give out later, in bytes. */
  constructor(sizes: ArenaSizes, reserve: number) {
    const parts = STATIC_END + sizes.input + sizes.scratch + sizes.constants + 3 * 2 * SLACK;
    const pages = Math.ceil((parts + reserve) / PAGE_BYTES);
    this.memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
    this.bytes = new Uint8Array(this.memory.buffer);
    this.#ints = new Int32Array(this.memory.buffer);
    this.#constants = this.claim(sizes.constants);
    this.scratch = this.claim(sizes.scratch);
    this.input = this.claim(sizes.input);
    this.#constantsAt = this.#constants.start;
    this.#scratchAt = this.scratch.start;
    this.#ints[SCRATCH_END / 4] = this.scratch.end;
  }

  get #scratchAt(): number {
    return this.#ints[SCRATCH_AT / 4] as number;
  }

  set #scratchAt(address: number) {
    this.#ints[SCRATCH_AT / 4] = address;
  }

  /** Counts resets of the scratch space: what lies there is valid for one round. */
  get round(): number {
    return this.#ints[ROUND / 4] as number;
  }

  /** Takes `bytes` from what was reserved, aligned to 8, with slack behind it. Throws when nothing is left. */
  claim(bytes: number): Region {
    const start = this.#free;
    const end = start + bytes;
    if (end + SLACK > this.bytes.length) throw new Error(`arena is full: ${bytes} bytes asked for, ${this.bytes.length - start - SLACK} left`);
    this.#free = Math.ceil((end + SLACK) / 8) * 8;
    return { start, end };
  }

  /** Address of a text that is needed again and again; the same text gives the same address. `length` is in UTF-8 bytes. */
  constant(text: string): { address: number; length: number } {
    const length = Buffer.byteLength(text);
    const known = this.#known.get(text);
    if (known !== undefined) return { address: known, length };
    const address = this.#constantsAt;
    if (address + length + SLACK > this.#constants.end) throw new Error('arena has no room left for constants');
    Buffer.from(this.memory.buffer).write(text, address);
    this.#constantsAt += length;
    this.#known.set(text, address);
    return { address, length };
  }

  /** Puts integers among the constants; their address, or -1 when half of the room is taken: the rest is for texts. */
  integers(values: Int32Array<ArrayBuffer>): number {
    const address = Math.ceil(this.#constantsAt / 4) * 4;
    if (address + values.byteLength > (this.#constants.start + this.#constants.end) / 2) return -1;
    new Int32Array(this.memory.buffer).set(values, address / 4);
    this.#constantsAt = address + values.byteLength;
    return address;
  }

  /** Bytes left in the scratch region. */
  get scratchLeft(): number {
    return this.scratch.end - this.#scratchAt;
  }

  /** Takes `bytes` of scratch space until the next `resetScratch`; -1 when there is no room. */
  scratchSpace(bytes: number): number {
    const address = this.#scratchAt;
    if (address + bytes > this.scratch.end) return -1;
    this.#scratchAt = address + bytes;
    return address;
  }

  /** Gives back the part of the last `scratchSpace` from `address` on. */
  scratchShrink(address: number): void {
    this.#scratchAt = address;
  }

  /**
   * Scratch space for a text that is read as a record is: `bytes` of it at most, between two line ends as in a chunk. Whoever
   * looks at what stands beside it sees those, never what an earlier record has left there. -1 when there is no room.
   */
  beginText(bytes: number): number {
    const address = this.scratchSpace(bytes + 2);
    if (address < 0) return -1;
    this.bytes[address] = LF;
    return address + 1;
  }

  /** Ends the text of the last `beginText` at `end`, and gives back what it did not need. */
  endText(end: number): void {
    this.bytes[end] = LF;
    this.scratchShrink(end + 1);
  }

  resetScratch(): void {
    this.#ints[ROUND / 4] = this.round + 1;
    this.#scratchAt = this.scratch.start;
  }
}

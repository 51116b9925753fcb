import type { Arena } from '../arena.ts';
import { DEPTH, MAX_ROWS, ROW, TABLES, type MemberScanner } from '../../parsers/values/json-scan.ts';
import type { MembersKernel } from './kernel.ts';

const ENTRIES = 1024;
const ENTRY_BYTES = 48;
const STACK_BYTES = 64 * 264;
/** Flag in the kernel's answer: some rows have no id yet. */
const UNKNOWN = 0x20000;
/** Row without an id: its key is too long for the kernel to remember; or the number of the entry that waits for one, from -16 downwards. */
const [TOO_LONG, FIRST_ENTRY] = [-3, -16];

/** Id of the key at [start, end) of `bytes` inside the container with id `container`, -1 for the top. */
export type Identify = (bytes: Uint8Array, start: number, end: number, container: number) => number;

/** Bytes a scanner claims of an arena. */
export const MEMBERS_BYTES = ENTRIES * ENTRY_BYTES + STACK_BYTES + TABLES * DEPTH * 4 + 1024;

/**
 * Lists members by the kernel, which remembers the keys it has met with their ids: streams repeat their keys, so it
 * asks what one means only when it is new.
 */
export class KernelScanner implements MemberScanner {
  readonly table: Int32Array;
  readonly #kernel: MembersKernel;
  readonly #entries: Int32Array;
  readonly #identify: Identify;
  readonly #bytes: Uint8Array;
  readonly #base: number;

  constructor(arena: Arena, kernel: MembersKernel, identify: Identify) {
    const entries = arena.claim(ENTRIES * ENTRY_BYTES).start;
    kernel.setUp(entries, arena.claim(STACK_BYTES).start);
    this.#entries = new Int32Array(arena.memory.buffer, entries, (ENTRIES * ENTRY_BYTES) / 4);
    this.table = new Int32Array(arena.memory.buffer, arena.claim(TABLES * DEPTH * 4).start, TABLES * DEPTH);
    this.#kernel = kernel;
    kernel.setUpList(this.table.byteOffset, MAX_ROWS, arena.input.start);
    this.#identify = identify;
    this.#base = arena.input.start;
    this.#bytes = arena.bytes.subarray(this.#base, arena.input.end);
  }

  /** Lists members at the top for another kernel, and where. Its rows may be without an id: see `members` in assembly/members.ts. */
  get alone(): { readonly list: (start: number, end: number) => number; readonly table: number } {
    return { list: this.#kernel.list, table: this.table.byteOffset };
  }

  list(start: number, end: number, depth: number, container: number): number {
    const base = this.#base;
    const count = this.#kernel.members(base + start, base + end, this.table.byteOffset + depth * DEPTH * 4, MAX_ROWS, base, container);
    return count < UNKNOWN ? count : this.#complete(count - UNKNOWN, depth * DEPTH, container);
  }

  /** Gives ids to the keys the kernel did not know. */
  #complete(count: number, first: number, container: number): number {
    const table = this.table;
    for (let row = first; row < first + (count & 0xffff) * ROW; row += ROW) {
      const waiting = table[row + 5] as number;
      if (waiting !== TOO_LONG && waiting > FIRST_ENTRY) continue;
      const id = this.#identify(this.#bytes, table[row] as number, table[row + 1] as number, container);
      table[row + 5] = id;
      if (waiting <= FIRST_ENTRY) this.#entries[((FIRST_ENTRY - waiting) * ENTRY_BYTES) / 4 + 1] = id;
    }
    return count;
  }
}

import type { Arena } from '../arena.ts';

/**
 * What TypeScript and the reader's kernel tell each other about a run: neighbouring records that the kernel reads and
 * encodes by itself. Indices of 32-bit integers, in the order of the class `Run` in portable/run.ts.
 */
export const Run = {
  /** Where the first byte lies in the source: a double. */
  OFFSET: 0,
  // The chunk and its lines: addresses of newlines, how many there are and are used up, and the position behind the last record.
  BASE: 2, NEWLINES: 3, FOUND: 4, TAKEN: 5, AFTER: 6, MAX_BYTES: 7,
  // The event, and the list of members.
  EVENT: 8, PAGE_INTS: 9, PAGES_END: 10, KEYS: 11, TABLE: 12,
  // The list of pieces: where the next one goes, where it ends, what they become at most, and what they may become.
  LIST: 13, LIST_END: 14, LIST_BYTES: 15, ROOM: 16,
  // What is around a document: texts, as address and length. IS_PLACED: the first is followed by the record's place. DEFAULTS:
  // members that records carry if they have no such key; four integers each: key and value, as address and length.
  HEAD: 17, HEAD_BYTES: 18, IS_PLACED: 19, TAIL: 20, TAIL_BYTES: 21, COMMA: 22, COLON: 23, DEFAULTS: 24, DEFAULTS_END: 25,
  // Templates by mask. HAS_ASIDE: members may collide with objects of the dialect.
  TEMPLATES: 26, SPLITS_QUERY: 27, HAS_ASIDE: 28,
  // The batch: tables by record, how many there are and may be.
  ENDS: 29, OFFSETS: 30, LENGTHS: 31, SOURCES: 32, COUNT: 33, LIMIT: 34, SOURCE: 35,
  // What came of it: bytes of the records, and how many are lines of JSON. GAVE_UP: a record needs TypeScript; is it room that is missing?
  BYTES: 36, JSON: 37, GAVE_UP: 38, IS_FULL: 39,
} as const;
const INTS = 40;

/** The integers of a lane's runs. */
export class RunState {
  readonly address: number;
  readonly ints: Int32Array;
  readonly #offset: Float64Array;

  constructor(arena: Arena) {
    this.address = arena.claim(INTS * 4).start;
    this.ints = new Int32Array(arena.memory.buffer, this.address, INTS);
    this.#offset = new Float64Array(arena.memory.buffer, this.address, 1);
  }

  /** Offset, in the source, of the chunk's first byte. */
  set offset(bytes: number) {
    this.#offset[0] = bytes;
  }
}

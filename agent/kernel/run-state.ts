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
  // The event, where members are listed, and where lines of access logs are cut.
  EVENT: 8, PAGE_INTS: 9, PAGES_END: 10, KEYS: 11, TABLE: 12, ROW: 13,
  // The list of pieces: where the next one goes, where it ends, what they become at most, and what they may become.
  LIST: 14, LIST_END: 15, LIST_BYTES: 16, ROOM: 17,
  // What is around a document: texts, as address and length. IS_PLACED: the first is followed by the record's place. DEFAULTS:
  // members that records carry if they have no such key; four integers each: key and value, as address and length.
  HEAD: 18, HEAD_BYTES: 19, IS_PLACED: 20, TAIL: 21, TAIL_BYTES: 22, COMMA: 23, COLON: 24, DEFAULTS: 25, DEFAULTS_END: 26,
  // Templates by mask. HAS_ASIDE: members may collide with objects of the dialect.
  TEMPLATES: 27, SPLITS_QUERY: 28, HAS_ASIDE: 29,
  // The batch: tables by record, how many there are and may be.
  ENDS: 30, OFFSETS: 31, LENGTHS: 32, SOURCES: 33, COUNT: 34, LIMIT: 35, SOURCE: 36,
  // What came of it: bytes of the records, and how many are lines of JSON and of access logs. GAVE_UP: a record needs TypeScript; is it room that is missing?
  BYTES: 37, JSON: 38, ACCESS: 39, GAVE_UP: 40, IS_FULL: 41,
} as const;
const INTS = 42;

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

/**
 * A piece is three 32-bit integers: address, length, kind. A list of pieces, written by an encoder and read by the
 * kernel once per flush, is all that is known of the output until then.
 */
export const PIECE_INTS = 3;
export const PIECE_BYTES = PIECE_INTS * 4;

/** How many bits of a piece's kind say which one it is. */
export const KIND_BITS = 8;

export const Kind = {
  /** Bytes as they stand. */
  COPY: 0,
  /** Bytes as the inside of a JSON string, with quotes around them; terminal colour codes are left out. */
  QUOTE: 1,
  /** As COPY; what is not UTF-8 becomes U+FFFD, and CR and LF (white space between JSON tokens) become spaces. */
  COPY_REPAIRED: 2,
  /** As QUOTE; what is not UTF-8 becomes U+FFFD. */
  QUOTE_REPAIRED: 3,
  /** No bytes: `address` holds the low and `length` the high 32 bits of an integer to be written in decimal. */
  INTEGER: 4,
  /** No output: the offset reached is stored as 32 bits at `address`. */
  MARK: 5,
  /** The leaves of a document: `address` is that of a template, `length` the address of the slots its values are in. */
  TEMPLATE: 6,
  /** As TEMPLATE, with all values as the REPAIRED kinds have them. */
  TEMPLATE_REPAIRED: 7,
  /** A record's place in its source, `offset-length` in decimal: `address` holds the low 32 bits of the offset, the kind above its own eight bits the high ones. */
  PLACE: 8,
} as const;

/**
 * A template lies in memory as 32-bit integers: the number of its rows, then for each row what stands before the value
 * (address, length), the field, how its value is written (As), and for a default its address, length and kind. Behind the
 * rows: bytes of all that isn't a value from a slot, at most; what stands behind the last leaf (address, length); flags;
 * how many fields are written once more, and which.
 */
export const TEMPLATE_ROW = 7;
export const TemplateFlag = { IN_NANOSECONDS: 1, SPLITS_QUERY: 2, IS_EMPTY: 4 } as const;

/** How a leaf's value is written: as its slot has it, converted, or from the row. */
export const As = { IS: 0, NANOSECONDS: 1, BEFORE_QUERY: 2, QUERY: 3, DEFAULT: 4, DECIMAL_ID: 5 } as const;

/** A field's slot: eight integers. Where its value lies and what it is, then the place in the chunk it was read from, then what a conversion needs. */
export const SLOT_SHIFT = 3;
export const Slot = { ADDRESS: 0, LENGTH: 1, KIND: 2, FROM: 3, TO: 4, LOW: 5, HIGH: 6, QUERY: 7 } as const;

/** Longest output of a piece of `length` bytes: `\u00XX` for each, and two quotes. */
export const QUOTE_GROWTH = 6;
/** Bytes that loads may over-read and stores over-write: every region is followed by as much room. */
export const SLACK = 64;

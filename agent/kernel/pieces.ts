/**
 * A piece is three 32-bit integers: address, length, kind. A list of pieces, written by an encoder and read by the
 * kernel once per flush, is all that is known of the output until then.
 */
export const PIECE_INTS = 3;
export const PIECE_BYTES = PIECE_INTS * 4;

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
} as const;

/** Longest output of a piece of `length` bytes: `\u00XX` for each, and two quotes. */
export const QUOTE_GROWTH = 6;
/** Bytes that loads may over-read and stores over-write: every region is followed by as much room. */
export const SLACK = 64;

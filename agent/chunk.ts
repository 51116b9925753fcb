import type { Scanners } from '../parsers/values/scanners.ts';

/**
 * A run of whole records. `text` is `bytes` as latin1, made when first asked for: `text[i]` and `bytes[i]` are the
 * same byte, so a position in the one is a position in the other, and lengths are byte lengths.
 *
 * A pattern that runs on `text` must be sticky (`y`), must not cross a newline (`[^\n]`, never `.` with `s`), and must
 * not use `\s`, `\S` or `trim()`: they take byte 0xA0, the second half of `à`, for a space.
 */
export interface Chunk {
  readonly bytes: Uint8Array;
  readonly text: string;
  /** Where `bytes[0]` lies in the arena's memory. */
  readonly base: number;
  /** Whether all of `bytes` is valid UTF-8. If not, what is written from it is repaired with U+FFFD. */
  readonly valid: boolean;
  /** Whether `bytes` may have terminal colours in it; absent: it has none. */
  readonly coloured?: boolean;
  /** What finds structure in `bytes`. */
  readonly scanners: Scanners;
}

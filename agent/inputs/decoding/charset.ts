/** What a byte that means nothing becomes. */
export const REPLACEMENT = 0xfffd;

/**
 * How characters lie in the bytes of a source. One is read at a time, so that it is known for each which bytes it took:
 * positions in the text lead back to bytes of the file, whatever the encoding.
 */
export interface Charset {
  /** Bytes that its smallest character takes: 1, or 2 with UTF-16. All of its characters begin at a multiple of it. */
  readonly unitBytes: 1 | 2;
  /**
   * The character at `at`, before `end`, as `packed` makes it; 0: what is there up to `end` is none, or the beginning of one. `final`:
   * nothing follows them, so that they are a character all the same, mostly REPLACEMENT.
   */
  read(bytes: Uint8Array, at: number, end: number, final: boolean): number;
}

/** A code point, and the number of bytes it was read from, in one number: no object is made for each character. */
export function packed(codePoint: number, bytes: number): number {
  return codePoint * 8 + bytes;
}

export function codePointOf(character: number): number {
  return character >> 3;
}

export function bytesOf(character: number): number {
  return character & 7;
}

/** Bytes of a code point as UTF-8. */
export function utf8Bytes(codePoint: number): number {
  return codePoint < 0x80 ? 1 : codePoint < 0x800 ? 2 : codePoint < 0x10000 ? 3 : 4;
}

/** Writes a code point as UTF-8. Gives the position behind it. */
export function putUtf8(codePoint: number, target: Uint8Array, at: number): number {
  if (codePoint < 0x80) {
    target[at] = codePoint;
    return at + 1;
  }
  const length = utf8Bytes(codePoint);
  let rest = codePoint;
  for (let index = at + length - 1; index > at; index--) {
    target[index] = 0x80 | (rest & 0x3f);
    rest >>= 6;
  }
  target[at] = rest | (0xf00 >> length); // 110…, 1110…, 11110…: a one for each byte
  return at + length;
}

/** Classes of bytes, as bits of CLASS. */
export const DIGIT = 1;
export const HEX = 2;
/** Letters and digits of ASCII, and `_`. */
export const WORD = 4;
export const LETTER = 8;
/** Of tokens: base64 in both alphabets, and `.`, `~`. */
export const TOKEN = 16;
/** What stands in front of an @. */
export const LOCAL = 32;
/** Of names of hosts, dots aside; letters beyond ASCII too. */
export const HOST = 64;
/** What ends every value that is not in quotes: blanks and quotes. */
export const HARD = 128;

export const CLASS = new Uint8Array(256);
for (let byte = 0; byte < 256; byte++) {
  const char = String.fromCharCode(byte);
  const is = (pattern: RegExp, bit: number): number => (pattern.test(char) ? bit : 0);
  CLASS[byte] = is(/[0-9]/, DIGIT) | is(/[0-9A-Fa-f]/, HEX) | is(/\w/, WORD) | is(/[A-Za-z]/, LETTER) | is(/[\w+/=.~-]/, TOKEN) | is(/[\w.%+\x80-\xff-]/, LOCAL) | is(/[A-Za-z0-9\x80-\xff-]/, HOST) | is(/[\x00-\x20"'`]/, HARD);
}

/** Whether the byte at a position, if there is one, is of a class. */
export function is(bytes: Uint8Array, at: number, end: number, bits: number): boolean {
  return at < end && ((CLASS[bytes[at] as number] as number) & bits) !== 0;
}

/** Where the run of bytes of a class ends that begins at `at`. */
export function runEnd(bytes: Uint8Array, at: number, end: number, bits: number): number {
  let to = at;
  while (to < end && ((CLASS[bytes[to] as number] as number) & bits) !== 0) to++;
  return to;
}

/** Where it begins that ends at `at`, not before `start`. */
export function runStart(bytes: Uint8Array, at: number, start: number, bits: number): number {
  let from = at;
  while (from > start && ((CLASS[bytes[from - 1] as number] as number) & bits) !== 0) from--;
  return from;
}

/** The text of [start, end), byte by byte. */
export function textOf(bytes: Uint8Array, start: number, end: number): string {
  let text = '';
  for (let at = start; at < end; at++) text += String.fromCharCode(bytes[at] as number);
  return text;
}

/** Whether `text`, in lower case, stands at `at`, in whatever case. */
export function spells(bytes: Uint8Array, at: number, end: number, text: string): boolean {
  if (at < 0 || at + text.length > end) return false;
  for (let index = 0; index < text.length; index++) {
    const byte = bytes[at + index] as number;
    const folded = byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte;
    if (folded !== text.charCodeAt(index)) return false;
  }
  return true;
}

/**
 * A number that may have a fraction. Every other number of what is compiled to WebAssembly as well is a 32-bit integer.
 */
export type Float = number;

/** Bytes of ASCII that scanners ask for by name. */
export const Byte = {
  TAB: 9, NEWLINE: 10, RETURN: 13, ESCAPE: 27, SPACE: 32, QUOTE: 34, HASH: 35, DOLLAR: 36, PERCENT: 37, APOSTROPHE: 39, OPEN_PAREN: 40,
  CLOSE_PAREN: 41, STAR: 42, PLUS: 43, COMMA: 44, DASH: 45, DOT: 46, SLASH: 47, ZERO: 48, COLON: 58, SEMICOLON: 59,
  LESS: 60, EQUALS: 61, GREATER: 62, AT: 64, OPEN_BRACKET: 91, CLOSE_BRACKET: 93, UNDERSCORE: 95, OPEN_BRACE: 123,
  PIPE: 124, CLOSE_BRACE: 125,
} as const;

export function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 48 && byte <= 57;
}

export function isUpper(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 65 && byte <= 90;
}

export function isLower(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 97 && byte <= 122;
}

export function isLetter(byte: number | undefined): boolean {
  return byte !== undefined && (byte | 32) >= 97 && (byte | 32) <= 122;
}

export function isWord(byte: number | undefined): boolean {
  return isLetter(byte) || isDigit(byte) || byte === Byte.UNDERSCORE;
}

export function isHexDigit(byte: number): boolean {
  return isDigit(byte) || ((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x66);
}

export function isBlank(byte: number | undefined): boolean {
  return byte === Byte.SPACE || byte === Byte.TAB;
}

/** Whether [at, end) begins with `text`. */
export function startsWith(bytes: Uint8Array, at: number, end: number, text: Uint8Array): boolean {
  if (at + text.length > end) return false;
  for (let i = 0; i < text.length; i++) if (bytes[at + i] !== text[i]) return false;
  return true;
}

/** Behind the `::ffff:` of an IPv4 address inside of IPv6, which is what a dual-stack socket reports; `start` where there is none. */
export function skipMapped(bytes: Uint8Array, start: number, end: number): number {
  if (end - start < 14 || bytes[start] !== Byte.COLON || bytes[start + 1] !== Byte.COLON || bytes[start + 6] !== Byte.COLON) return start;
  for (let at = start + 2; at < start + 6; at++) if (((bytes[at] as number) | 0x20) !== 0x66) return start;
  for (let at = start + 7; at < end; at++) if (bytes[at] === Byte.DOT) return start + 7;
  return start;
}

/** Whether `byte` is among [start, end). */
export function holds(bytes: Uint8Array, start: number, end: number, byte: number): boolean {
  for (let at = start; at < end; at++) if (bytes[at] === byte) return true;
  return false;
}

/** Where the blanks from `at` on end. */
export function skipBlanks(bytes: Uint8Array, at: number, end: number): number {
  while (at < end && isBlank(bytes[at])) at++;
  return at;
}

/** Where the digits from `at` on end. */
export function skipDigits(bytes: Uint8Array, at: number, end: number): number {
  while (at < end && isDigit(bytes[at])) at++;
  return at;
}

/** Value of the decimal digits of [start, end): at most 15 of them, or it is not exact. */
export function decimal(bytes: Uint8Array, start: number, end: number): Float {
  let value: Float = 0;
  for (let at = start; at < end; at++) value = value * 10 + (bytes[at] as number) - 48;
  return value;
}

/** `decimal` of at most nine digits. */
export function whole(bytes: Uint8Array, start: number, end: number): number {
  let value = 0;
  for (let at = start; at < end; at++) value = value * 10 + (bytes[at] as number) - 48;
  return value;
}

/**
 * Where a colour that begins at `at` ends: an escape sequence (`ESC [ … letter`), as it is or as some loggers and files
 * spell it (`\x1b[33m`). `at` itself when there is none.
 */
export function skipColour(bytes: Uint8Array, at: number, end: number): number {
  let from = at;
  if (bytes[at] === Byte.ESCAPE) from = at + 1;
  else if (bytes[at] === 92 && bytes[at + 1] === 120 && bytes[at + 2] === 49 && ((bytes[at + 3] as number) | 32) === 98) from = at + 4;
  else return at;
  if (bytes[from] !== Byte.OPEN_BRACKET) return at;
  const limit = Math.min(end, from + 32);
  for (let to = from + 1; to < limit; to++) {
    if (isLetter(bytes[to])) return to + 1;
    if (!isDigit(bytes[to]) && bytes[to] !== Byte.SEMICOLON) return at;
  }
  return at;
}

/** Where `byte` stands first in [start, end), or -1. */
export function indexIn(bytes: Uint8Array, byte: number, start: number, end: number): number {
  for (let at = start; at < end; at++) if (bytes[at] === byte) return at;
  return -1;
}

/** Whether the bytes from `start` on are the lower-case letters of `word`, in whatever case. */
export function spells(bytes: Uint8Array, start: number, word: string): boolean {
  for (let i = 0; i < word.length; i++) if (((bytes[start + i] as number) | 0x20) !== word.charCodeAt(i)) return false;
  return true;
}

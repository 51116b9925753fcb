import { Byte } from '../values/bytes.ts';

/**
 * Where the error text that begins at `from` ends: with its line, its quote or bracket, before a trailing ` in FILE:LINE`, and
 * without closing punctuation. `limit`: where something else begins; `start`: the message's begin.
 */
export function textEnd(bytes: Uint8Array, from: number, limit: number, start: number): number {
  let to = lineEnd(bytes, from, limit);
  to = enclosureEnd(bytes, from, to, start);
  to = placeStart(bytes, from, to);
  while (to > from && TRAILING[bytes[to - 1] as number] === 1) to--;
  return isWrapped(bytes, from, to) ? to - 1 : to;
}

const TRAILING = new Uint8Array(256);
for (const char of ' \t\r.,:;|-([{') TRAILING[char.charCodeAt(0)] = 1;

function lineEnd(bytes: Uint8Array, from: number, limit: number): number {
  let to = from;
  while (to < limit && bytes[to] !== Byte.NEWLINE) to++;
  return to;
}

/** `"TimeoutError: text"`, `[Error: text]`: the class stood behind an opening mark, so the text ends at the closing one. */
function enclosureEnd(bytes: Uint8Array, from: number, end: number, start: number): number {
  let at = from - 1;
  while (at >= start && (bytes[at] === Byte.SPACE || bytes[at] === Byte.COLON)) at--;
  if (at > start && bytes[at] === 0x29) at = skipCode(bytes, at, start);
  while (at >= start && isName(bytes[at] as number)) at--;
  if (at < start) return end;
  const opening = bytes[at];
  if (opening === Byte.QUOTE || opening === Byte.APOSTROPHE) return closing(bytes, from, end, -1, opening);
  if (opening === Byte.OPEN_BRACKET) return closing(bytes, from, end, opening, Byte.CLOSE_BRACKET);
  if (opening === Byte.LESS && bytes[at - 1] === Byte.HASH) return closing(bytes, from, end, opening, Byte.GREATER); // Ruby's `#<X: text>`
  return opening === 0x28 ? closing(bytes, from, end, opening, 0x29) : end;
}

/** Back over the code behind a class, `X(code: 7)`, which closes at `at`. */
function skipCode(bytes: Uint8Array, at: number, start: number): number {
  const limit = Math.max(start, at - LONGEST_CODE);
  let open = at;
  while (open > limit && bytes[open] !== 0x28) open--;
  return bytes[open] === 0x28 ? open - 1 : at;
}

const LONGEST_CODE = 32;

function closing(bytes: Uint8Array, from: number, end: number, open: number, close: number): number {
  let depth = 0;
  for (let at = from; at < end; at++) {
    if (bytes[at] === 0x5c) at++;
    else if (bytes[at] === open) depth++;
    else if (bytes[at] === close && depth-- === 0) return at;
  }
  return end;
}

/** Begin of a trailing ` in /path/file.php:61`, or ` at ` as Monolog writes it. */
function placeStart(bytes: Uint8Array, from: number, end: number): number {
  let at = end;
  while (at > from && bytes[at - 1] !== Byte.SPACE) at--;
  const isPath = bytes[at] === Byte.SLASH || (bytes[at + 1] === Byte.COLON && bytes[at + 2] === 0x5c);
  const isAfter = at - 4 > from && bytes[at - 4] === Byte.SPACE;
  const isIn = isAfter && (bytes[at - 2] === 0x6e && bytes[at - 3] === 0x69 || bytes[at - 2] === 0x74 && bytes[at - 3] === 0x61);
  return isPath && isIn ? at - 4 : end;
}

/** A text all in quotes loses the closing one with the opening one; the opening one is kept out by the caller's `from`. */
function isWrapped(bytes: Uint8Array, from: number, to: number): boolean {
  return to > from && bytes[from - 1] === Byte.QUOTE && bytes[to - 1] === Byte.QUOTE && bytes.indexOf(Byte.QUOTE, from) === to - 1;
}

function isName(byte: number): boolean {
  return (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a || (byte >= 0x30 && byte <= 0x39) || byte === Byte.DOT || byte === Byte.UNDERSCORE || byte === 0x5c || byte === Byte.DOLLAR;
}

import { Byte, isDigit, isLetter, isLower, isUpper, skipBlanks, startsWith } from '../values/bytes.ts';
import { levelAt } from '../values/levels.ts';

// How lines begin that have no time in front, and yet are records.

const PHP = Buffer.from('PHP ');
const NPM = Buffer.from('npm ');
const WARNING = Buffer.from('Warning');

/** `PHP Warning:  text`. */
export function isPhp(bytes: Uint8Array, start: number, end: number): boolean {
  if (!startsWith(bytes, start, end, PHP) || !isUpper(bytes[start + 4])) return false;
  let to = start + 5;
  while (to < end && to < start + 32 && (isLower(bytes[to]) || bytes[to] === Byte.SPACE)) to++;
  return bytes[to] === Byte.COLON && bytes[to + 1] === Byte.SPACE && bytes[to + 2] === Byte.SPACE;
}

/** `npm ERR! text`, `npm warn text`. */
export function isNpm(bytes: Uint8Array, start: number, end: number): boolean {
  if (!startsWith(bytes, start, end, NPM)) return false;
  let to = start + 4;
  while (to < end && isLetter(bytes[to])) to++;
  return bytes[to] === 0x21 || bytes[to] === Byte.SPACE && levelAt(bytes, start + 4, to) >= 0;
}

/** Python's `/app/a.py:7: DeprecationWarning: text`. */
export function isPythonWarning(bytes: Uint8Array, at: number, end: number): boolean {
  let to = at;
  while (to < end && to - at < 512 && bytes[to] !== Byte.SPACE) to++;
  if (to + 8 > end || bytes[to - 1] !== Byte.COLON || !isDigit(bytes[to - 2]) || !isUpper(bytes[to + 1])) return false;
  let last = to + 1;
  while (last < end && isLetter(bytes[last])) last++;
  return bytes[last] === Byte.COLON && last - to > 7 && startsWith(bytes, last - 7, end, WARNING);
}

/** Whether the line consists of pairs, as far as its first two tell: `method=GET path=/`. */
export function isPairs(bytes: Uint8Array, at: number, end: number): boolean {
  const value = afterKey(bytes, at, end);
  if (value < 0) return false;
  let to = value;
  if (bytes[to] === Byte.QUOTE) for (to++; to < end && bytes[to] !== Byte.QUOTE; to++) if (bytes[to] === 0x5c) to++;
  while (to < end && bytes[to] !== Byte.SPACE) to++;
  return afterKey(bytes, skipBlanks(bytes, to, end), end) >= 0;
}

/** Where the value of the pair at `at` begins, or -1. */
function afterKey(bytes: Uint8Array, at: number, end: number): number {
  let to = at;
  for (const limit = Math.min(end, at + 64); to < limit && isInKey(bytes[to]); to++);
  return to > at && isLetter(bytes[at]) && to < end && bytes[to] === Byte.EQUALS && bytes[to + 1] !== Byte.EQUALS ? to + 1 : -1;
}

function isInKey(byte: number | undefined): boolean {
  return isLetter(byte) || isDigit(byte) || byte === Byte.UNDERSCORE || byte === Byte.DOT || byte === Byte.DASH;
}

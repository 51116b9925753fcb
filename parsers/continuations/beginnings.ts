import { Byte, isDigit, isLetter, isLower, isUpper, skipBlanks, skipDigits, startsWith } from '../values/bytes.ts';
import { levelAt, strongLevelAt } from '../values/levels.ts';

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

/** Node's `(node:77) Warning: text`, GLib's `(shop:77): text`. */
export function isOfProcess(bytes: Uint8Array, start: number, end: number): boolean {
  let colon = start + 1;
  while (colon < end && colon - start < 64 && isInKey(bytes[colon])) colon++;
  const to = skipDigits(bytes, colon + 1, end);
  return bytes[colon] === Byte.COLON && colon > start + 1 && to > colon + 1 && bytes[to] === Byte.CLOSE_PAREN && to + 1 < end;
}

const REQUEST = Buffer.from('[pid: ');
const APPLICATION = Buffer.from('|app: ');

/** uWSGI's `[pid: 77|app: 0|req: 1/3] `. */
export function isRequestOfProcess(bytes: Uint8Array, start: number, end: number): boolean {
  return startsWith(bytes, start, end, REQUEST) && startsWith(bytes, skipDigits(bytes, start + REQUEST.length, end), end, APPLICATION);
}

/** slf4j-simple's `main] ERROR org.acme.Shop - text`. */
export function isThreadAndLevel(bytes: Uint8Array, at: number, end: number): boolean {
  const limit = Math.min(end, at + LONGEST_THREAD);
  let close = at;
  while (close < limit && bytes[close] !== Byte.CLOSE_BRACKET) close++;
  const level = close + 2;
  if (bytes[close] !== Byte.CLOSE_BRACKET || bytes[close + 1] !== Byte.SPACE || !isUpper(bytes[level])) return false;
  let to = level;
  while (to < end && isUpper(bytes[to])) to++;
  return bytes[to] === Byte.SPACE && strongLevelAt(bytes, level, to) >= 0;
}

const LONGEST_THREAD = 64;

/** Python's logging reports that it could not: `--- Logging error ---`, a traceback, the call. */
export function isLoggingError(bytes: Uint8Array, start: number, end: number): boolean {
  return startsWith(bytes, start, end, LOGGING_ERROR);
}

const LOGGING_ERROR = Buffer.from('--- Logging error ---');

/** OpenLDAP's `6a1b2c3d.075bca00 0x7f00a1 `: a time in hexadecimal and a thread. */
export function isHexTime(bytes: Uint8Array, start: number, end: number): boolean {
  if (bytes[start + 8] !== Byte.DOT) return false;
  const to = bytes[start + 14] === Byte.SPACE ? start + 14 : start + 17;
  return to + 3 < end && bytes[to] === Byte.SPACE && bytes[to + 1] === Byte.ZERO && bytes[to + 2] === 0x78;
}

const SIGNALS = ['Segmentation fault', 'Killed', 'Bus error', 'Illegal instruction'].map((text) => Buffer.from(text));
const LINE = Buffer.from(': line ');

/** What a shell says of a program that a signal ended: `Killed`, `run.sh: line 3:    77 Segmentation fault`. */
export function isShellsWord(bytes: Uint8Array, start: number, end: number): boolean {
  let at = start;
  while (at < end && bytes[at] !== Byte.COLON && (bytes[at] as number) > Byte.SPACE) at++;
  if (!startsWith(bytes, at, end, LINE)) return SIGNALS.some((text) => startsWith(bytes, start, end, text) && (start + text.length === end || bytes[start + text.length + 1] === Byte.OPEN_PAREN));
  const colon = skipDigits(bytes, at + LINE.length, end);
  const process = skipBlanks(bytes, colon + 1, end);
  const word = skipBlanks(bytes, skipDigits(bytes, process, end), end);
  return bytes[colon] === Byte.COLON && word > process && SIGNALS.some((text) => startsWith(bytes, word, end, text));
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

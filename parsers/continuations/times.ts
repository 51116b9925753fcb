import { Byte, isDigit, isLetter, isLower, isUpper, skipBlanks, skipDigits } from '../values/bytes.ts';

// How dates and times look at the beginning of a line: as much of that as tells a header from a text, and no more.
const MONTHS = new Set(['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'].map(packed));
const DAYS = new Set(['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'].map(packed));

/** A date or a time of day at `at`, in any common notation; digits that are one; or a process and a role, as Redis begins. */
export function isTime(bytes: Uint8Array, at: number, end: number): boolean {
  if (at + 8 > end) return false;
  if (bytes[at + 4] === Byte.DASH && bytes[at + 7] === Byte.DASH) return isDigit(bytes[at]) && isDigit(bytes[at + 3]) && isDigit(bytes[at + 5]);
  const to = skipDigits(bytes, at, Math.min(end, at + 20));
  const next = bytes[to];
  if (to >= end) return false;
  switch (to - at) {
    case 1: case 2: return isClock(bytes, at, end) || isDayFirst(bytes, to, end) || isRole(bytes, to, end);
    case 4: return (isRole(bytes, to, end) || (isDateMark(next) && isDigit(bytes[to + 1]) && bytes[skipDigits(bytes, to + 1, end)] === next)) && to + 4 < end;
    case 6: return next === Byte.SPACE && isClock(bytes, skipBlanks(bytes, to, end), end); // MySQL: 261125  9:01:02
    case 8: return (next === Byte.SPACE || next === 0x54 || next === Byte.DASH || next === Byte.UNDERSCORE) && isDigit(bytes[to + 1]) && isDigit(bytes[to + 2]);
    case 10: case 13: case 16: case 19: return bytes[at] === 0x31 && (next === Byte.DOT || next === Byte.SPACE || next === Byte.TAB || next === Byte.COMMA || next === Byte.COLON || next === Byte.PIPE);
    case 14: return next === Byte.SPACE || next === Byte.DOT || next === Byte.COMMA;
    default: return isRole(bytes, to, end) || isUptime(bytes, to, end);
  }
}

/** `9:01:02`, `09:01:02`, `9:01AM`. */
export function isClock(bytes: Uint8Array, at: number, end: number): boolean {
  const colon = isDigit(bytes[at + 1]) ? at + 2 : at + 1;
  if (((bytes[colon + 4] as number) | 32) === 109 && (bytes[colon + 3] === 0x41 || bytes[colon + 3] === 0x50) && colon + 5 < end) return bytes[colon] === Byte.COLON && !isLetter(bytes[colon + 5]); // 6:31PM
  return colon + 5 < end && bytes[colon] === Byte.COLON && isDigit(bytes[at]) && isDigit(bytes[colon + 1]) && isDigit(bytes[colon + 2]) && bytes[colon + 3] === Byte.COLON && isDigit(bytes[colon + 4]) && isDigit(bytes[colon + 5]);
}

/** `Nov 25 16:18:23`, `Nov  3, 2026 4:18:23 PM`, `Wed Nov 25`, `Wed, 25 Nov`. */
export function isNamedDate(bytes: Uint8Array, at: number, end: number): boolean {
  if (at + 12 > end || !isUpper(bytes[at])) return false;
  let to = at + 3;
  if (bytes[to] === Byte.COMMA) to++;
  if (bytes[to] !== Byte.SPACE) return false;
  to = skipBlanks(bytes, to, end);
  if (isMonth(bytes, at, end)) return isDigit(bytes[to]) && hasDigitPair(bytes, to, end);
  return DAYS.has(packedAt(bytes, at)) && (isMonth(bytes, to, end) || isDigit(bytes[to]));
}

/** As access logs have it in brackets: `25/Nov/2026:`. */
export function isAccessTime(bytes: Uint8Array, at: number, end: number): boolean {
  if (bytes[at + 2] !== Byte.SLASH || !isMonth(bytes, at + 3, end)) return false;
  return bytes[at + 11] === Byte.COLON || (bytes[at + 11] === Byte.SPACE && bytes[at + 20] === Byte.CLOSE_BRACKET && bytes[at + 22] === Byte.QUOTE); // Python's: `[25/Nov/2026 16:18:23] "GET`
}

function isDateMark(byte: number | undefined): boolean {
  return byte === Byte.DASH || byte === Byte.SLASH || byte === Byte.DOT;
}

/** Behind a day's or a month's digits: `/Nov/2026`, `-Nov-2026`, ` Nov 2026`, `/25/26`, `.11.2026`. */
function isDayFirst(bytes: Uint8Array, at: number, end: number): boolean {
  const mark = bytes[at];
  if (!isDateMark(mark) && mark !== Byte.SPACE) return false;
  if (isMonth(bytes, at + 1, end)) return bytes[at + 4] === mark && isDigit(bytes[at + 5]);
  const to = skipDigits(bytes, at + 1, Math.min(end, at + 4));
  if (to === at + 1 || to > at + 3 || mark === Byte.SPACE || bytes[to] !== mark) return false;
  const year = skipDigits(bytes, to + 1, Math.min(end, to + 6)) - to - 1;
  return year === 4 || (year === 2 && mark !== Byte.DOT);
}

/** Redis, behind the process: `:M 25 Nov 2026`, `:signal-handler (1764087503)`. */
function isRole(bytes: Uint8Array, at: number, end: number): boolean {
  if (bytes[at] !== Byte.COLON || !isLetter(bytes[at + 1])) return false;
  let to = at + 2;
  while (to < end && (isLower(bytes[to]) || bytes[to] === Byte.DASH)) to++;
  if (bytes[to] !== Byte.SPACE || to + 2 >= end) return false;
  return isDigit(bytes[to + 1]) ? to === at + 2 : bytes[to + 1] === Byte.OPEN_PAREN && isDigit(bytes[to + 2]);
}

/** Seconds since a start: `9.344: [GC`. */
function isUptime(bytes: Uint8Array, at: number, end: number): boolean {
  if (bytes[at] !== Byte.DOT) return false;
  const to = skipDigits(bytes, at + 1, end);
  return to > at + 3 && bytes[to] === Byte.COLON;
}

/** A time or a year soon behind a day. */
function hasDigitPair(bytes: Uint8Array, at: number, end: number): boolean {
  const to = skipBlanks(bytes, skipDigits(bytes, at, end) + (bytes[at + 1] === Byte.COMMA || bytes[at + 2] === Byte.COMMA ? 1 : 0), end);
  return to > at + 1 && isDigit(bytes[to]) && (isDigit(bytes[to + 1]) || bytes[to + 1] === Byte.COLON);
}

function isMonth(bytes: Uint8Array, at: number, end: number): boolean {
  return at + 3 < end && isUpper(bytes[at]) && !isLetter(bytes[at + 3]) && MONTHS.has(packedAt(bytes, at));
}

function packed(word: string): number {
  return (word.charCodeAt(0) << 16) | (word.charCodeAt(1) << 8) | word.charCodeAt(2);
}

function packedAt(bytes: Uint8Array, at: number): number {
  return (((bytes[at] as number) | 32) << 16) | (((bytes[at + 1] as number) | 32) << 8) | ((bytes[at + 2] as number) | 32);
}

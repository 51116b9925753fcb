import { levelAt, strongLevelAt } from '../values/levels.ts';
import { Byte, isDigit, isLetter, isLower, isUpper, skipBlanks, skipColour, skipDigits } from '../values/bytes.ts';
import { isHexTime, isNpm, isOfProcess, isPhp, isRequestOfProcess, isThreadAndLevel } from './beginnings.ts';

/** How a line begins. */
export const Head = {
  /** Nothing tells that a record begins here. */
  NONE: 0,
  /** A level and no time: `INFO: text`, `[WARN] text`. */
  LEVEL: 1,
  /** A time behind a word or two: a program's or a host's name. */
  LATE: 2,
  /** What only records begin with: a time, a syslog priority, `time=`. */
  FULL: 3,
  /** The record is whole with this line: a JSON object, an access log's line. */
  WHOLE: 4,
} as const;
export type Head = (typeof Head)[keyof typeof Head];

/** Where a late time is looked for, in bytes, and the words that may stand before it. */
const REACH = 100;
const WORDS_BEFORE = 2;

/**
 * How the line at [start, end), which has no indent, begins. Hot: once per line. A line that begins with digits is decided
 * by a handful of bytes.
 */
export function headOf(bytes: Uint8Array, start: number, end: number): Head {
  const byte = bytes[start] as number;
  if (bytes[start + 4] === Byte.DASH && bytes[start + 7] === Byte.DASH && isDigit(byte) && start + 10 <= end) return Head.FULL; // 2026-11-25
  if (byte === Byte.OPEN_BRACE) return bytes[end - 1] === Byte.CLOSE_BRACE && isObjectStart(bytes, start, end) ? Head.WHOLE : Head.NONE;
  if (isDigit(byte)) return isTime(bytes, start, end) || isHexTime(bytes, start, end) ? Head.FULL : isAccess(bytes, start, end) ? Head.WHOLE : lateHead(bytes, start, end);
  if (isLetter(byte)) return letterHead(bytes, start, end);
  switch (byte) {
    case Byte.OPEN_BRACKET: return isRunningTime(bytes, start + 1, end) ? Head.FULL : bracketHead(bytes, start, end);
    case Byte.OPEN_PAREN: return isNamedDate(bytes, start + 1, end) || isTime(bytes, start + 1, end) ? Head.FULL : isOfProcess(bytes, start, end) ? Head.LEVEL : Head.NONE; // SSSD
    case Byte.LESS: return isPriority(bytes, start, end) || isNamedDate(bytes, start + 1, end) ? Head.FULL : Head.NONE;
    case Byte.QUOTE: return isTime(bytes, start + 1, end) ? Head.FULL : Head.NONE;
    case Byte.EQUALS: return isReport(bytes, start, end) ? Head.FULL : Head.NONE;
    case Byte.HASH: return isWebLogic(bytes, start, end) ? Head.FULL : Head.NONE;
    case Byte.COLON: case Byte.DASH: return lateHead(bytes, start, end); // `::1 - - [`, `- - [`
    case Byte.ESCAPE: case 0x5c: return colouredHead(bytes, start, end);
    default: return Head.NONE;
  }
}

/** `[0.123s][info]`, the JVM's unified logging: seconds since its start. */
function isRunningTime(bytes: Uint8Array, at: number, end: number): boolean {
  const point = skipDigits(bytes, at, end);
  if (point === at || bytes[point] !== Byte.DOT) return false;
  const to = skipDigits(bytes, point + 1, end);
  return bytes[to] === 0x73 && bytes[to + 1] === Byte.CLOSE_BRACKET && bytes[to + 2] === Byte.OPEN_BRACKET;
}

/** `{"…` or `{}`. */
export function isObjectStart(bytes: Uint8Array, start: number, end: number): boolean {
  const next = bytes[skipBlanks(bytes, start + 1, end)];
  return next === Byte.QUOTE || next === Byte.CLOSE_BRACE;
}

/** Whether a level stands at [start, end) as loggers write it, in front of a text: `ERROR `, `[error]`, `warn:`. */
function isLevelLabel(bytes: Uint8Array, start: number, end: number): boolean {
  let to = start;
  while (to < end && isLetter(bytes[to])) to++;
  const next = to < end ? bytes[to] : Byte.SPACE;
  if (to - start < 3 || !isEven(bytes, start, to)) return false;
  // `fail:` is .NET's. `note:` and `panic:` are not levels but parts of traces.
  if (next === Byte.COLON && bytes[to + 1] !== Byte.COLON) return (isUpper(bytes[start]) || bytes[start] === 0x66 ? levelAt(bytes, start, to) : strongLevelAt(bytes, start, to)) >= 0;
  if (next === Byte.SLASH) return strongLevelAt(bytes, start, to) >= 0 && isFacility(bytes, to + 1, end);
  if (next === Byte.ESCAPE) return bytes[start - 1] !== Byte.SPACE && strongLevelAt(bytes, start, to) >= 0; // a colour ends
  if (next === Byte.CLOSE_BRACKET || next === Byte.PIPE || next === Byte.TAB) return levelAt(bytes, start, to) >= 0;
  return isUpper(bytes[start]) && (next === Byte.SPACE || next === Byte.COMMA || next === Byte.DASH || next === Byte.OPEN_BRACKET) && strongLevelAt(bytes, start, to) >= 0;
}

/** Icinga, behind its level: `/Application: `. */
function isFacility(bytes: Uint8Array, at: number, end: number): boolean {
  let to = at;
  while (to < end && isLetter(bytes[to])) to++;
  return to > at && bytes[to] === Byte.COLON && bytes[to + 1] === Byte.SPACE;
}

/** A date or a time of day at `at`, in any common notation; or digits that are one. */
function isTime(bytes: Uint8Array, at: number, end: number): boolean {
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

function isDateMark(byte: number | undefined): boolean {
  return byte === Byte.DASH || byte === Byte.SLASH || byte === Byte.DOT;
}

/** `9:01:02`, `09:01:02`, `9:01AM`. */
function isClock(bytes: Uint8Array, at: number, end: number): boolean {
  const colon = isDigit(bytes[at + 1]) ? at + 2 : at + 1;
  if (((bytes[colon + 4] as number) | 32) === 109 && (bytes[colon + 3] === 0x41 || bytes[colon + 3] === 0x50) && colon + 5 < end) return bytes[colon] === Byte.COLON && !isLetter(bytes[colon + 5]); // 6:31PM
  return colon + 5 < end && bytes[colon] === Byte.COLON && isDigit(bytes[at]) && isDigit(bytes[colon + 1]) && isDigit(bytes[colon + 2]) && bytes[colon + 3] === Byte.COLON && isDigit(bytes[colon + 4]) && isDigit(bytes[colon + 5]);
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

const MONTHS = new Set(['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'].map(packed));
const DAYS = new Set(['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'].map(packed));

function packed(word: string): number {
  return (word.charCodeAt(0) << 16) | (word.charCodeAt(1) << 8) | word.charCodeAt(2);
}

function packedAt(bytes: Uint8Array, at: number): number {
  return (((bytes[at] as number) | 32) << 16) | (((bytes[at + 1] as number) | 32) << 8) | ((bytes[at + 2] as number) | 32);
}

function isMonth(bytes: Uint8Array, at: number, end: number): boolean {
  return at + 3 < end && isUpper(bytes[at]) && !isLetter(bytes[at + 3]) && MONTHS.has(packedAt(bytes, at));
}

/** `Nov 25 16:18:23`, `Nov  3, 2026 4:18:23 PM`, `Wed Nov 25`, `Wed, 25 Nov`. */
function isNamedDate(bytes: Uint8Array, at: number, end: number): boolean {
  if (at + 12 > end || !isUpper(bytes[at])) return false;
  let to = at + 3;
  if (bytes[to] === Byte.COMMA) to++;
  if (bytes[to] !== Byte.SPACE) return false;
  to = skipBlanks(bytes, to, end);
  if (isMonth(bytes, at, end)) return isDigit(bytes[to]) && hasDigitPair(bytes, to, end);
  return DAYS.has(packedAt(bytes, at)) && (isMonth(bytes, to, end) || isDigit(bytes[to]));
}

/** A time or a year soon behind a day. */
function hasDigitPair(bytes: Uint8Array, at: number, end: number): boolean {
  const to = skipBlanks(bytes, skipDigits(bytes, at, end) + (bytes[at + 1] === Byte.COMMA || bytes[at + 2] === Byte.COMMA ? 1 : 0), end);
  return to > at + 1 && isDigit(bytes[to]) && (isDigit(bytes[to + 1]) || bytes[to + 1] === Byte.COLON);
}

function letterHead(bytes: Uint8Array, start: number, end: number): Head {
  const second = bytes[start + 1] as number;
  const third = bytes[start + 2];
  if (isUpper(bytes[start])) {
    if (second === Byte.COMMA && third === Byte.SPACE && bytes[start + 3] === Byte.OPEN_BRACKET) return Head.FULL; // Ruby: I, [
    if (isDigit(second) && isDigit(bytes[start + 4]) && bytes[start + 5] === Byte.SPACE && isClock(bytes, start + 6, end)) return Head.FULL; // klog: I1125 16:18:23
    if (second === Byte.SLASH && isLogcat(bytes, start, end)) return Head.FULL;
    if (isNamedDate(bytes, start, end) || isEventFormat(bytes, start, end)) return Head.FULL;
    if (third === 0x50 && isPhp(bytes, start, end)) return Head.LEVEL;
  } else if (isKeyedTime(bytes, start, end)) return Head.FULL;
  else if (third === 0x6d && isNpm(bytes, start, end)) return Head.LEVEL;
  if (isLevelLabel(bytes, start, end)) return isTime(bytes, skipLabel(bytes, start, end), end) || lateHead(bytes, start, end) >= Head.LATE ? Head.FULL : Head.LEVEL;
  return lateHead(bytes, start, end);
}

/** `CEF:0|`, `LEEF:1.0|`. */
function isEventFormat(bytes: Uint8Array, start: number, end: number): boolean {
  const colon = bytes[start + 3] === Byte.COLON ? start + 3 : start + 4;
  return colon + 2 < end && bytes[colon] === Byte.COLON && isDigit(bytes[colon + 1]) && bytes[colon - 1] === 0x46 && bytes[colon - 2] === 0x45;
}

/** Where a level's word and the blanks behind it end. */
function skipLabel(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && isLetter(bytes[at])) at++;
  return skipBlanks(bytes, at, end);
}

/** An access log's line: the first bracket holds `25/Nov/2026:`. */
function isAccess(bytes: Uint8Array, start: number, end: number): boolean {
  const limit = Math.min(end, start + REACH);
  let at = start;
  while (at < limit && bytes[at] !== Byte.OPEN_BRACKET) at++;
  return isAccessTime(bytes, at + 1, end);
}

function isAccessTime(bytes: Uint8Array, at: number, end: number): boolean {
  if (bytes[at + 2] !== Byte.SLASH || !isMonth(bytes, at + 3, end)) return false;
  return bytes[at + 11] === Byte.COLON || (bytes[at + 11] === Byte.SPACE && bytes[at + 20] === Byte.CLOSE_BRACKET && bytes[at + 22] === Byte.QUOTE); // Python's: `[25/Nov/2026 16:18:23] "GET`
}

/** Android: `D/Tag(  123): text`. */
function isLogcat(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start + 2; at + 1 < end && at < start + 50; at++) if (bytes[at] === Byte.COLON) return bytes[at + 1] === Byte.SPACE;
  return false;
}

/** `time=…`, `level=…`, as logfmt lines begin. */
function isKeyedTime(bytes: Uint8Array, start: number, end: number): boolean {
  let to = start;
  let hash = 0;
  while (to < end && to < start + 10 && isLower(bytes[to])) hash = Math.imul(hash, 31) + (bytes[to++] as number);
  return bytes[to] === Byte.EQUALS && TIME_KEYS.has(hash);
}

const TIME_KEYS = new Set(['t', 'ts', 'time', 'timestamp', 'level', 'lvl', 'type', 'node', 'date', 'at', 'severity', 'logtime'].map((key) => [...key].reduce((hash, letter) => Math.imul(hash, 31) + letter.charCodeAt(0), 0)));

/** `[2026-11-25 …`, `[Wed Nov 25`, `[   12.345678]`, `[INFO]`; else a time may come later. */
function bracketHead(bytes: Uint8Array, start: number, end: number): Head {
  let at = skipColour(bytes, skipBlanks(bytes, start + 1, end), end);
  if (isDigit(bytes[at])) {
    if (isTime(bytes, at, end)) return isAccessTime(bytes, at, end) ? Head.WHOLE : Head.FULL;
    const to = skipDigits(bytes, at, end);
    if (bytes[to] === Byte.DOT && bytes[skipDigits(bytes, to + 1, end)] === Byte.CLOSE_BRACKET) return Head.FULL; // the kernel's seconds
  } else if (isNamedDate(bytes, at, end)) return Head.FULL;
  if (isRequestOfProcess(bytes, start, end)) return Head.WHOLE;
  const late = lateHead(bytes, start, end);
  if (late !== Head.NONE) return late;
  while (at < end && bytes[at] === Byte.OPEN_BRACKET) at++;
  return isLevelLabel(bytes, at, end) || isThreadAndLevel(bytes, at, end) ? Head.LEVEL : Head.NONE;
}

/** `<134>`. */
function isPriority(bytes: Uint8Array, start: number, end: number): boolean {
  const to = skipDigits(bytes, start + 1, end);
  return to > start + 1 && to < start + 5 && bytes[to] === Byte.GREATER;
}

/** WebLogic: `####<Nov 25, 2026 …`. */
function isWebLogic(bytes: Uint8Array, start: number, end: number): boolean {
  return bytes[start + 4] === Byte.LESS && bytes[start + 3] === Byte.HASH && isNamedDate(bytes, start + 5, end);
}

/** Erlang: `=ERROR REPORT==== 25-Nov-2026`. */
function isReport(bytes: Uint8Array, start: number, end: number): boolean {
  let to = start + 1;
  while (to < end && (isUpper(bytes[to]) || bytes[to] === Byte.SPACE)) to++;
  return to > start + 3 && bytes[to] === Byte.EQUALS && bytes[to + 1] === Byte.EQUALS;
}

function colouredHead(bytes: Uint8Array, start: number, end: number): Head {
  let at = start;
  for (let next = skipColour(bytes, at, end); next > at; next = skipColour(bytes, at, end)) at = next;
  if (at === start || at >= end) return Head.NONE;
  const head = headOf(bytes, at, end);
  if (head !== Head.NONE) return head;
  let to = at;
  while (to < end && isLetter(bytes[to])) to++;
  return bytes[to] === Byte.ESCAPE && strongLevelAt(bytes, at, to) >= 0 ? Head.LEVEL : Head.NONE;
}

/** Looks for a time further on in the header: behind brackets, levels and few words. */
function lateHead(bytes: Uint8Array, start: number, end: number): Head {
  const limit = Math.min(end, start + REACH);
  let words = 0;
  for (let at = start; at < limit; at++) {
    const byte = bytes[at] as number;
    if (isDigit(byte) && isBoundary(bytes[at - 1], at === start)) {
      if (bytes[at - 1] === Byte.OPEN_BRACKET && isAccessTime(bytes, at, end)) return Head.WHOLE;
      if (at > start && isTime(bytes, at, end)) return Head.LATE;
    } else if (at > start && isUpper(byte) && isBoundary(bytes[at - 1], false) && isNamedDate(bytes, at, end)) return Head.LATE;
    if (byte === Byte.SPACE && bytes[at - 1] !== Byte.SPACE) words += weight(bytes, start, at);
    if (words > WORDS_BEFORE) return Head.NONE;
  }
  return Head.NONE;
}

function isBoundary(before: number | undefined, isStart: boolean): boolean {
  return isStart || before === Byte.SPACE || before === Byte.OPEN_BRACKET || before === Byte.OPEN_PAREN || before === Byte.PIPE || before === Byte.COMMA || before === Byte.SEMICOLON || before === Byte.TAB || before === Byte.COLON || before === Byte.QUOTE;
}

/** How much the word that ends at `end` speaks against a header: what is in brackets, a level or a mark does not; prose and a key do. */
function weight(bytes: Uint8Array, start: number, end: number): number {
  const last = bytes[end - 1];
  if (last === Byte.CLOSE_BRACKET || last === Byte.CLOSE_PAREN || last === Byte.GREATER || last === Byte.CLOSE_BRACE) return 0;
  let from = end;
  while (from > start && bytes[from - 1] !== Byte.SPACE) from--;
  if (end - from <= 1 || strongLevelAt(bytes, from, end) >= 0) return 0;
  if (last === Byte.COLON) return WORDS_BEFORE + 1; // a key and its value
  let to = from + 1;
  while (to < end && isLower(bytes[to])) to++;
  return to === end && isUpper(bytes[from]) ? WORDS_BEFORE + 1 : 1;
}

/** All capitals or none. */
function isEven(bytes: Uint8Array, start: number, end: number): boolean {
  const upper = isUpper(bytes[start]);
  for (let at = start + 1; at < end; at++) if (isUpper(bytes[at]) !== upper) return false;
  return true;
}

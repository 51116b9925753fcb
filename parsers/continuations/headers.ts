import { levelAt, strongLevelAt } from '../values/levels.ts';
import { Byte, isDigit, isLetter, isLower, isUpper, skipBlanks, skipColour, skipDigits } from '../values/bytes.ts';
import { isHexTime, isNpm, isOfProcess, isPhp, isRequestOfProcess, isThreadAndLevel } from './beginnings.ts';
import { isAccessTime, isClock, isNamedDate, isTime } from './times.ts';

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

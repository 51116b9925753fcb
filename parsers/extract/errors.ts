import { Field } from '../../agent/fields.ts';
import { Byte, isDigit, isLetter, isLower, isUpper, startsWith } from '../values/bytes.ts';
import { FOLD } from '../values/word-table.ts';
import { textEnd } from './error-text.ts';
import { Sure, type Scan } from './scan.ts';
import { beforeEnd, beforeStart, CLOSING, endsAt, isQuote, readValue, skipSpaces, token, wordBefore, wordBeside } from './tokens.ts';
import { Mark } from './words.ts';

/** Exceptions named in a message: `java.net.ConnectException: refused`, `raised X('…')`, `Error: phrase`, `ECONNREFUSED`. */

/** Whether the word at [start, end) ends as classes of errors do: 2 surely, 1 perhaps, 0 not. */
export function errorSuffix(bytes: Uint8Array, start: number, end: number): number {
  switch (bytes[end - 1]) {
    case 0x72: return endsWith(bytes, start, end, ERROR) ? 2 : 0;
    case 0x6e: return endsWith(bytes, start, end, EXCEPTION) ? 2 : 0;
    case 0x65: return endsWith(bytes, start, end, FAILURE) ? 1 : 0;
    case 0x74: return endsWith(bytes, start, end, TIMEOUT) || endsWith(bytes, start, end, FAULT) || endsWith(bytes, start, end, INTERRUPT) ? 1 : 0;
    case 0x64: return endsWith(bytes, start, end, DENIED) || endsWith(bytes, start, end, EXCEEDED) || endsWith(bytes, start, end, NOT_FOUND) ? 1 : 0;
    default: return 0;
  }
}

/** A word with the suffix `suffix` stands at [start, at): it counts if it is used as a class, not just mentioned. */
export function afterClass(scan: Scan, start: number, at: number, suffix: number): void {
  const { bytes } = scan;
  const from = qualifiedStart(scan, start);
  // Bare `Error` and `Exception` are words; with a package before them they are classes.
  const isPlain = from === start && (at - start === ERROR.length || (at - start === EXCEPTION.length && bytes[start + 1] === EXCEPTION[1]) || !isUpper(bytes[start]));
  if (isPlain || isPartOfPath(scan, from, at)) return;
  const sure = usedAsClass(scan, from, at, suffix);
  if (sure > 0) takeClass(scan, from, at, sure);
}

/** `raised`, `uncaught` end at `at`: whatever is called or quoted next is the class, suffix or not. */
export function afterRaised(scan: Scan, at: number): void {
  const { bytes, end } = scan;
  let from = at;
  for (let words = 0; words < 3; words++) {
    while (from < end && from < at + 48 && (bytes[from] === Byte.SPACE || bytes[from] === Byte.COLON || isQuote(bytes[from]))) from++;
    const to = classEnd(bytes, from, end);
    if (to === from) return;
    if (isCalled(bytes, to, end) && hasHump(bytes, from, to)) {
      takeClass(scan, from, to, Sure.NAMED);
      return;
    }
    if (!isLower(bytes[from])) return;
    from = to;
  }
}

/** `Error` in any case stands at [start, at). */
export function afterError(scan: Scan, start: number, at: number): void {
  const { bytes, end } = scan;
  if (start > scan.start && QUALIFIES[bytes[start - 1] as number] === 1) afterClass(scan, start, at, 2);
  if (bytes[at] === Byte.SPACE && at + 5 < end && (((bytes[at + 1] as number) | 0x20) === 0x74 || ((bytes[at + 1] as number) | 0x20) === 0x63)) afterErrorType(scan, at + 1);
  if (bytes[at] !== Byte.COLON) return;
  const from = skipSpaces(bytes, at + 1, end);
  const to = classEnd(bytes, from, end);
  if (to > from && bytes[to] === Byte.COLON && bytes[to + 1] === Byte.SPACE && hasHump(bytes, from, to) && !isLower(bytes[from])) takeClass(scan, from, to, Sure.NAMED);
  else if (isPlainError(scan, start) && scan.plainErrorStart < 0 && from > at + 1) scan.plainErrorStart = from;
}

/** What stands between a package and its class. */
const QUALIFIES = new Uint8Array(256);
for (const char of '.:\\$') QUALIFIES[char.charCodeAt(0)] = 1;

/** `error type: X`: the word at `at` is the second one, or the only one. */
function afterErrorType(scan: Scan, at: number): void {
  const { bytes, end } = scan;
  let to = at;
  while (to < end && isLetter(bytes[to])) to++;
  if ((to - at !== 4 && to - at !== 5) || (bytes[to - 1] !== 0x65 && bytes[to - 1] !== 0x73)) return;
  takeErrorType(scan, to);
}

/** The value of a key such as `error_type` that ends at `at`. */
export function takeErrorType(scan: Scan, at: number): void {
  if (readValue(scan, at) && token.isNamed && isLetter(scan.bytes[token.start])) scan.offer(Field.error_type, Sure.TOTAL, token.start, token.end, 'error type');
}

/** An errno's name stands at [start, at). */
export function takeErrno(scan: Scan, start: number, at: number): void {
  if (isUpper(scan.bytes[start + 1])) scan.offer(Field.error_type, Sure.HINT, start, at, 'errno');
}

/** At the message's end: its text, and for a plain `Error: DB timeout` a type made from the phrase. `tail`: where pairs end it, or -1. */
export function finishError(scan: Scan, tail: number): void {
  const isClass = scan.errorTextStart >= 0;
  const from = isClass ? scan.errorTextStart : scan.plainErrorStart;
  if (from < 0) return;
  let limit = scan.end;
  if (tail > from) limit = tail;
  if (scan.tailStart > from && scan.tailStart < limit) limit = scan.tailStart;
  const to = textEnd(scan.bytes, from, limit, scan.start);
  if (to <= from) return;
  scan.offer(Field.error_message, Sure.NAMED, from, to, 'error text');
  if (!isClass && !scan.has(Field.error_type) && !scan.isTaken(Field.error_type)) scan.offerPhrase(Field.error_type, Sure.HINT, from, to, 'error phrase');
}

const ERROR = Buffer.from('Error');
const EXCEPTION = Buffer.from('Exception');
const FAILURE = Buffer.from('Failure');
const TIMEOUT = Buffer.from('Timeout');
const FAULT = Buffer.from('Fault');
const INTERRUPT = Buffer.from('Interrupt');
const DENIED = Buffer.from('Denied');
const EXCEEDED = Buffer.from('Exceeded');
const NOT_FOUND = Buffer.from('NotFound');
const WITH_MESSAGE = Buffer.from(' with message ');
const LONGEST_CLASS = 160;

function takeClass(scan: Scan, from: number, to: number, sure: number): void {
  const { bytes, end } = scan;
  if (scan.has(Field.error_type) && sure <= (scan.sure[Field.error_type] as number)) return;
  scan.offer(Field.error_type, sure, from, to, 'error class');
  scan.errorTextStart = -1;
  if (startsWith(bytes, isQuote(bytes[to]) ? to + 1 : to, end, WITH_MESSAGE)) return takeQuoted(scan, to + WITH_MESSAGE.length + (isQuote(bytes[to]) ? 1 : 0));
  const open = bytes[to] === Byte.SPACE ? to + 1 : to;
  if (bytes[open] === 0x28 && open < end) return takeBracket(scan, open);
  const colon = isQuote(bytes[to]) || bytes[to] === Byte.CLOSE_BRACKET ? to + 1 : to;
  if (bytes[colon] === Byte.COLON && colon + 1 < end) scan.errorTextStart = skipSpaces(bytes, colon + 1, end);
}

/** `X('text')`, `X (text)`; `X(code: 1): text` has its text behind the bracket. */
function takeBracket(scan: Scan, open: number): void {
  const { bytes, end } = scan;
  if (isQuote(bytes[open + 1])) return takeQuoted(scan, open + 1);
  let depth = 0;
  let to = open;
  for (const limit = Math.min(end, open + 2048); to < limit && bytes[to] !== Byte.NEWLINE; to++) {
    if (bytes[to] === 0x28) depth++;
    else if (bytes[to] === 0x29 && --depth === 0) break;
  }
  if (bytes[to] !== 0x29 || to >= end) return;
  const isNamed = to + 1 < end && bytes[to + 1] === Byte.COLON;
  if (isNamed && bytes[to + 2] === Byte.SPACE && to + 3 < end) scan.errorTextStart = to + 3;
  else if (bytes[open - 1] === Byte.SPACE || isNamed) scan.offer(Field.error_message, Sure.NAMED, open + 1, to, 'error text');
}

function takeQuoted(scan: Scan, at: number): void {
  const { bytes, end } = scan;
  const quote = bytes[at];
  if (at >= end || !isQuote(quote)) return;
  let to = at + 1;
  for (const limit = Math.min(end, at + 2048); to < limit && bytes[to] !== quote && bytes[to] !== Byte.NEWLINE; to++) if (bytes[to] === 0x5c) to++;
  if (to < end && bytes[to] === quote) scan.offer(Field.error_message, Sure.NAMED, at + 1, to, 'error text');
}

/** How sure it is that the name at [from, at) is what went wrong. */
function usedAsClass(scan: Scan, from: number, at: number, suffix: number): number {
  const { bytes, end } = scan;
  const next = at < end ? bytes[at] : Byte.NEWLINE;
  const isAfterCue = isBlamed(scan, from);
  if (next === Byte.COLON && endsColon(bytes, at + 1, end)) return suffix === 2 || isAfterCue || beginsText(scan, from) ? Sure.NAMED : 0;
  if (suffix === 1) return isAfterCue ? Sure.LIKELY : 0;
  if (next === 0x28 || (next === Byte.SPACE && bytes[at + 1] === 0x28)) return Sure.NAMED;
  if (isQuote(next) && startsWith(bytes, at + 1, end, WITH_MESSAGE)) return Sure.NAMED;
  if (isAfterCue || (next === Byte.NEWLINE && (from === scan.start || (scan.seen & Mark.FAILED) !== 0))) return Sure.LIKELY;
  if (from > scan.start && CLOSING[bytes[from - 1] as number] === next) return Sure.LIKELY;
  if (next !== Byte.SPACE) return 0;
  return at + 3 < end && bytes[at + 1] === 0x61 && bytes[at + 2] === 0x74 && bytes[at + 3] === Byte.SPACE ? Sure.LIKELY : 0;
}

/** `raised X`, `due to X`, `caused by X`. */
function isBlamed(scan: Scan, from: number): boolean {
  if ((wordBeside(scan, from) & Mark.FAILED) !== 0) return true;
  const isTo = beforeEnd - beforeStart === 2 && scan.bytes[beforeStart] === 0x74 && scan.bytes[beforeStart + 1] === 0x6f;
  return isTo && (wordBefore(scan, beforeStart) & Mark.FAILED) !== 0;
}

function endsColon(bytes: Uint8Array, at: number, end: number): boolean {
  return at >= end || bytes[at] === Byte.SPACE || bytes[at] === Byte.NEWLINE || bytes[at] === Byte.TAB || isQuote(bytes[at]);
}

/** A name that may be no class needs its place: the message's start, or behind a colon. */
function beginsText(scan: Scan, from: number): boolean {
  return from === scan.start || scan.bytes[from - 1] === Byte.COLON || (scan.bytes[from - 1] === Byte.SPACE && scan.bytes[from - 2] === Byte.COLON);
}

/** Back over packages and namespaces: `a.b.C`, `A::B`, `A\B`. */
function qualifiedStart(scan: Scan, start: number): number {
  const { bytes } = scan;
  const limit = Math.max(scan.start, start - LONGEST_CLASS);
  let from = start;
  while (from > limit) {
    const byte = bytes[from - 1] as number;
    if (isLetter(byte) || isDigit(byte) || byte === Byte.UNDERSCORE || byte === Byte.DOLLAR || byte === Byte.DOT || byte === 0x5c || byte >= 0x80) from--;
    else if (byte === Byte.COLON && from - 1 > limit && bytes[from - 2] === Byte.COLON) from -= 2;
    else break;
  }
  while (from < start && !isLetter(bytes[from])) from++;
  return from;
}

/** `FooException.java`, `foo/BarError`, `ValueError.handle`: a name goes on, or it is a file's. */
function isPartOfPath(scan: Scan, from: number, at: number): boolean {
  const { bytes, end } = scan;
  const before = from > scan.start ? bytes[from - 1] : Byte.SPACE;
  if (before === Byte.SLASH || before === Byte.AT || before === 0x23) return true;
  if (at + 1 >= end) return false;
  const next = bytes[at];
  return ((next === Byte.DOT || next === 0x5c || next === Byte.DOLLAR) && (isLetter(bytes[at + 1]) || bytes[at + 1] === 0x5c || bytes[at + 1] === Byte.LESS)) || (next === Byte.COLON && bytes[at + 1] === Byte.COLON) || next === Byte.SLASH;
}

/** A plain `Error:` begins a sentence or a quotation. */
function isPlainError(scan: Scan, start: number): boolean {
  const { bytes } = scan;
  if (bytes[start] !== 0x45 || bytes[start + 1] !== 0x72) return false;
  if (start === scan.start) return true;
  const before = bytes[start - 1] === Byte.SPACE ? bytes[start - 2] : bytes[start - 1];
  return endsAt(bytes, bytes[start - 1] === Byte.SPACE ? start - 2 : start - 1, scan.end) || before === Byte.OPEN_BRACKET || before === Byte.DASH || before === Byte.SPACE;
}

function classEnd(bytes: Uint8Array, from: number, end: number): number {
  const limit = Math.min(end, from + LONGEST_CLASS);
  let to = from;
  for (; to < limit; to++) {
    const byte = bytes[to] as number;
    if ((FOLD[byte] as number) > 0 && byte !== Byte.DASH) continue;
    if ((byte === Byte.DOT || byte === 0x5c) && to + 1 < limit && isLetter(bytes[to + 1])) continue;
    if (byte === Byte.COLON && to + 2 < limit && bytes[to + 1] === Byte.COLON) to++;
    else break;
  }
  return to;
}

/** `X:`, `X(`, `X'`: as a class is written before its text. */
function isCalled(bytes: Uint8Array, at: number, end: number): boolean {
  return at < end && ((bytes[at] === Byte.COLON && endsColon(bytes, at + 1, end)) || bytes[at] === 0x28 || isQuote(bytes[at]));
}

/** A capital at the start or inside, or an underscore: no ordinary word. */
function hasHump(bytes: Uint8Array, from: number, to: number): boolean {
  for (let at = from + 1; at < to; at++) if ((isUpper(bytes[at]) && isLower(bytes[at - 1])) || bytes[at] === Byte.UNDERSCORE || bytes[at] === 0x5c) return true;
  return to - from === 5 && endsWith(bytes, from - 1, to, ERROR) || (to - from === 9 && endsWith(bytes, from - 1, to, EXCEPTION));
}

function endsWith(bytes: Uint8Array, start: number, end: number, suffix: Uint8Array): boolean {
  const from = end - suffix.length;
  if (from < start) return false;
  for (let i = 0; i < suffix.length; i++) if (bytes[from + i] !== suffix[i]) return false;
  return true;
}

import { Byte, isDigit, isLetter, isUpper, startsWith } from '../values/bytes.ts';
import { errorSuffix } from './errors.ts';

// What a line of a stack trace is. Positions are those of the chunk's bytes.

const TRACEBACK = Buffer.from('Traceback (most recent call last)');
/** How a runtime announces that a program dies, or a dump of all its threads. */
const CRASHES = ['panic: ', 'fatal error: ', "thread '", 'Unhandled ', 'Uncaught ', 'Exception in thread ', 'PHP Fatal error: ', 'Fatal error: ', 'Fatal Python error: ', 'SIG', 'Full thread dump '].map((text) => Buffer.from(text));
const FRAMES = ['at ', 'File "', 'Caused by: ', '... ', '#0 ', '#1 ', '#2 ', '#3 ', 'goroutine ', 'stack backtrace:', 'Stack trace:', 'stack traceback:', 'created by ', 'Thread 0x', 'Current thread ', '----- Native stack trace', '> File "'].map((text) => Buffer.from(text));
const MAY_BE_FRAME = new Uint8Array(256);
for (const frame of FRAMES) MAY_BE_FRAME[frame[0] as number] = 1;
/** From which of FRAMES on a line may stand without indent. */
const UNINDENTED_FROM = 2;
/** Ruby's frames but the first; an indented `from` alone is more often SQL. */
const FROM = Buffer.from('from ');
const GOROUTINE = Buffer.from('goroutine');
const GROUP = Buffer.from('Exception Group ');
/** Below the trace of a log call that failed, Python's logging tells what it should have said. */
const MESSAGE = Buffer.from('Message');
/** In front of what caused an exception: Java, .NET, Node, and MySQL's JSON-like `[cause]`. */
const CAUSES = ['Caused by: ', '---> ', '[cause]: '].map((text) => Buffer.from(text));

export function isTraceback(bytes: Uint8Array, at: number, end: number): boolean {
  if (bytes[at] !== 0xe2) return startsWith(bytes, at, end, TRACEBACK);
  let to = at;
  while (to < end && to - at < 256 && (bytes[to] as number) > 0x7f) to++; // rich frames it: `╭──── Traceback`
  return startsWith(bytes, to + 1, end, TRACEBACK);
}

export function isCrash(bytes: Uint8Array, at: number, end: number): boolean {
  return CRASHES.some((text) => startsWith(bytes, at, end, text));
}

/** `a.b.XException: text` or alone on its line, Elixir's `** (X) text`; in a Python trace any name with a colon. */
export function isHead(bytes: Uint8Array, at: number, end: number, isPython: boolean): boolean {
  const from = nameStart(bytes, at);
  if (!isLetter(bytes[from])) return false;
  const to = nameEnd(bytes, from, end);
  if (from > at) return isUpper(bytes[from]) && bytes[to] === Byte.CLOSE_PAREN;
  if (isPython && to - from === MESSAGE.length && startsWith(bytes, from, to, MESSAGE)) return false;
  const next = bytes[skipCode(bytes, to, end)];
  if (to < end && next !== Byte.NEWLINE && next !== Byte.COLON && next !== Byte.RETURN) return false;
  let last = to;
  while (last > at && bytes[last - 1] !== Byte.DOT && bytes[last - 1] !== Byte.COLON && bytes[last - 1] !== 0x5c) last--;
  return isUpper(bytes[last]) && (isPython ? hasSmall(bytes, last, to) : errorSuffix(bytes, last, to) > 0);
}

/** A class has small letters. `CONTEXT: `, `DETAIL: ` of PostgreSQL have none, which go on with a message. */
function hasSmall(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (isLetter(bytes[at]) && !isUpper(bytes[at])) return true;
  return false;
}

/** Where the class begins in a head at `at`: behind Elixir's `** (`. */
export function nameStart(bytes: Uint8Array, at: number): number {
  return bytes[at] === Byte.STAR && bytes[at + 1] === Byte.STAR && bytes[at + 2] === Byte.SPACE && bytes[at + 3] === Byte.OPEN_PAREN ? at + 4 : at;
}

export function nameEnd(bytes: Uint8Array, at: number, end: number): number {
  let to = at;
  for (const limit = Math.min(end, at + 160); to < limit; to++) {
    const byte = bytes[to];
    if (byte === Byte.COLON && bytes[to + 1] === Byte.COLON) to++;
    else if (!isLetter(byte) && !isDigit(byte) && byte !== Byte.DOT && byte !== Byte.UNDERSCORE && byte !== 0x5c && byte !== Byte.DOLLAR) break;
  }
  return to;
}

/** Node's codes: `Error [ERR_X]: text`. */
export function skipCode(bytes: Uint8Array, at: number, end: number): number {
  if (bytes[at] !== Byte.SPACE || bytes[at + 1] !== Byte.OPEN_BRACKET) return at;
  let to = at + 2;
  while (to < end && (isUpper(bytes[to]) || isDigit(bytes[to]) || bytes[to] === Byte.UNDERSCORE)) to++;
  return bytes[to] === Byte.CLOSE_BRACKET ? to + 1 : at;
}

/** A line of an exception group: a bar stands in front of it. */
export function isBar(bytes: Uint8Array, line: number, text: number): boolean {
  return text > line && bytes[skipIndent(bytes, line, text)] === Byte.PIPE;
}

/** Whether an exception group begins on the line at `line`, whose text begins at `text`. */
export function isGroup(bytes: Uint8Array, line: number, text: number): boolean {
  return text > line && bytes[skipIndent(bytes, line, text)] === Byte.PLUS;
}

export function isFrame(bytes: Uint8Array, at: number, end: number, isIndented: boolean): boolean {
  if (MAY_BE_FRAME[bytes[at] as number] === 1) for (let i = isIndented ? 0 : UNINDENTED_FROM; i < FRAMES.length; i++) if (startsWith(bytes, at, end, FRAMES[i] as Uint8Array)) return true;
  return isPlace(bytes, isIndented && startsWith(bytes, at, end, FROM) ? at + FROM.length : at, end) || isNative(bytes, at);
}

/** Ruby's frames: `a.rb:3:in 'f'`. */
function isPlace(bytes: Uint8Array, at: number, end: number): boolean {
  let to = at;
  while (to < end && (bytes[to] as number) > Byte.SPACE) to++;
  return to - at > 5 && bytes[to - 1] === 0x6e && bytes[to - 2] === 0x69 && bytes[to - 3] === Byte.COLON && isDigit(bytes[to - 4]);
}

/** Where Ruby's ` (NoMethodError)` begins that ends the line at [start, end); -1: the line ends in another way. */
export function rubyClass(bytes: Uint8Array, start: number, end: number): number {
  const to = trimmedEnd(bytes, start, end);
  if (bytes[to - 1] !== Byte.CLOSE_PAREN) return -1;
  let open = to - 2;
  while (open > start && bytes[open] !== Byte.OPEN_PAREN && (bytes[open] as number) > Byte.SPACE) open--;
  return bytes[open] === Byte.OPEN_PAREN && bytes[open - 1] === Byte.SPACE && isUpper(bytes[open + 1]) && nameEnd(bytes, open + 1, to) === to - 1 ? open - 1 : -1;
}

/** Behind Ruby's `a.rb:3:in 'f': `, or `start`. */
export function behindPlace(bytes: Uint8Array, start: number, end: number): number {
  for (let at = start; at + 2 < end; at++) {
    if (bytes[at] !== Byte.COLON || bytes[at + 1] !== Byte.SPACE) continue;
    return bytes[at - 1] === Byte.APOSTROPHE || isDigit(bytes[at - 1]) ? at + 2 : start;
  }
  return start;
}

/** Frames of machine code: `10: 0x10b7fb4 v8::internal::…`. */
function isNative(bytes: Uint8Array, at: number): boolean {
  const to = isDigit(bytes[at + 1]) ? at + 2 : at + 1;
  return isDigit(bytes[at]) && bytes[to] === Byte.COLON && bytes[to + 1] === Byte.SPACE && bytes[to + 2] === Byte.ZERO && bytes[to + 3] === 0x78;
}

/** The second line of a frame of Go, `\t/src/main.go:11 +0x2b4`: zap and others write their stacks without a title. */
export function isGoPlace(bytes: Uint8Array, line: number, end: number): boolean {
  if (bytes[line] !== Byte.TAB || bytes[line + 1] !== Byte.SLASH) return false;
  let to = line + 1;
  while (to < end && (bytes[to] as number) > Byte.SPACE) to++;
  let at = to;
  while (isDigit(bytes[at - 1])) at--;
  return at < to && bytes[at - 1] === Byte.COLON && bytes[at - 2] === 0x6f && bytes[at - 3] === 0x67 && bytes[at - 4] === Byte.DOT;
}

/** Go: `text: goroutine 1 [running]:`, and the calls below. */
export function endsInGoroutine(bytes: Uint8Array, start: number, end: number): boolean {
  const to = trimmedEnd(bytes, start, end);
  if (bytes[to - 1] !== Byte.COLON || bytes[to - 2] !== Byte.CLOSE_BRACKET) return false;
  let at = to;
  while (at > start && bytes[at] !== Byte.OPEN_BRACKET) at--;
  while (at > start && (isDigit(bytes[at - 1]) || bytes[at - 1] === Byte.SPACE)) at--;
  return at - GOROUTINE.length >= start && startsWith(bytes, at - GOROUTINE.length, end, GOROUTINE);
}

/** Where the exception begins that a line names as the cause of the one above; -1: it names none. */
export function causeOf(bytes: Uint8Array, at: number, end: number): number {
  const byte = bytes[at];
  if (byte !== 0x43 && byte !== Byte.DASH && byte !== Byte.OPEN_BRACKET) return -1;
  for (const text of CAUSES) {
    if (startsWith(bytes, at, end, text)) return isLetter(bytes[at + text.length]) ? at + text.length : -1;
  }
  return -1;
}

/**
 * Node's `/app/a.js:12`, the line of source and a caret below: where the exception is told, behind blank lines; -1: the
 * text at [start, end) does not begin so.
 */
export function thrownBelow(bytes: Uint8Array, start: number, end: number): number {
  const source = nextLine(bytes, start, end);
  for (let at = start; at < source - 1; at++) if ((bytes[at] as number) <= Byte.SPACE) return -1;
  if (!isDigit(bytes[source - 2])) return -1;
  const caret = nextLine(bytes, source, end);
  const mark = skipIndent(bytes, caret, end);
  if (bytes[mark] !== 0x5e) return -1;
  let at = nextLine(bytes, caret, end);
  while (at < end && (bytes[at] === Byte.NEWLINE || bytes[at] === Byte.RETURN)) at++;
  return at < end ? at : -1;
}

/** Where a line's indent ends, and the bars and pluses of an exception group. */
export function skipGroup(bytes: Uint8Array, at: number, end: number): number {
  const text = skipIndent(bytes, at, end);
  if (text === at || text + 1 >= end || (bytes[text] !== Byte.PIPE && bytes[text] !== Byte.PLUS) || bytes[text + 1] !== Byte.SPACE) return text;
  const inner = skipIndent(bytes, text + 1, end);
  return startsWith(bytes, inner, end, GROUP) ? inner + GROUP.length : inner;
}

export function nextLine(bytes: Uint8Array, at: number, end: number): number {
  const to = bytes.subarray(at, end).indexOf(Byte.NEWLINE); // `bytes` may go on for a megabyte
  return to < 0 ? end : at + to + 1;
}

export function skipIndent(bytes: Uint8Array, at: number, end: number): number {
  let to = at;
  while (to < end && (bytes[to] === Byte.SPACE || bytes[to] === Byte.TAB)) to++;
  return to;
}

export function trimmedEnd(bytes: Uint8Array, from: number, end: number): number {
  let to = end;
  while (to > from && (bytes[to - 1] as number) <= Byte.SPACE) to--;
  return to;
}

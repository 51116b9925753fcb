import type { LogEvent } from '../../agent/event.ts';
import { Field } from '../../agent/fields.ts';
import { Byte, isDigit, isLetter, isUpper, startsWith } from '../values/bytes.ts';
import { textEnd } from './error-text.ts';
import { errorSuffix } from './errors.ts';
import { Sure, type Scan } from './scan.ts';

/**
 * Stack traces in the lines below a message's first. The exception is the one that was thrown in the end: for Java, .NET, Node and Ruby the
 * first that is named (`Caused by:` are its reasons), for Python the last.
 */

/** Reads the lines behind the newline at `at`. Where the message's prose ends: at the trace, or at the record's end if there is none. */
export function takeTrace(scan: Scan, event: LogEvent, at: number): number {
  const { bytes, end } = scan;
  const first = skipGroup(bytes, scan.start, at);
  let firstFrame = at + 1;
  let [from, head, headLine, isPython, frames] = [-1, -1, -1, isTraceback(bytes, first, at), 0];
  if (isHead(bytes, first, at, false)) head = headLine = scan.start;
  else if (isPython || CRASHES.some((text) => startsWith(bytes, first, at, text))) headLine = scan.start;
  if (endsInGoroutine(bytes, scan.start, at)) [from, frames] = [at + 1, 1];
  for (let line = at + 1; line < end; line = nextLine(bytes, line, end)) {
    const text = skipGroup(bytes, line, end);
    if (isTraceback(bytes, text, end)) {
      isPython = true;
      if (from < 0) [from, firstFrame] = [headLine >= 0 ? headLine : line, line];
      frames++;
    } else if (isFrame(bytes, text, end, text > line)) {
      if (from < 0) [from, firstFrame] = [headLine >= 0 ? headLine : line, line];
      frames++;
    } else if ((text === line ? isPython || head < 0 : head < 0 && isBar(bytes, line, text)) && isHead(bytes, text, end, isPython)) {
      head = text;
      if (headLine < 0) headLine = line;
    }
  }
  if (from < 0 || frames === 0) return at + 1;
  event.rule = 'stack trace';
  if (!event.has(Field.stack_trace)) {
    event.span(Field.stack_trace, from, trimmedEnd(bytes, from, end));
    if ((event.present & (1 << Field.message)) !== 0) setProse(scan, event, from, isPython ? head : -1, firstFrame);
  }
  if (head >= 0) takeHead(scan, head);
  scan.end = at; // the rest of the rules see the first line only
  return end;
}

const TRACEBACK = Buffer.from('Traceback (most recent call last)');
/** What a person reads is above the trace. If the message is nothing but a trace: its exception, which is in the first line or, for Python, the last. */
function setProse(scan: Scan, event: LogEvent, from: number, last: number, firstFrame: number): void {
  const { bytes, start, end } = scan;
  if (from === start && last > start) event.span(Field.message, last, trimmedEnd(bytes, last, nextLine(bytes, last, end)));
  else event.span(Field.message, start, trimmedEnd(bytes, start, from === start ? firstFrame : from));
}

/** How a runtime announces that a program dies. */
const CRASHES = ['panic: ', 'fatal error: ', "thread '", 'Unhandled ', 'Uncaught ', 'Exception in thread ', 'PHP Fatal error: ', 'Fatal error: '].map((text) => Buffer.from(text));
const FRAMES = ['at ', 'File "', 'Caused by: ', '... ', '#0 ', '#1 ', '#2 ', '#3 ', 'goroutine ', 'stack backtrace:', 'Stack trace:', 'stack traceback:', 'created by '].map((text) => Buffer.from(text));
/** From which of FRAMES on a line may stand without indent. */
const UNINDENTED_FROM = 2;
/** Ruby's frames but the first; an indented `from` alone is more often SQL. */
const FROM = Buffer.from('from ');

function takeHead(scan: Scan, head: number): void {
  const { bytes, end } = scan;
  const name = nameEnd(bytes, head, end);
  const to = skipCode(bytes, name, end);
  scan.offer(Field.error_type, Sure.TOTAL, head, name, 'stack trace');
  scan.errorTextStart = scan.plainErrorStart = -1;
  scan.withdraw(Field.error_message);
  if (bytes[to] !== Byte.COLON || bytes[to + 1] !== Byte.SPACE) return;
  const textTo = textEnd(bytes, to + 2, end, head);
  if (textTo > to + 2) scan.offer(Field.error_message, Sure.TOTAL, to + 2, textTo, 'stack trace');
}

/** `a.b.XException: text` or alone on its line; in a Python trace any name with a colon. */
function isHead(bytes: Uint8Array, at: number, end: number, isPython: boolean): boolean {
  if (!isLetter(bytes[at])) return false;
  const to = nameEnd(bytes, at, end);
  const next = bytes[skipCode(bytes, to, end)];
  if (to < end && next !== Byte.NEWLINE && next !== Byte.COLON && next !== Byte.RETURN) return false;
  let last = to;
  while (last > at && bytes[last - 1] !== Byte.DOT && bytes[last - 1] !== Byte.COLON && bytes[last - 1] !== 0x5c) last--;
  return isUpper(bytes[last]) && (isPython || errorSuffix(bytes, last, to) > 0);
}

/** Node's codes: `Error [ERR_X]: text`. */
function skipCode(bytes: Uint8Array, at: number, end: number): number {
  if (bytes[at] !== Byte.SPACE || bytes[at + 1] !== Byte.OPEN_BRACKET) return at;
  let to = at + 2;
  while (to < end && (isUpper(bytes[to]) || isDigit(bytes[to]) || bytes[to] === Byte.UNDERSCORE)) to++;
  return bytes[to] === Byte.CLOSE_BRACKET ? to + 1 : at;
}

/** A line of an exception group: a bar stands in front of it. */
function isBar(bytes: Uint8Array, line: number, text: number): boolean {
  return text > line && bytes[skipIndent(bytes, line, text)] === Byte.PIPE;
}

function isFrame(bytes: Uint8Array, at: number, end: number, isIndented: boolean): boolean {
  for (let i = isIndented ? 0 : UNINDENTED_FROM; i < FRAMES.length; i++) if (startsWith(bytes, at, end, FRAMES[i] as Uint8Array)) return true;
  return isPlace(bytes, isIndented && startsWith(bytes, at, end, FROM) ? at + FROM.length : at, end);
}

/** Ruby's frames: `a.rb:3:in 'f'`. */
function isPlace(bytes: Uint8Array, at: number, end: number): boolean {
  let to = at;
  while (to < end && (bytes[to] as number) > Byte.SPACE) to++;
  return to - at > 5 && bytes[to - 1] === 0x6e && bytes[to - 2] === 0x69 && bytes[to - 3] === Byte.COLON && isDigit(bytes[to - 4]);
}

/** Go: `text: goroutine 1 [running]:`, and the calls below. */
function endsInGoroutine(bytes: Uint8Array, start: number, end: number): boolean {
  const to = trimmedEnd(bytes, start, end);
  if (bytes[to - 1] !== Byte.COLON || bytes[to - 2] !== Byte.CLOSE_BRACKET) return false;
  let at = to;
  while (at > start && bytes[at] !== Byte.OPEN_BRACKET) at--;
  while (at > start && (isDigit(bytes[at - 1]) || bytes[at - 1] === Byte.SPACE)) at--;
  return at - GOROUTINE.length >= start && startsWith(bytes, at - GOROUTINE.length, end, GOROUTINE);
}

const GOROUTINE = Buffer.from('goroutine');

/** Where a line's indent ends, and the bars and pluses of an exception group. */
function skipGroup(bytes: Uint8Array, at: number, end: number): number {
  const text = skipIndent(bytes, at, end);
  if (text === at || text + 1 >= end || (bytes[text] !== Byte.PIPE && bytes[text] !== Byte.PLUS) || bytes[text + 1] !== Byte.SPACE) return text;
  const inner = skipIndent(bytes, text + 1, end);
  return startsWith(bytes, inner, end, GROUP) ? inner + GROUP.length : inner;
}

const GROUP = Buffer.from('Exception Group ');

function isTraceback(bytes: Uint8Array, at: number, end: number): boolean {
  return startsWith(bytes, at, end, TRACEBACK);
}

function nameEnd(bytes: Uint8Array, at: number, end: number): number {
  let to = at;
  for (const limit = Math.min(end, at + 160); to < limit; to++) {
    const byte = bytes[to];
    if (byte === Byte.COLON && bytes[to + 1] === Byte.COLON) to++;
    else if (!isLetter(byte) && !isDigit(byte) && byte !== Byte.DOT && byte !== Byte.UNDERSCORE && byte !== 0x5c && byte !== Byte.DOLLAR) break;
  }
  return to;
}

function nextLine(bytes: Uint8Array, at: number, end: number): number {
  const to = bytes.indexOf(Byte.NEWLINE, at);
  return to < 0 || to >= end ? end : to + 1;
}

function skipIndent(bytes: Uint8Array, at: number, end: number): number {
  let to = at;
  while (to < end && (bytes[to] === Byte.SPACE || bytes[to] === Byte.TAB)) to++;
  return to;
}

function trimmedEnd(bytes: Uint8Array, from: number, end: number): number {
  let to = end;
  while (to > from && (bytes[to - 1] as number) <= Byte.SPACE) to--;
  return to;
}

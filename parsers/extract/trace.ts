import type { LogEvent } from '../../agent/event.ts';
import { Field } from '../../agent/fields.ts';
import { Byte, isDigit, isLetter, isUpper } from '../values/bytes.ts';
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
  let [from, head, headLine, isPython, frames] = [-1, -1, -1, false, 0];
  for (let line = at + 1; line < end; line = nextLine(bytes, line, end)) {
    const text = skipIndent(bytes, line, end);
    if (isTraceback(bytes, text, end)) {
      isPython = true;
      if (from < 0) from = headLine >= 0 ? headLine : line;
      frames++;
    } else if (isFrame(bytes, text, end, text > line)) {
      if (from < 0) from = headLine >= 0 ? headLine : line;
      frames++;
    } else if (text === line && (isPython || head < 0) && isHead(bytes, text, end, isPython)) {
      head = text;
      headLine = line;
    }
  }
  if (from < 0 || frames === 0) return at + 1;
  event.rule = 'stack trace';
  if (!event.has(Field.stack_trace)) {
    event.span(Field.stack_trace, from, trimmedEnd(bytes, from, end));
    if ((event.present & (1 << Field.message)) !== 0) event.span(Field.message, scan.start, trimmedEnd(bytes, scan.start, from)); // what a person reads is above it
  }
  if (head >= 0) takeHead(scan, head);
  scan.end = at; // the rest of the rules see the first line only
  return end;
}

const TRACEBACK = Buffer.from('Traceback (most recent call last)');
const FRAMES = ['at ', 'from ', 'File "', 'Caused by: ', '... ', '#0 ', '#1 ', '#2 ', '#3 ', 'goroutine ', 'stack backtrace:', 'Stack trace:', 'created by '].map((text) => Buffer.from(text));
/** From which of FRAMES on a line may stand without indent. */
const UNINDENTED_FROM = 3;

function takeHead(scan: Scan, head: number): void {
  const { bytes, end } = scan;
  const to = nameEnd(bytes, head, end);
  scan.offer(Field.error_type, Sure.TOTAL, head, to, 'stack trace');
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
  if (to < end && bytes[to] !== Byte.NEWLINE && bytes[to] !== Byte.COLON && bytes[to] !== Byte.RETURN) return false;
  let last = to;
  while (last > at && bytes[last - 1] !== Byte.DOT && bytes[last - 1] !== Byte.COLON && bytes[last - 1] !== 0x5c) last--;
  return isUpper(bytes[last]) && (isPython || errorSuffix(bytes, last, to) > 0);
}

function isFrame(bytes: Uint8Array, at: number, end: number, isIndented: boolean): boolean {
  for (let i = isIndented ? 0 : UNINDENTED_FROM; i < FRAMES.length; i++) if (startsWith(bytes, at, end, FRAMES[i] as Uint8Array)) return true;
  return false;
}

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

function startsWith(bytes: Uint8Array, at: number, end: number, text: Uint8Array): boolean {
  if (at + text.length > end) return false;
  for (let i = 0; i < text.length; i++) if (bytes[at + i] !== text[i]) return false;
  return true;
}

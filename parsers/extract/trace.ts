import type { LogEvent } from '../../agent/event.ts';
import { Field } from '../../agent/fields.ts';
import { Level } from '../../agent/levels.ts';
import { Byte, isDigit, startsWith } from '../values/bytes.ts';
import { textEnd } from './error-text.ts';
import { errorSuffix } from './errors.ts';
import { Sure, type Scan } from './scan.ts';
import { behindPlace, causeOf, endsInGoroutine, isBar, isCrash, isFrame, isGoPlace, isGroup, isHead, isTraceback, nameEnd, nameStart, nextLine, rubyClass, skipCode, skipGroup, skipIndent, thrownBelow, trimmedEnd } from './trace-lines.ts';

/**
 * Stack traces in the lines below a message's first. The exception is the one that was thrown in the end: for Java, .NET, Node and Ruby the
 * first that is named (`Caused by:` are its reasons), for Python the last.
 */

/** What caused the exception of the trace that was read last, in the end: `java.io.IOException: no space`. `end` 0: it is not told. */
export const rootCause = { start: 0, end: 0 };

/** What is known of the trace at hand. Positions; -1: not found. */
const trace = {
  /** Where the trace begins, and the first line that only a trace has. */
  from: -1,
  firstFrame: -1,
  /** The exception, and the line it stands in. */
  head: -1,
  headLine: -1,
  cause: -1,
  frames: 0,
  isPython: false,
  /** Blanks in front of each line below the first: journalctl indents them all. */
  indent: 0,
  inGroup: false,
};

/** Reads the lines behind the newline at `at`. Where the message's prose ends: at the trace, or at the record's end if there is none. */
export function takeTrace(scan: Scan, event: LogEvent, at: number): number {
  const { bytes, end } = scan;
  rootCause.end = 0;
  const thrown = thrownBelow(bytes, scan.start, end);
  if (thrown < 0) begin(bytes, scan.start, at, end);
  else begin(bytes, thrown, nextLine(bytes, thrown, end) - 1, end);
  const first = thrown < 0 ? at + 1 : nextLine(bytes, thrown, end);
  for (let line = first, before = -1; line < end; before = line, line = nextLine(bytes, line, end)) takeLine(bytes, line, before, end);
  takePanic(scan, event);
  if (trace.from < 0 || trace.frames === 0) {
    if (thrown > 0 && event.has(Field.message)) event.span(Field.message, thrown, trimmedEnd(bytes, thrown, nextLine(bytes, thrown, end)));
    return at + 1;
  }
  if (trace.head < 0 && trace.frames === 1 && isRustPlace(bytes, trace.firstFrame, end)) { // tracing's pretty form
    const from = skipIndent(bytes, trace.firstFrame, end) + AT;
    if (!event.has(Field.caller)) event.span(Field.caller, from, trimmedEnd(bytes, from, nextLine(bytes, from, end)));
    return at + 1;
  }
  if (trace.head < 0 && trace.firstFrame === first) trace.head = headInside(bytes, thrown < 0 ? scan.start : thrown, first - 1);
  settle(scan, event, thrown);
  scan.end = at; // the rest of the rules see the first line only
  return end;
}

/** Behind a frame's `at `. */
const AT = 3;

/** `    at src/main.rs:3`: where a message was logged. Frames of a panic tell the column too. */
function isRustPlace(bytes: Uint8Array, line: number, end: number): boolean {
  const from = skipIndent(bytes, line, end) + AT;
  const to = trimmedEnd(bytes, from, nextLine(bytes, from, end));
  let at = to;
  while (isDigit(bytes[at - 1])) at--;
  return at < to && at - 4 > from && bytes[at - 1] === Byte.COLON && bytes[at - 2] === 0x73 && bytes[at - 3] === 0x72 && bytes[at - 4] === Byte.DOT;
}

/** Go's `panic: text` and `fatal error: text`; Rust's `thread 'main' panicked at a.rs:4:5:`, whose text is on the next line. */
function takePanic(scan: Scan, event: LogEvent): void {
  const { bytes, start, end } = scan;
  const line = nextLine(bytes, start, end) - 1;
  if (startsWith(bytes, start, end, RUST)) {
    let at = start + RUST.length;
    while (at < line && !startsWith(bytes, at, line, PANICKED)) at++;
    if (at === line || bytes[line - 1] !== Byte.COLON) return;
    scan.offer(Field.error_type, Sure.TOTAL, at + 1, at + 6, 'panic');
    blame(scan, event, at + 1, at + 9);
    return takePanicText(scan, line + 1);
  }
  const isPanic = startsWith(bytes, start, end, PANIC);
  if (trace.from < 0 || trace.head >= 0 || !isPanic && !startsWith(bytes, start, end, FATAL)) return;
  const text = start + (isPanic ? PANIC.length : FATAL.length);
  if (isPanic) scan.offer(Field.error_type, Sure.TOTAL, start, text - 2, 'panic');
  blame(scan, event, start, text - 2);
  takePanicText(scan, text);
}

/** What was thrown to the end is an error, where the record does not say what it is. */
function blame(scan: Scan, event: LogEvent, from: number, to: number): void {
  if (scan.isTaken(Field.level) || event.has(Field.level)) return;
  event.rule = 'stack trace';
  event.level(Level.error, from, to);
}

function takePanicText(scan: Scan, from: number): void {
  const to = textEnd(scan.bytes, from, scan.end, scan.start);
  if (to > from) scan.offer(Field.error_message, Sure.TOTAL, from, to, 'panic');
}

const RUST = Buffer.from("thread '");
const PANICKED = Buffer.from(' panicked at ');
const PANIC = Buffer.from('panic: ');
const FATAL = Buffer.from('fatal error: ');

/** Looks at the first line, at [start, at). */
function begin(bytes: Uint8Array, start: number, at: number, end: number): void {
  const first = skipGroup(bytes, start, at);
  trace.from = trace.head = trace.headLine = trace.cause = -1;
  trace.firstFrame = at + 1;
  trace.frames = 0;
  trace.inGroup = false;
  trace.isPython = isTraceback(bytes, first, at);
  trace.indent = trace.isPython && first === start ? leastIndent(bytes, at + 1, end) : 0;
  if (isHead(bytes, first, at, false)) {
    trace.head = first;
    trace.headLine = start;
  } else if (trace.isPython || isCrash(bytes, first, at)) trace.headLine = start;
  if (!endsInGoroutine(bytes, start, at)) return;
  trace.from = Math.min(at + 1, end);
  trace.frames = 1;
}

function leastIndent(bytes: Uint8Array, from: number, end: number): number {
  let least = end;
  for (let line = from; line < end; line = nextLine(bytes, line, end)) {
    const text = skipIndent(bytes, line, end);
    if ((bytes[text] as number) > Byte.SPACE) least = Math.min(least, text - line);
    if (least === 0) return 0;
  }
  return least === end ? 0 : least;
}

function takeLine(bytes: Uint8Array, line: number, before: number, end: number): void {
  const text = skipGroup(bytes, line, end);
  if ((bytes[text] as number) <= Byte.RETURN) return;
  if (isTraceback(bytes, text, end)) {
    trace.isPython = true;
    if (trace.from < 0 && text > line && bytes[line] !== Byte.SPACE) trace.indent = text - line; // Twisted's are behind a tab
    if (isGroup(bytes, line, text) && !trace.inGroup) {
      trace.inGroup = true;
      if (trace.head >= 0) takeCause(trace.head);
      trace.head = -1; // the group's own follows
    }
    return takeFrame(line, line);
  }
  const cause = causeOf(bytes, text, end);
  if (cause > 0) trace.cause = cause;
  if (isFrame(bytes, text, end, text > line)) takeFrame(line, line);
  else if (isGoPlace(bytes, line, end)) takeFrame(before > 0 ? before : line, before > 0 ? before : line);
  else if (trace.head < 0 && text - line > trace.indent && isAboveFrames(bytes, line, text, end)) takeIndented(line, text);
  else if ((text - line === trace.indent ? trace.isPython || trace.head < 0 : trace.head < 0 && (isBar(bytes, line, text) || bytes[text] === Byte.STAR)) && isHead(bytes, text, end, trace.isPython)) {
    if (trace.head >= 0) takeCause(trace.head);
    trace.head = text;
    if (trace.headLine < 0) trace.headLine = line;
  }
}

/** .NET's console logger: an exception is indented as the text above it, and its frames by more. */
function isAboveFrames(bytes: Uint8Array, line: number, text: number, end: number): boolean {
  if (!isHead(bytes, text, end, false)) return false;
  const next = nextLine(bytes, text, end);
  const frame = skipIndent(bytes, next, end);
  return frame - next > text - line && (isFrame(bytes, frame, end, true) || causeOf(bytes, frame, end) > 0);
}

function takeIndented(line: number, text: number): void {
  trace.head = text;
  trace.headLine = line;
}

/** Python tells the cause first. */
function takeCause(head: number): void {
  if (trace.isPython && trace.cause < 0) trace.cause = head;
}

function takeFrame(line: number, from: number): void {
  if (trace.from < 0) {
    trace.from = trace.headLine >= 0 ? trace.headLine : from;
    trace.firstFrame = line;
  }
  trace.frames++;
}

/** `query failed TypeError: text` right above the frames: the first class that is used as one; -1: there is none. */
function headInside(bytes: Uint8Array, start: number, end: number): number {
  for (let colon = start + 5; colon + 2 < end; colon++) {
    if (bytes[colon] !== Byte.COLON || bytes[colon + 1] !== Byte.SPACE || errorSuffix(bytes, start, colon) < 2) continue;
    let from = colon;
    while (from > start && nameEnd(bytes, from - 1, colon) === colon) from--;
    if (isHead(bytes, from, end, false) && (from === start || bytes[from - 1] === Byte.SPACE)) return from;
  }
  return -1;
}

function settle(scan: Scan, event: LogEvent, thrown: number): void {
  const { bytes, end } = scan;
  const { from, head, cause } = trace;
  event.rule = 'stack trace';
  if (!event.has(Field.stack_trace)) {
    event.span(Field.stack_trace, from, trimmedEnd(bytes, from, end));
    if (event.has(Field.message)) setProse(scan, event, thrown);
  }
  if (head >= 0) takeHead(scan, event, head);
  else takeRuby(scan, event, thrown < 0 ? scan.start : thrown);
  if (cause < 0 || cause === head) return;
  rootCause.start = cause;
  rootCause.end = trimmedEnd(bytes, cause, nextLine(bytes, cause, end));
  if (bytes[rootCause.end - 1] === Byte.OPEN_BRACE) rootCause.end = trimmedEnd(bytes, cause, rootCause.end - 1); // Node: its properties follow
}

/** What a person reads is above the trace. If the message is nothing but a trace: its exception, which is in the first line or, for Python, the last. */
function setProse(scan: Scan, event: LogEvent, thrown: number): void {
  const { bytes, end } = scan;
  const start = thrown < 0 ? scan.start : thrown;
  const { from, firstFrame, head, isPython } = trace;
  if (isPython && from === start && head > start) event.span(Field.message, head, trimmedEnd(bytes, head, nextLine(bytes, head, end)));
  else event.span(Field.message, start, trimmedEnd(bytes, start, from === start ? firstFrame : from));
}

/** Ruby's `text (Class)` above its places. */
function takeRuby(scan: Scan, event: LogEvent, start: number): void {
  const { bytes, end } = scan;
  const line = nextLine(bytes, start, end);
  const open = rubyClass(bytes, start, line);
  if (open < 0) return;
  const text = behindPlace(bytes, start, open);
  scan.offer(Field.error_type, Sure.TOTAL, open + 2, trimmedEnd(bytes, open, line) - 1, 'stack trace');
  blame(scan, event, open + 2, trimmedEnd(bytes, open, line) - 1);
  if (open > text) scan.offer(Field.error_message, Sure.TOTAL, text, open, 'stack trace');
}

function takeHead(scan: Scan, event: LogEvent, head: number): void {
  const { bytes, end } = scan;
  const start = nameStart(bytes, head);
  const name = nameEnd(bytes, start, end);
  const to = start > head ? name + 1 : skipCode(bytes, name, end);
  scan.offer(Field.error_type, Sure.TOTAL, start, name, 'stack trace');
  blame(scan, event, start, name);
  scan.errorTextStart = scan.plainErrorStart = -1;
  scan.withdraw(Field.error_message);
  const text = start > head ? to + 1 : to + 2;
  if (start === head && (bytes[to] !== Byte.COLON || bytes[to + 1] !== Byte.SPACE)) return;
  const textTo = textEnd(bytes, text, end, head);
  if (textTo > text) scan.offer(Field.error_message, Sure.TOTAL, text, textTo, 'stack trace');
}

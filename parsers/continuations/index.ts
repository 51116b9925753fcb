import type { Continuations } from '../../agent/records/record-cutter.ts';
import { Byte, isBlank, isUpper, skipBlanks, startsWith } from '../values/bytes.ts';
import { isHead } from '../extract/trace-lines.ts';
import { EXPORT_HEADS } from '../journal-text.ts';
import { isLoggingError, isPairs, isPythonWarning, isShellsWord } from './beginnings.ts';
import { depthAfter } from './brackets.ts';
import { endsWithColon, isAnnounced, isOpenEnd } from './endings.ts';
import { Head, headOf, isObjectStart } from './headers.ts';
import { become, begun, BREAK, counted, countOf, EXPECTS, FRAMES, indented, indentOf, KIND, Kind, MULTI, TRACED, withCount } from './state.ts';
import { awaitsLevel, isAlarmed, isCaret, isDumpPart, isFrame, isGoCall, Trace, traceOf } from './traces.ts';

/**
 * Which lines continue a record. A line that begins as records do (a time, a level, a JSON object) begins one; an
 * indented line continues one; any other continues a record that began with a header, and one without only where the
 * grammar of a trace says so. What is joined depends on nothing but the record's own lines, so that a restart and `explain`
 * cut as the running agent does.
 */
export const continuations: Continuations = {
  begin(bytes, start, end) {
    const at = skipBlanks(bytes, start, end);
    return begin(headOf(bytes, at, end), bytes, start, at, end);
  },

  join(state, bytes, first, start, end, blanks) {
    const kind = state & KIND;
    if (kind === Kind.EXPORT) return blanks === 0 ? state | MULTI : ~continuations.begin(bytes, start, end);
    let at = start;
    if (isBlank(bytes[start])) {
      at = skipBlanks(bytes, start, end);
      if (isBelow(state, bytes, start, at, end) && !isGroupBelowHeader(kind, bytes, start, at, end)) return joinIndented(state, bytes, start, at, end, blanks);
    }
    if (kind === Kind.SOURCE) return state - Kind.SOURCE + Kind.CARET;
    const head = headOf(bytes, at, end);
    if (head !== Head.NONE && !isPair(state, head, bytes, first, start)) return ~begin(head, bytes, start, at, end);
    return joinText(state, bytes, first, start, at, end, blanks);
  },
};

const KIND_OF_TRACE: readonly number[] = [Kind.TEXT, Kind.ERROR, Kind.ERROR, Kind.ERROR, Kind.PANIC, Kind.GOROUTINE, Kind.TRACEBACK, Kind.SOURCE, Kind.TRACE, Kind.TRACE, Kind.TRACE, Kind.PLACE, Kind.ERROR, Kind.DUMP];
const SLOW_LOG = ['# Time: ', '# User@Host: '].map((text) => Buffer.from(text));

const EXPORTS = EXPORT_HEADS.map((text) => Buffer.from(text));

/** The state of a record whose first line begins with `head`. `at` is where its indent ends; `trace`, if it is known already. */
function begin(head: Head, bytes: Uint8Array, start: number, at: number, end: number, trace?: Trace): number {
  if (head === Head.WHOLE) return Kind.CLOSED;
  const indent = indented(at - start);
  if (head !== Head.NONE) return (head === Head.LEVEL ? Kind.LEVEL : Kind.HEADER) | (isOpenEnd(bytes, at, end) ? EXPECTS : 0) | indent;
  const byte = bytes[at];
  if (byte === Byte.OPEN_BRACE || (byte === Byte.OPEN_BRACKET && isArrayStart(bytes, at, end))) return beginObject(bytes, at, end) | indent;
  if (byte === Byte.UNDERSCORE && EXPORTS.some((text) => startsWith(bytes, at, end, text))) return Kind.EXPORT;
  if (byte === Byte.HASH && at + 1 === end) return Kind.BLOCK | indent;
  if (byte === Byte.HASH && SLOW_LOG.some((text) => startsWith(bytes, at, end, text))) return Kind.COMMENT | indent;
  if (byte === Byte.PLUS && at > start) return Kind.TRACE | indent; // an exception group of Python, all of it indented
  return (KIND_OF_TRACE[trace ?? traceOf(bytes, start, end)] as number) | (endsWithColon(bytes, at, end) ? EXPECTS : 0) | indent;
}

function beginObject(bytes: Uint8Array, at: number, end: number): number {
  const depth = depthAfter(bytes, at, end, 0);
  if (depth > 0) return withCount(Kind.OBJECT, depth);
  return bytes[at] === Byte.OPEN_BRACE ? Kind.CLOSED : Kind.TEXT;
}

/** `[` and nothing, or an element. */
function isArrayStart(bytes: Uint8Array, at: number, end: number): boolean {
  const next = skipBlanks(bytes, at + 1, end);
  return next === end || bytes[next] === Byte.OPEN_BRACE || bytes[next] === Byte.QUOTE || bytes[next] === Byte.OPEN_BRACKET;
}

/** A short indent may be the padding of a level to five characters: ` INFO 2026-11-25`. And Rails indents an exception by one. */
function isPaddedHead(bytes: Uint8Array, start: number, at: number, end: number): boolean {
  if (at - start > 2 || !isUpper(bytes[at]) || bytes[start] === Byte.TAB) return false;
  return headOf(bytes, at, end) === Head.FULL || (at === start + 1 && traceOf(bytes, start, end) === Trace.ERROR);
}

/** java.util.logging and its kin: time and place on a line, level and text on the next. */
function isPair(state: number, head: Head, bytes: Uint8Array, first: number, start: number): boolean {
  return head === Head.LEVEL && (state & (KIND | MULTI)) === Kind.HEADER && isUpper(bytes[start]) && awaitsLevel(bytes, first, start);
}

/** Whether the line's indent puts it below the record's first line. The same indent does where no header follows, but not below mere text. */
function isBelow(state: number, bytes: Uint8Array, start: number, at: number, end: number): boolean {
  const indent = indentOf(state);
  if (at - start < indent) return false;
  if (isPaddedHead(bytes, start, at, end)) return false;
  return at - start > indent || (state & KIND) !== Kind.TEXT && headOf(bytes, at, end) === Head.NONE;
}

function joinIndented(state: number, bytes: Uint8Array, start: number, at: number, end: number, blanks: number): number {
  switch (state & KIND) {
    case Kind.TEXT: return isOwn(bytes, start, at, end, blanks) ? ~continuations.begin(bytes, start, end) : state | MULTI;
    case Kind.HEADER: return state | MULTI | (isAt(bytes, at) ? FRAMES : 0);
    case Kind.OBJECT: return inObject(state, bytes, start, end);
    case Kind.ERROR: case Kind.PLACE: return ended(isFrame(bytes, start, end) ? become(state, Kind.TRACE) : state, bytes, start, end);
    case Kind.TRACE: return ended(state, bytes, start, end);
    case Kind.SOURCE: return become(state, Kind.CARET);
    case Kind.CARET: return isCaret(bytes, start, end) ? become(state, Kind.THROWN) : ~continuations.begin(bytes, start, end);
    case Kind.THROWN: return become(state, Kind.ERROR);
    case Kind.COMMENT: return become(state, Kind.STATEMENT);
    default: return state | MULTI;
  }
}

/** Below a text: a log line that is always indented, behind a blank line one that begins with a level, an exception group of Python. */
function isOwn(bytes: Uint8Array, start: number, at: number, end: number, blanks: number): boolean {
  return headOf(bytes, at, end) >= (blanks > 0 ? Head.LEVEL : Head.FULL) || isGroup(bytes, start, at, end);
}

/** An exception group is indented, but goes with a header as any traceback does. */
function isGroupBelowHeader(kind: number, bytes: Uint8Array, start: number, at: number, end: number): boolean {
  return (kind === Kind.HEADER || kind === Kind.LEVEL) && isGroup(bytes, start, at, end);
}

/** The first line of an exception group of Python. */
function isGroup(bytes: Uint8Array, start: number, at: number, end: number): boolean {
  return bytes[at] === Byte.PLUS && traceOf(bytes, start, end) === Trace.TRACEBACK;
}

/** `at `: a frame of Java, .NET or Node. */
function isAt(bytes: Uint8Array, at: number): boolean {
  return bytes[at] === 0x61 && bytes[at + 1] === 0x74 && bytes[at + 2] === Byte.SPACE;
}

/** The line at [start, end) has no header, and no more indent than the record's first. */
function joinText(state: number, bytes: Uint8Array, first: number, start: number, at: number, end: number, blanks: number): number {
  switch (state & KIND) {
    case Kind.CLOSED: break;
    case Kind.BLOCK: if (bytes[at] === Byte.HASH && blanks === 0) return state | MULTI; break;
    case Kind.DUMP: if (blanks === 0 || isDumpPart(bytes, start, end)) return state | MULTI; break;
    case Kind.OBJECT: if (isObjectPart(state, bytes, first, at, end)) return inObject(state, bytes, start, end); break;
    case Kind.COMMENT: return become(state, bytes[at] === Byte.HASH ? Kind.COMMENT : Kind.STATEMENT);
    case Kind.STATEMENT: if (bytes[at] !== Byte.HASH) return state; break;
    case Kind.CARET: if (isCaret(bytes, start, end)) return become(state, Kind.THROWN); break;
    case Kind.THROWN: return become(state, Kind.ERROR);
    default:
      if ((state & KIND) === Kind.HEADER && isPairs(bytes, at, end) && isPairs(bytes, first, start)) break; // another line of key=value, whatever its first key
      if (isPythonWarning(bytes, at, end) || isShellsWord(bytes, at, end) || isLoggingError(bytes, at, end)) break;
      return joinTrace(state, traceOf(bytes, start, end), bytes, first, start, at, end, blanks);
  }
  return ~begin(Head.NONE, bytes, start, at, end);
}

function joinTrace(state: number, trace: Trace, bytes: Uint8Array, first: number, start: number, at: number, end: number, blanks: number): number {
  const kind = state & KIND;
  if (blanks === 0 && isCloser(bytes[at]) && (state & MULTI) !== 0) return state;
  const next = kind <= Kind.HEADER ? afterText(state, trace, bytes, first, start, end, blanks) : afterTrace(state, trace, bytes, start, end, blanks);
  if (next < 0) return ~begin(Head.NONE, bytes, start, at, end, trace);
  return kind === Kind.HEADER || kind === Kind.LEVEL ? next | MULTI : ended(next, bytes, at, end);
}

/** The record is text or a log line, with or without a trace below. The state, or BREAK. */
function afterText(state: number, trace: Trace, bytes: Uint8Array, first: number, start: number, end: number, blanks: number): number {
  const kind = state & KIND;
  const expects = (state & EXPECTS) !== 0;
  if (kind === Kind.TEXT) {
    if (trace === Trace.TITLE && blanks === 0) return become(state, Kind.TRACE);
    return expects && isHeading(trace) ? become(state, KIND_OF_TRACE[trace] as number) : BREAK;
  }
  switch (trace) {
    case Trace.DUMP: if (blanks === 0) return become(state, Kind.DUMP); break;
    case Trace.NONE: return kind === Kind.HEADER && takesText(state, bytes, first, start, blanks) || (state & TRACED) !== 0 && blanks === 0 && endsTraceback(bytes, start, end) ? state : BREAK;
    case Trace.PANIC: case Trace.CRASH: case Trace.UNCAUGHT: case Trace.SOURCE: return BREAK;
    case Trace.TITLE: return state & ~FRAMES; // its message may have lines of its own
    case Trace.PART: case Trace.LINK: case Trace.GOROUTINE: return state;
    case Trace.QUALIFIED: if (kind === Kind.HEADER && blanks === 0) return state; break;
    case Trace.TRACEBACK: if ((state & TRACED) !== 0) return isAnnounced(bytes, first, start) ? state : BREAK; break;
  }
  if (!expects && !isAlarmed(bytes, first, start)) return BREAK;
  return trace === Trace.TRACEBACK ? state | TRACED : state;
}

/** Python: below the frames, which are indented, stands the exception, whatever its class is called. */
function endsTraceback(bytes: Uint8Array, start: number, end: number): boolean {
  let above = start - 1;
  while (above > 0 && bytes[above - 1] !== Byte.NEWLINE) above--;
  return bytes[above] === Byte.SPACE && isHead(bytes, start, end, true);
}

/** Whether a line that says nothing of itself goes on with the text behind a header. Not below a trace. */
function takesText(state: number, bytes: Uint8Array, first: number, start: number, blanks: number): boolean {
  if ((state & FRAMES) !== 0) return false;
  return blanks === 0 || (state & EXPECTS) !== 0 || (blanks === 1 && (state & MULTI) === 0 && isAlarmed(bytes, first, start));
}

function isHeading(trace: Trace): boolean {
  return trace === Trace.ERROR || trace === Trace.QUALIFIED || trace === Trace.TRACEBACK || trace === Trace.PLACE || trace === Trace.GOROUTINE;
}

/** The record is a trace that began without a header. The state, or BREAK. */
function afterTrace(state: number, trace: Trace, bytes: Uint8Array, start: number, end: number, blanks: number): number {
  const kind = state & KIND;
  if (kind === Kind.TRACEBACK && blanks === 0) return become(state, trace === Trace.TRACEBACK ? Kind.TRACEBACK : Kind.TRACE);
  if (kind === Kind.PANIC || kind === Kind.GOROUTINE) return afterPanic(state, trace, bytes, start, end);
  switch (trace) {
    case Trace.PART: return become(state, Kind.TRACE);
    case Trace.TITLE: return begun(state, Kind.ERROR);
    case Trace.PLACE: return begun(state, Kind.PLACE);
    case Trace.LINK: return become(state, Kind.TRACE) | EXPECTS;
    case Trace.TRACEBACK: return kind === Kind.ERROR || (state & EXPECTS) !== 0 ? become(state, Kind.TRACEBACK) : BREAK;
    case Trace.NONE: if (isMessage(state, blanks)) return counted(state); break;
  }
  return (state & EXPECTS) !== 0 && trace !== Trace.PANIC && trace !== Trace.CRASH && trace !== Trace.UNCAUGHT ? state : BREAK;
}

/** Whether an exception's message may go on in a line without indent. */
function isMessage(state: number, blanks: number): boolean {
  const kind = state & KIND;
  return kind === Kind.ERROR ? blanks === 0 : kind === Kind.PLACE && blanks === 1 && countOf(state) === 0;
}

function afterPanic(state: number, trace: Trace, bytes: Uint8Array, start: number, end: number): number {
  if (trace === Trace.GOROUTINE) return become(state, Kind.GOROUTINE);
  if (trace === Trace.PART) return state;
  if ((state & KIND) === Kind.PANIC) return counted(state);
  return isGoCall(bytes, start, end) ? state : BREAK;
}

/** The state when the record's last line is that at [start, end). */
function ended(state: number, bytes: Uint8Array, start: number, end: number): number {
  const expects = endsWithColon(bytes, start, end) || ((state & KIND) === Kind.TRACE && isLinked(state, bytes, start, end));
  return expects ? state | EXPECTS | MULTI : (state & ~EXPECTS) | MULTI;
}

function isLinked(state: number, bytes: Uint8Array, start: number, end: number): boolean {
  return (state & EXPECTS) !== 0 && traceOf(bytes, start, end) === Trace.LINK;
}

/** A line in an object: closed when its last bracket is. */
function inObject(state: number, bytes: Uint8Array, start: number, end: number): number {
  const depth = depthAfter(bytes, start, end, countOf(state));
  return depth === 0 ? Kind.CLOSED : withCount(state | MULTI, depth);
}

/** Whether a line without indent may be inside the object. A second object is not: the first was cut off. */
function isObjectPart(state: number, bytes: Uint8Array, first: number, at: number, end: number): boolean {
  const byte = bytes[at];
  if (byte === Byte.OPEN_BRACE) return bytes[first + indentOf(state)] === Byte.OPEN_BRACKET || !isObjectStart(bytes, at, end);
  return byte === Byte.QUOTE || byte === Byte.OPEN_BRACKET || isCloser(byte);
}

function isCloser(byte: number | undefined): boolean {
  return byte === Byte.CLOSE_BRACE || byte === Byte.CLOSE_BRACKET || byte === Byte.CLOSE_PAREN;
}

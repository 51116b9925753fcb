import { CLOSED, UNSURE } from '../../agent/records/record-cutter.ts';

// The state of a record that is being joined is one number: its kind, flags, the indent of its first line, and a count.

/** What a record is so far: the lowest bits of a state. */
export const Kind = {
  /** Nothing continues it. */
  CLOSED,
  TEXT: 1,
  /** Begins with a level; may be TRACED. */
  LEVEL: 2,
  /** Begins with a time or the like; in place of a count it has FRAMES and TRACED. */
  HEADER: 3,
  /** An object or array over several lines; the count is the brackets that are open. */
  OBJECT: 4,
  /** An exception, before its frames. Its message may go on in lines without indent, if frames follow; the count is those lines. */
  ERROR: 5,
  TRACE: 7,
  /** Python: before the exception's own line. */
  TRACEBACK: 8,
  /** Go: before its first goroutine; the count is the lines of its message. */
  PANIC: 9,
  GOROUTINE: 10,
  /** Node: the error's place has been told, its line, the caret below. */
  SOURCE: 11,
  CARET: 12,
  THROWN: 13,
  /** MySQL's slow log: lines that begin with #, then the statement. */
  COMMENT: 14,
  STATEMENT: 15,
  /** Ruby: an exception with its place; its source line may follow behind a blank one. */
  PLACE: 16,
  /** Lines that begin with #, as the JVM reports its own crash. */
  BLOCK: 17,
  /** The stacks of all threads: blank lines are between them. */
  DUMP: 18,
  /** An entry of the journal's export: up to a blank line. */
  EXPORT: 19,
} as const;
/** The bits of a kind. */
export const KIND = 31;
/** The last line asks for another: it ends with a colon. */
export const EXPECTS = 32;
/** It has more than one line. */
export const MULTI = 64;
const INDENT_SHIFT = 7;
const INDENT = 127;
const COUNT_SHIFT = 14;
const BELOW_COUNT = (1 << COUNT_SHIFT) - 1;
/** Below a header there are frames, so mere text is no longer the record's. */
export const FRAMES = 1 << COUNT_SHIFT;
/** Below a header there is a traceback of Python: another one is its own record if nothing announces it. */
export const TRACED = 2 << COUNT_SHIFT;
/** Instead of a state: the line is not of this record. */
export const BREAK = -1;

/** Lines without indent that an exception's message may have. Whether they are its is known when its frames come. */
const MESSAGE_LINES = 8;

/** The bits of an indent of so many bytes. */
export function indented(bytes: number): number {
  return Math.min(bytes, INDENT) << INDENT_SHIFT;
}

export function indentOf(state: number): number {
  return (state >> INDENT_SHIFT) & INDENT;
}

export function countOf(state: number): number {
  return (state & ~UNSURE) >> COUNT_SHIFT;
}

export function withCount(state: number, count: number): number {
  return (state & BELOW_COUNT) | (count << COUNT_SHIFT);
}

/** The record goes on, as one of this kind. */
export function become(state: number, kind: number): number {
  return (state & ~(KIND | UNSURE)) | kind | MULTI;
}

/** As `become`, and its message may have lines of its own. */
export function begun(state: number, kind: number): number {
  return become(state, kind) & BELOW_COUNT;
}

/** One more line that may be an exception's message; or BREAK, if that would be too many. */
export function counted(state: number): number {
  return countOf(state) >= MESSAGE_LINES ? BREAK : ((state | MULTI) + (1 << COUNT_SHIFT)) | UNSURE;
}

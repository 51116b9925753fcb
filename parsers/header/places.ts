import { Field } from '../../agent/fields.ts';
import { Byte, isBlank, isDigit, isLetter, skipBlanks, skipDigits } from '../values/bytes.ts';
import { equals, hasExtension, isJvmFile, isQualified, isSimpleName, nameEnd } from '../values/names.ts';
import { isDashed, type Header } from './state.ts';

// Places in code that stand in a header without brackets: a file, a class or a function, and a line of it.

/** `server.go:12`, `Main.cpp(00123)`, `int_dataplane.go 1484:`, `JobScheduler:54 -`, `auth.go:200:SignInPost()`. -1: none. */
export function readPlace(header: Header, at: number, to: number): number {
  const { bytes, end, event } = header;
  if (event.has(Field.caller) || !(header.hasTime || header.hasLevel)) return -1;
  const mark = bytes[to];
  if (mark !== Byte.COLON && mark !== Byte.OPEN_PAREN && mark !== Byte.SPACE) return -1;
  const digits = skipDigits(bytes, to + 1, Math.min(end, to + 8));
  if (digits === to + 1) return -1;
  if (!hasExtension(bytes, at, to)) return mark === Byte.COLON ? readNumberedLogger(header, at, to, digits) : -1;
  if (mark === Byte.OPEN_PAREN && bytes[digits] !== Byte.CLOSE_PAREN || mark === Byte.SPACE && bytes[digits] !== Byte.COLON) return -1;
  const last = mark === Byte.OPEN_PAREN ? digits + 1 : functionEnd(bytes, digits, end);
  header.span(Field.caller, at, last);
  if (isJvmFile(bytes, at, to) && header.nameStart >= 0 && !event.has(Field.thread)) {
    header.span(Field.thread, header.nameStart, header.nameEnd);
    header.nameStart = -1;
  }
  return bytes[last] === Byte.CLOSE_BRACKET ? last + 1 : last;
}

/** `/src/app/main.go:12: `: a file with its whole path. The position behind it, or -1. */
export function readPlaceOfFile(header: Header, at: number): number {
  const to = nameEnd(header.bytes, at, header.end);
  if (header.nameStart >= 0 || header.event.has(Field.logger)) return -1; // Python's warnings begin with one
  return hasExtension(header.bytes, at, to) && header.bytes[to] === Byte.COLON ? readPlace(header, at, to) : -1;
}

/** A function and its line as a column of its own: `| <module>:20 |`, `| pay:41 - `. The position behind it, or -1. */
export function readFunctionColumn(header: Header, at: number): number {
  const { bytes, end } = header;
  if (!header.hasLevel || !header.bar || header.event.has(Field.caller)) return -1;
  const isNameless = bytes[at] === Byte.LESS;
  let colon = nameEnd(bytes, isNameless ? at + 1 : at, end);
  if (isNameless && bytes[colon++] !== Byte.GREATER) return -1;
  const to = skipDigits(bytes, colon + 1, end);
  if (bytes[colon] !== Byte.COLON || to === colon + 1 || bytes[skipBlanks(bytes, to, end)] !== Byte.PIPE && !isDashed(bytes, to, end)) return -1;
  header.span(Field.caller, at, to);
  return to;
}

/** Loguru's `module:function:line - text`. */
export function readFunction(header: Header, at: number, to: number): number {
  const { bytes, end } = header;
  let last = to;
  let colons = 0;
  while (last < end && !isBlank(bytes[last]) && bytes[last] !== Byte.NEWLINE) if (bytes[last++] === Byte.COLON) colons++;
  if (colons !== 2 || !isDigit(bytes[last - 1]) || !isDashed(bytes, last, end)) return -1;
  header.logger(at, to);
  header.span(Field.caller, at, last);
  return last;
}

/** Log4j's `%c{1}:%L -`: a logger with a line of its file. */
function readNumberedLogger(header: Header, at: number, to: number, digits: number): number {
  const isRoot = header.hasTime && equals(header.bytes, at, to, 'root') && header.bytes[digits] === Byte.COLON && isBlank(header.bytes[digits + 1]); // Python's own; another name may be a host and its port
  if (!header.hasLevel || header.event.has(Field.logger) || !isRoot && !isDashed(header.bytes, digits, header.end) && (header.open === 0 || header.bytes[digits] !== header.open)) return -1;
  if (!isSimpleName(header.bytes, at, to) && !isQualified(header.bytes, at, to)) return -1;
  header.logger(at, to);
  header.span(Field.caller, at, digits);
  return digits;
}

/** The end of `:name()` behind a line number, or `at`. */
function functionEnd(bytes: Uint8Array, at: number, end: number): number {
  if (bytes[at] !== Byte.COLON || !isLetter(bytes[at + 1])) return at;
  const to = nameEnd(bytes, at + 1, end);
  return bytes[to] === Byte.OPEN_PAREN && bytes[to + 1] === Byte.CLOSE_PAREN ? to + 2 : at;
}

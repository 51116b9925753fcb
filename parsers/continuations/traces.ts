import { Byte, isDigit, isLetter, isUpper } from '../values/bytes.ts';

/** What a line without a header is to a stack trace. */
export const Trace = {
  NONE: 0,
  /** An exception's class, maybe with its message: `TypeError: x`. */
  ERROR: 1,
  /** The same with its package: only a log call or a trace writes that. */
  QUALIFIED: 2,
  /** How a runtime announces that a program dies: `Unhandled exception:`. */
  CRASH: 3,
  /** Go: `panic: x`, `fatal error: x`. */
  PANIC: 4,
  /** Go: `goroutine 1 [running]:`. */
  GOROUTINE: 5,
  /** Python: `Traceback (most recent call last):`, or a frame in front of it. */
  TRACEBACK: 6,
  /** Node: place of the error, its line and a caret follow. */
  SOURCE: 7,
  /** A line of a trace that has begun: a frame, a note, the end of an inner trace. */
  PART: 8,
  /** The title of a trace, or of what caused it: it belongs to whatever text stands before it. */
  TITLE: 9,
  /** Joins the trace behind it to the one before it. */
  LINK: 10,
  /** Ruby: `a.rb:3:in 'f'`, an exception's place or a frame. */
  PLACE: 11,
  /** A crash that tells the exception on the same line. */
  UNCAUGHT: 12,
  /** The stacks of all threads begin, which blank lines part. */
  DUMP: 13,
} as const;
export type Trace = (typeof Trace)[keyof typeof Trace];

/** Bytes of a line that are looked at. */
const REACH = 256;

const CLASS = String.raw`(?:[A-Z][\w$]*?)?(?:Error|Exception|Throwable|Failure|Fault|Panic|Interrupt|Exit)(?:\d+|s)?|Errno::[A-Z]\w*|[A-Z]\w*(?:::[A-Z]\w*)+`;
const BEHIND_CLASS = String.raw`(?=:|$| \(| \[[A-Z_\d]+\]| with | in )`;

/** The first that matches says what the line is. */
const RULES: readonly (readonly [RegExp, Trace])[] = [
  [/^(?:panic: |fatal error: |SIG[A-Z]+: |unexpected fault address )/, Trace.PANIC],
  [/^goroutine \d+ (?:gp=\S+ )?(?:m=\S+ )?(?:mp=\S+ )?\[/, Trace.GOROUTINE],
  [/^(?: +\+ Exception Group )?Traceback \(most recent call last\)|^[> ]*File "[^"]+", line \d+|^\S[^:]*: Traceback \(most recent call last\)/, Trace.TRACEBACK],
  [/^(?:The above exception was the |During handling of the above )/, Trace.LINK],
  [/^(?:[-\s=]*(?:stack|back|call|javascript|native) ?(?:stack ?)?(?:back)?(?:trace|stack)(?:back)?\b|CallStack \(|Stacktrace:|Caused by:|Suppressed: |Caused by$|\(Use `node )/i, Trace.TITLE],
  [/^(?:Exception in thread "|(?:PHP )?(?:Fatal error: |Recoverable fatal error: ) ?Uncaught |PHP (?:Fatal|Parse) error: |Unhandled exception\. |Unhandled Exception: |Exception in thread |Exception ignored )/, Trace.UNCAUGHT],
  [/^Full thread dump /, Trace.DUMP],
  [/^(?:Unhandled |Uncaught |Fatal error: |Fatal Python error: |terminate called |thread '|thread \d+ panic)/, Trace.CRASH],
  [/^(?:(?:file:\/\/)?\/|[A-Z]:\\|node:|\[eval\]|evalmachine)[^\s:]*:\d+$/, Trace.SOURCE],
  [/^(?:at [\w$.<>\/:~[\]]+(?: ?\(|$| in )|\.\.\. (?:\d+|and \d+)|---|#\d+\s|created by |from \S+:\d+|Emitted '|\d+: 0x[\da-f]+ |exit status \d|\[signal |note: |<asynchronous suspension>|\(elided |Node\.js v\d|Raised |Re-raised |Called from |thrown in |(?:DETAIL|HINT|CONTEXT|QUERY|STATEMENT|LOCATION): |LINE \d+: |SUMMARY: |Aborted|Next [A-Z\\]|Current thread |Thread 0x|Extension modules: |Exception: |Location:|Backtrace)/, Trace.PART],
  [new RegExp(String.raw`^(?:[\w$]+(?:\.|::|\\|\/))+(?:${CLASS})${BEHIND_CLASS}`), Trace.QUALIFIED],
  [new RegExp(String.raw`^(?:[Ee]xception '|\*\* \(| ?\[?(?:${CLASS})${BEHIND_CLASS})`), Trace.ERROR],
  [/^[^\s:]+:\d+:in /, Trace.PLACE],
];

const CARET = /^\s*\^+\s*$/;
const DUMP_PART = /^(?:"|JNI global |Heap$|Found (?:one|\d+) |Java stack |Threads class |=+$)/;
const FRAME = /^\s*(?:at |from |#\d|File "|\d+: |\.\.\. |Caused by|\S+:\d+:in )/;
const GO_CALL = /^\S+\([^)]*\)|^[a-z][a-z\d]+ +0x[\da-f]+$|^\.\.\.additional frames/;
const ALARM = /error|exception|warn|fail|crit|fatal|severe|panic|unable|could ?n[o']t|cannot|can't|traceback|caught|unhandled|crash|abort|\berr\b|\bwrn\b|\bftl\b|\[E\b|^E[,\d ]/i;
const LEVEL = /\b(?:TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|SEVERE|FATAL|CRITICAL)\b/;
const PLACE_ONLY = /\d [AP]M(?: [A-Z]{3,4}:?)?(?: [^\s<]+){1,3}$|[ \d][\w$]+(?:\.[\w$]+)+ [\w$<>]+$|:\d\d \[[^\]]+\] [\w$.]+\.[\w$<>]+\(\)$/;

/**
 * What the line at [start, end), indent included, is. Asked for lines without a header only; prose is told by its first
 * word, so that plain text costs little (50 ns a line; with the patterns alone it was 900).
 */
export function traceOf(bytes: Uint8Array, start: number, end: number): Trace {
  if (isProse(bytes, start, end)) return Trace.NONE;
  const text = textAt(bytes, start, end);
  for (const [pattern, trace] of RULES) if (pattern.test(text)) return trace;
  return Trace.NONE;
}

/** A word that none of the rules begins with, and a blank or a comma behind it. */
function isProse(bytes: Uint8Array, start: number, end: number): boolean {
  if (!isLetter(bytes[start])) return isDigit(bytes[start]) && !isNative(bytes, start);
  let at = start;
  let hash = 0;
  while (at < end && isLetter(bytes[at])) hash = Math.imul(hash, 31) + ((bytes[at++] as number) | 32);
  const next = bytes[at];
  if (at < end && next !== Byte.SPACE && next !== Byte.COMMA) return false;
  return !FIRST_WORDS.has(hash) && !(isUpper(bytes[start]) && (at === end || isBehindClass(bytes[at + 1])));
}

/** A frame of machine code: `10: 0x10b7fb4 v8::`. */
function isNative(bytes: Uint8Array, at: number): boolean {
  const colon = isDigit(bytes[at + 1]) ? at + 2 : at + 1;
  return bytes[colon] === Byte.COLON && bytes[colon + 2] === Byte.ZERO && bytes[colon + 3] === 0x78;
}

/** What follows a class and a blank: `(`, `[`, `with`, `in`. */
function isBehindClass(byte: number | undefined): boolean {
  return byte === Byte.OPEN_PAREN || byte === Byte.OPEN_BRACKET || byte === 0x77 || byte === 0x69;
}

const FIRST_WORDS = new Set('full emitted fatal unexpected goroutine traceback the during stack back call javascript native callstack caused suppressed exception php unhandled uncaught terminate thread at created from exit raised re called thrown line current extension file next aborted'
  .split(' ').map((word) => [...word].reduce((hash, letter) => Math.imul(hash, 31) + letter.charCodeAt(0), 0)));

/** What follows a blank line in a dump of all threads. */
export function isDumpPart(bytes: Uint8Array, start: number, end: number): boolean {
  return DUMP_PART.test(textAt(bytes, start, end));
}

/** A caret below a source line. */
export function isCaret(bytes: Uint8Array, start: number, end: number): boolean {
  return CARET.test(textAt(bytes, start, end));
}

/** An indented line that only stands in a trace. */
export function isFrame(bytes: Uint8Array, start: number, end: number): boolean {
  return FRAME.test(textAt(bytes, start, end));
}

/** A call in a goroutine's stack, or a register below the last. */
export function isGoCall(bytes: Uint8Array, start: number, end: number): boolean {
  return GO_CALL.test(textAt(bytes, start, end));
}

/** Whether the first line of the record that begins at `first` speaks of trouble: then a trace below it is its own. */
export function isAlarmed(bytes: Uint8Array, first: number, end: number): boolean {
  return ALARM.test(firstLine(bytes, first, end));
}

/** Whether the first line of the record that begins at `first` is a time and a place, without a level: those of java.util.logging come below it. */
export function awaitsLevel(bytes: Uint8Array, first: number, end: number): boolean {
  const line = firstLine(bytes, first, end);
  return PLACE_ONLY.test(line) && !LEVEL.test(line);
}

function firstLine(bytes: Uint8Array, first: number, end: number): string {
  const text = textAt(bytes, first, end);
  const newline = text.indexOf('\n');
  return newline < 0 ? text : text.slice(0, newline);
}

/** The buffer that was asked for last: there is one per lane. */
let view: Buffer | undefined;

function textAt(bytes: Uint8Array, start: number, end: number): string {
  if (view === undefined || view.buffer !== bytes.buffer || view.byteOffset !== bytes.byteOffset || view.length !== bytes.length) view = Buffer.from(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.length);
  return view.toString('latin1', start, Math.min(end, start + REACH));
}

import type { Chunk } from '../agent/chunk.ts';
import type { LogEvent } from '../agent/event.ts';
import { Field } from '../agent/fields.ts';
import { Level } from '../agent/levels.ts';
import type { Parser } from './parser.ts';
import { behindPlace, rubyClass } from './extract/trace-lines.ts';
import { Byte, decimal, holds, isBlank, isDigit, isLetter, isLower, isUpper, isWord, skipDigits } from './values/bytes.ts';
import { strongLevelAt } from './values/levels.ts';
import { equals, startsWith } from './values/names.ts';

/**
 * What programs write to stderr without a logger: GNU's `program: error: text` and `file:line:column: error: text`
 * (https://www.gnu.org/prep/standards/html_node/Errors.html), warnings of Python and Node, GLib's `(program:77): Domain-WARNING **: text`,
 * and how runtimes and shells announce that a program dies. It only says how bad it is; traces are found afterwards.
 */
export const stderr: Parser = {
  name: 'stderr',
  title: 'What programs write to stderr without a logger: GNU errors, warnings of Python and Node, ends of programs',
  examples: [
    { line: 'psql: error: connection to server failed', event: { level: 'error', message: 'psql: error: connection to server failed' }, reason: 'GNU' },
    { line: 'main.c:3:5: warning: unused variable', event: { level: 'warn', caller: 'main.c:3:5', message: 'unused variable' }, reason: 'GNU, a place in a file' },
    { line: 'ld.so: fatal: relocation error', event: { level: 'fatal', message: 'ld.so: fatal: relocation error' }, reason: 'a program with a dot' },
    { line: 'doveconf: Fatal: no file', event: { level: 'fatal', message: 'doveconf: Fatal: no file' }, reason: 'a program in small letters, a level with a capital' },
    { line: 'Result: Error: none', event: undefined, reason: 'no program' },
    { line: 'LibScan Error: no database', event: { level: 'error', message: 'LibScan Error: no database' }, reason: 'a name and a level' },
    { line: '0: : ERROR: no certificate', event: { level: 'error', message: '0: : ERROR: no certificate' }, reason: 'a level in capital letters behind a mark or two' },
    { line: '/srv/shop/cart.py:45: DeprecationWarning: old call\n  total()', event: { level: 'warn', caller: '/srv/shop/cart.py:45', message: 'DeprecationWarning: old call\n  total()' }, reason: "Python's warnings" },
    { line: '<string>:1: RuntimeWarning: overflow', event: { level: 'warn', caller: '<string>:1', message: 'RuntimeWarning: overflow' }, reason: 'code without a file' },
    { line: "cart.rb:7:in `total': key not found (KeyError)", event: { level: 'error', caller: 'cart.rb:7', error_type: 'KeyError', error_message: 'key not found', message: "cart.rb:7:in `total': key not found (KeyError)" }, reason: 'Ruby, without frames' },
    { line: '(node:77) [DEP0005] DeprecationWarning: Buffer() is deprecated', event: { level: 'warn', pid: 77, message: '[DEP0005] DeprecationWarning: Buffer() is deprecated' }, reason: "Node's warnings" },
    { line: '(node:77) Warning: leak', event: { level: 'warn', pid: 77, message: 'Warning: leak' }, reason: 'and one without a code' },
    { line: '(shop:77): Gtk-CRITICAL **: 10:00:00.123: no widget', event: { level: 'fatal', pid: 77, message: 'Gtk-CRITICAL **: 10:00:00.123: no widget' }, reason: 'GLib' },
    { line: "terminate called after throwing an instance of 'std::runtime_error'", event: { level: 'error', message: "terminate called after throwing an instance of 'std::runtime_error'" }, reason: 'C++' },
    { line: 'run.sh: line 3:    77 Segmentation fault      (core dumped) ./shop', event: { level: 'error', message: 'run.sh: line 3:    77 Segmentation fault      (core dumped) ./shop' }, reason: 'a shell' },
    { line: 'Killed', event: { level: 'error', message: 'Killed' }, reason: 'a shell of what was killed, as for want of memory' },
    { line: 'fatal error: all goroutines are asleep - deadlock!', event: { level: 'error', message: 'fatal error: all goroutines are asleep - deadlock!' }, reason: 'Go' },
    { line: 'Killed by a stray dog', event: undefined, reason: 'prose' },
    { line: 'result: error was small', event: undefined, reason: 'no colon behind the level' },
    { line: 'The relative error: 0.1', event: undefined, reason: 'a quantity' },
    { line: '10:30 Warning signs', event: undefined },
  ],
  parse(chunk, start, end, event) {
    const byte = chunk.bytes[start] as number;
    const isTold = byte === Byte.OPEN_PAREN ? readProcess(chunk, start, end, event) : readPlace(chunk, start, end, event) || readNamed(chunk, start, end, event);
    if (!isTold && !readDeath(chunk.bytes, start, end, event)) return false;
    if (!event.has(Field.message)) event.span(Field.message, start, end);
    return true;
  },
};

/** How far a level may stand behind the record's begin. */
const REACH = 160;

/** `FILE:LINE: XWarning: text`, `FILE:LINE:COLUMN: error: text`. */
function readPlace(chunk: Chunk, start: number, end: number, event: LogEvent): boolean {
  const { bytes } = chunk;
  const limit = Math.min(end, start + REACH);
  let at = start;
  while (at < limit && (bytes[at] as number) > Byte.SPACE && !(bytes[at] === Byte.COLON && isDigit(bytes[at + 1]))) at++;
  if (bytes[at] !== Byte.COLON || at === start || isDigit(bytes[at - 1])) return false;
  let to = skipDigits(bytes, at + 1, limit);
  if (bytes[to] === Byte.COLON && isDigit(bytes[to + 1])) to = skipDigits(bytes, to + 1, limit);
  if (bytes[to] === Byte.COLON && startsWith(bytes, to, limit, ':in ')) return readRuby(chunk, start, to, end, event);
  if (bytes[to] !== Byte.COLON || bytes[to + 1] !== Byte.SPACE) return false;
  const word = to + 2;
  const isWarning = isWarningAt(bytes, word, limit);
  const level = isWarning ? Level.warn : levelBefore(bytes, word, limit);
  if (level < 0) return false;
  event.level(level, word, wordEnd(bytes, word, limit));
  event.span(Field.caller, start, to);
  event.span(Field.message, isWarning ? word : behindLevel(bytes, word, limit), end);
  return true;
}

/** ``a.rb:7:in `f': text (KeyError)``: what ended a program, thrown where it has no frames below. */
function readRuby(chunk: Chunk, start: number, place: number, end: number, event: LogEvent): boolean {
  const { bytes } = chunk;
  const open = rubyClass(bytes, start, end);
  const text = open < 0 ? start : behindPlace(bytes, start, open);
  if (text === start || holds(bytes, start, end, Byte.NEWLINE)) return false;
  event.level(Level.error, open + 2, end - 1);
  event.span(Field.caller, start, place);
  event.span(Field.error_type, open + 2, end - 1);
  event.span(Field.error_message, text, open);
  return true;
}

/** `program: error: text`, `Name Error: text`, `0: : ERROR: text`. */
function readNamed(chunk: Chunk, start: number, end: number, event: LogEvent): boolean {
  const { bytes } = chunk;
  const limit = Math.min(end, start + 64);
  for (let at = start, words = 0; at < limit && words < 3; words++) {
    const isLevel = words > 0 && isLetter(bytes[at]);
    const level = isLevel ? levelBefore(bytes, at, limit) : -1;
    if (level >= 0) {
      const isNamed = words === 1 && isLetter(bytes[start]);
      const isGnu = isNamed && (isLower(bytes[at]) || isLower(bytes[start])) && bytes[at - 2] === Byte.COLON && isProgram(bytes, start, at - 2);
      const isTitle = isNamed && isUpper(bytes[start]) && isUpper(bytes[at]) && isLower(bytes[at + 1]) && bytes[at - 2] !== Byte.COLON && wordEnd(bytes, start, limit) === at - 1;
      if (!isGnu && !isTitle && !(isUpper(bytes[at]) && isUpper(bytes[at + 1]))) return false;
      event.level(level, at, wordEnd(bytes, at, limit));
      return true;
    }
    while (at < limit && (bytes[at] as number) > Byte.SPACE) at++;
    if (bytes[at] !== Byte.SPACE) return false;
    at++;
  }
  return false;
}

/** `psql`, `ld.so`, `g++`. */
function isProgram(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (!isWord(bytes[at]) && bytes[at] !== Byte.DOT && bytes[at] !== Byte.DASH && bytes[at] !== Byte.PLUS && bytes[at] !== Byte.SLASH) return false;
  return end > start;
}

/** The level that a word and a colon at `at` name, or `fatal error:`; -1: none. Of the words of prose only those that can't be any other. */
function levelBefore(bytes: Uint8Array, at: number, end: number): number {
  const to = wordEnd(bytes, at, end);
  if (startsWith(bytes, at, end, 'fatal error: ')) return Level.fatal;
  return bytes[to] === Byte.COLON && isBlank(bytes[to + 1]) ? strongLevelAt(bytes, at, to) : -1;
}

function behindLevel(bytes: Uint8Array, at: number, end: number): number {
  let to = at;
  while (to < end && bytes[to] !== Byte.COLON) to++;
  return to + 2;
}

function wordEnd(bytes: Uint8Array, at: number, end: number): number {
  let to = at;
  while (to < end && isWord(bytes[to])) to++;
  return to;
}

/** A word that ends in `Warning` and a colon. */
function isWarningAt(bytes: Uint8Array, at: number, end: number): boolean {
  const to = wordEnd(bytes, at, end);
  return bytes[to] === Byte.COLON && isUpper(bytes[at]) && to - at >= WARNING.length && equals(bytes, to - WARNING.length, to, WARNING);
}

const WARNING = 'Warning';

/** `(node:77) [CODE] XWarning: text`; GLib's `(shop:77): Domain-WARNING **: text`. */
function readProcess(chunk: Chunk, start: number, end: number, event: LogEvent): boolean {
  const { bytes } = chunk;
  const limit = Math.min(end, start + REACH);
  let colon = start + 1;
  while (colon < limit && (isWord(bytes[colon]) || bytes[colon] === Byte.DASH || bytes[colon] === Byte.DOT)) colon++;
  const close = skipDigits(bytes, colon + 1, limit);
  if (bytes[colon] !== Byte.COLON || colon === start + 1 || close === colon + 1 || close - colon > 11 || bytes[close] !== Byte.CLOSE_PAREN) return false;
  const from = bytes[close + 1] === Byte.COLON ? close + 3 : close + 2;
  let word = from;
  if (bytes[word] === Byte.OPEN_BRACKET) {
    while (word < limit && bytes[word] !== Byte.CLOSE_BRACKET) word++;
    word += 2;
  }
  const isWarning = isWarningAt(bytes, word, limit);
  const dash = isWarning ? -1 : domainEnd(bytes, word, limit);
  const level = isWarning ? Level.warn : dash < 0 ? -1 : strongLevelAt(bytes, dash + 1, wordEnd(bytes, dash + 1, limit));
  if (level < 0) return false;
  event.level(level, isWarning ? word : dash + 1, wordEnd(bytes, isWarning ? word : dash + 1, limit));
  event.number(Field.pid, decimal(bytes, colon + 1, close), colon + 1, close);
  event.span(Field.message, from, end);
  return true;
}

/** Where the dash of `Domain-LEVEL **: ` stands, or -1. */
function domainEnd(bytes: Uint8Array, at: number, end: number): number {
  let to = at;
  while (to < end && (isWord(bytes[to]) || bytes[to] === Byte.DASH)) to++;
  if (!startsWith(bytes, to, end, ' **: ')) return -1;
  let dash = to;
  while (dash > at && bytes[dash] !== Byte.DASH) dash--;
  return dash > at ? dash : at - 1;
}

/** How the end of a program begins. */
const DEATHS = ['terminate called ', 'fatal error: ', 'Fatal error: ', 'fatal runtime error: ', 'Fatal Python error: ', 'panic: ', 'SIGSEGV: ', 'SIGABRT: ', 'SIGBUS: ', 'SIGFPE: ', 'SIGILL: ', 'Unhandled exception', 'Unhandled Exception', 'Uncaught ', 'Exception in thread ',
  '#\n# A fatal error has been detected', '#\n# There is insufficient memory'];
/** What a shell says when a signal has ended a program: the whole line, or behind the script's place and the process. */
const SIGNALS = ['Segmentation fault', 'Aborted', 'Killed', 'Bus error', 'Illegal instruction', 'Floating point exception', 'Trace/breakpoint trap', 'Terminated'];
const DUMPED = ' (core dumped)';

function readDeath(bytes: Uint8Array, start: number, end: number, event: LogEvent): boolean {
  const mayBe = MAY_BEGIN[bytes[start] as number] === 1;
  const death = mayBe ? DEATHS.find((text) => startsWith(bytes, start, end, text)) : undefined;
  const to = death === undefined ? signalEnd(bytes, start, end) : start + death.length;
  if (to < 0) return false;
  event.level(Level.error, start, Math.min(end, to));
  return true;
}

/** Bytes that one of them begins with, so that most texts need not be compared. */
const MAY_BEGIN = new Uint8Array(256);
for (const text of [...DEATHS, ...SIGNALS]) MAY_BEGIN[text.charCodeAt(0)] = 1;

/** Where a shell's word for a signal ends, or -1. */
function signalEnd(bytes: Uint8Array, start: number, end: number): number {
  const whole = MAY_BEGIN[bytes[start] as number] === 1 ? SIGNALS.find((text) => startsWith(bytes, start, end, text)) : undefined;
  if (whole !== undefined) {
    const to = start + whole.length;
    return to === end || startsWith(bytes, to, end, DUMPED) ? to : -1;
  }
  const at = behindScript(bytes, start, Math.min(end, start + REACH));
  const told = at < 0 ? undefined : SIGNALS.find((text) => startsWith(bytes, at, end, text));
  return told === undefined ? -1 : at + told.length;
}

/** Bash's `run.sh: line 3:    77 `. Where what it says begins, or -1. */
function behindScript(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && (bytes[at] as number) > Byte.SPACE) at++;
  if (bytes[at - 1] !== Byte.COLON || !startsWith(bytes, at, end, ' line ')) return -1;
  const line = skipDigits(bytes, at + 6, end);
  if (line === at + 6 || bytes[line] !== Byte.COLON) return -1;
  let process = line + 1;
  while (process < end && isBlank(bytes[process])) process++;
  const to = skipDigits(bytes, process, end);
  return to > process && bytes[to] === Byte.SPACE ? to + 1 : -1;
}

import type { Chunk } from '../../agent/chunk.ts';
import type { LogEvent } from '../../agent/event.ts';
import { Field } from '../../agent/fields.ts';
import { Byte, isDigit, isUpper } from '../values/bytes.ts';
import { decimal, durationEnd, durationIsClock, numberEnd, readDuration } from '../values/durations.ts';
import { BREAK, findWord, FOLD, LAST_DIGIT, SILENT } from '../values/word-table.ts';
import { isOwn, isVague, takeAddress, takeKeyedAddress, tryIpv6 } from './addresses.ts';
import { afterClass, afterError, afterRaised, errorSuffix, finishError, takeErrno, takeErrorType } from './errors.ts';
import { afterMethod, afterStatusWord, takeSize, takeVersion, takeWhole, tryPath } from './http.ts';
import { afterId, afterIdNoun, afterText, idWordEnd, trySleuth } from './ids.ts';
import { ipv4End } from './ip.ts';
import { belowFirstLine } from './host.ts';
import { pairTail, takePair } from './pairs.ts';
import { Scan, Sure } from './scan.ts';
import { afterElapsed, takeDuration } from './times.ts';
import { readValue, token, wordBefore } from './tokens.ts';
import { afterAccount, afterFor, afterLogin, afterUser, aroundAt, beforeLogged } from './users.ts';
import { CUE_MASK, Mark, Rule, RULE_MASK, WORDS } from './words.ts';

/**
 * Reads the prose at [start, end) once, from left to right, and gives the event what it does not have yet. True: it may be
 * a line of columns, which is read another way; nothing is given until `settleProse`.
 *
 * Hot: it sees every byte of every message. A word is known by its rolling hash the moment it ends, and only known words,
 * digits and a few marks leave this loop. No strings, no objects, no patterns. It is compiled twice: by tsc, and with all
 * that it calls to WebAssembly (see agent/kernel/portable/translate.mjs), so it keeps to what both understand.
 */
export function readProse(chunk: Chunk, start: number, end: number, event: LogEvent): boolean {
  const bytes = chunk.bytes;
  scan.begin(bytes, start, end, event.present | event.blocked);
  let at = start;
  while (at < end) {
    const byte = bytes[at] as number;
    const fold = FOLD[byte] as number;
    if (fold > LAST_DIGIT) {
      let hash = fold;
      let to = at + 1;
      for (; to < end; to++) {
        const next = FOLD[bytes[to] as number] as number;
        if (next > SILENT) hash = (Math.imul(hash, 31) + next) | 0;
        else if (next === BREAK) break;
      }
      const marks = findWord(WORDS, hash);
      if (to < end && bytes[to] === Byte.EQUALS) at = takePair(scan, marks, at, to);
      else if ((marks & ACTING) !== 0) at = known(marks, at, to);
      else {
        if (byte < LOWER_A && to - at >= SHORTEST_CLASS && marks === 0) mayBeClass(at, to);
        at = to;
      }
    } else if (fold > SILENT) at = digits(at);
    else if (MARKS[byte] === 0) at++;
    else at = mark(at, byte);
  }
  judge();
  if (scan.methodStart >= 0) return true;
  scan.settle(event);
  return false;
}

/** Gives the event what was found by the last `readProse`. */
export function settleProse(event: LogEvent): void {
  scan.settle(event);
}

/** What is found of the message that is being read. */
const scan = new Scan();

/** Bytes that are neither words nor mere spaces. */
const MARKS = new Uint8Array(256);
for (const char of '.,;|!?~\n/@[:') MARKS[char.charCodeAt(0)] = 1;

/** What makes a word worth stopping at; other marks are for rules that look back at it. */
const ACTING = RULE_MASK | CUE_MASK | Mark.AUTH | Mark.REQUEST | Mark.FAILED | Mark.OWN;
const LOWER_A = 0x61;
const LAST_HEX = 0x66;
/** `IOError`. */
const SHORTEST_CLASS = 5;

/** A word with a meaning stands at [start, to); gives where to go on. */
function known(marks: number, start: number, to: number): number {
  const rule = marks & RULE_MASK;
  const at = rule === Rule.NONE ? to : follow(rule, start, to);
  scan.hear(marks, start, to);
  if (rule === Rule.ELAPSED || rule === Rule.MILLIS) afterElapsed(scan, rule === Rule.MILLIS, to);
  return at;
}

function mayBeClass(start: number, to: number): void {
  const suffix = errorSuffix(scan.bytes, start, to);
  if (suffix > 0) afterClass(scan, start, to, suffix);
}

/** Lets a word's rule look at what follows; gives where to go on. */
function follow(rule: number, start: number, to: number): number {
  switch (rule) {
    case Rule.USER: afterUser(scan, start, to); return to;
    case Rule.ACCOUNT: afterAccount(scan, to); return to;
    case Rule.LOGIN: case Rule.ATTEMPT: if (rule === Rule.LOGIN || (scan.seen & Mark.AUTH) !== 0) afterLogin(scan, to); return to;
    case Rule.FOR: afterFor(scan, to); return to;
    case Rule.LOGGED: beforeLogged(scan, start, to); return to;
    case Rule.METHOD: return isUpper(scan.bytes[start + 1]) && isUpper(scan.bytes[start]) ? afterMethod(scan, start, to) : to;
    case Rule.REQUEST: return request(start, to);
    case Rule.REQUEST_ID: afterId(scan, Field.request_id, start, to); return to;
    case Rule.CORRELATION: return named(Field.request_id, start, to);
    case Rule.TRACE: return named(Field.trace_id, start, to);
    case Rule.TRACE_ID: afterId(scan, Field.trace_id, start, to); return to;
    case Rule.SPAN_ID: afterId(scan, Field.span_id, start, to); return to;
    case Rule.SESSION: if (named(Field.session_id, start, to) === to) afterIdNoun(scan, Field.session_id, to); return to;
    case Rule.SESSION_ID: afterId(scan, Field.session_id, start, to); return to;
    case Rule.STATUS: afterStatusWord(scan, start, to); return to;
    case Rule.RAISED: afterRaised(scan, to); return to;
    case Rule.ERROR: afterError(scan, start, to); afterStatusWord(scan, start, to); return to;
    case Rule.ERRNO: takeErrno(scan, start, to); return to;
    case Rule.ERROR_TYPE: takeErrorType(scan, to); return to;
    case Rule.AGENT: return afterText(scan, Field.user_agent, to);
    case Rule.REFERER: return afterText(scan, Field.referer, to);
    case Rule.PEER: peer(start, to); return to;
    case Rule.SIZE: size(to); return to;
    case Rule.HTTP: return scan.bytes[to] === Byte.SLASH && isDigit(scan.bytes[to + 1]) && to + 1 < scan.end && isUpper(scan.bytes[start]) && (start === scan.start || scan.bytes[start - 1] !== Byte.OPEN_BRACE) ? takeVersion(scan, start) : to;
    case Rule.ON: return scan.has(Field.duration_ms) && (wordBefore(scan, start) & Mark.NUMBER) !== 0 ? tryPath(scan, to, Sure.LIKELY) : to;
    default: return to;
  }
}

/** `request id: X`, `request <uuid>`, `request /path`: the byte behind the space tells which it may be. */
function request(start: number, to: number): number {
  const { bytes, end } = scan;
  if (to + 2 >= end || bytes[to] !== Byte.SPACE) return to;
  const next = bytes[to + 1] as number;
  if (next === Byte.SLASH) return tryPath(scan, to, Sure.LIKELY);
  if (next === 0x69 || next === 0x49) return named(Field.request_id, start, to);
  if (bytes[to + 9] === Byte.DASH && to + 9 < end) afterIdNoun(scan, Field.request_id, to);
  return to;
}

/** A noun that names an id together with the word `id`. */
function named(field: Field, start: number, to: number): number {
  const at = idWordEnd(scan, to);
  if (at < 0) return to;
  afterId(scan, field, start, at);
  return at;
}

/** `client: 10.0.0.1`, `from 2001:db8::1`. */
function peer(start: number, to: number): void {
  if (scan.bytes[to] === Byte.SPACE && (FOLD[scan.bytes[to + 1] as number] as number) > LAST_HEX) return;
  if (readValue(scan, to) && (!isOwn(scan, start) && (token.isNamed || (wordBefore(scan, start) & Mark.AWAY) === 0)) && !((scan.seen & Mark.OWN) !== 0 && isVague(scan.bytes, start))) takeKeyedAddress(scan, token.start, token.end);
}

/** `bytes: 512`. */
function size(to: number): void {
  if (readValue(scan, to) && token.isNamed && numberEnd(scan.bytes, token.start, token.end) === token.end) takeSize(scan, token.start, token.end);
}

/** A number begins at `at`: an address, a duration, a status, a size, or the beginning of an id. */
function digits(at: number): number {
  const { bytes, end } = scan;
  let to = at + 1;
  while (to < end && isDigit(bytes[to])) to++;
  const next = to < end ? (bytes[to] as number) : Byte.SPACE;
  if (next === Byte.DOT && to - at <= 3) {
    const address = ipv4End(bytes, at, end);
    if (address > 0) {
      takeAddress(scan, at, address);
      return address;
    }
  }
  // `35ms`, the commonest of all.
  if (next === 0x6d && to + 1 < end && bytes[to + 1] === 0x73 && (to + 2 === end || FOLD[bytes[to + 2] as number] === BREAK)) {
    takeDuration(scan, at, to + 2, decimal(bytes, at, to, 0), false);
    return to + 2;
  }
  if (MAY_TIME[next === Byte.SPACE && to + 1 < end ? (bytes[to + 1] as number) : next] === 1) {
    const ms = readDuration(bytes, at, end);
    if (ms >= 0 && (durationEnd >= end || (FOLD[bytes[durationEnd] as number] as number) <= SILENT)) {
      const until = durationEnd;
      takeDuration(scan, at, until, ms, durationIsClock);
      return until;
    }
  }
  if ((FOLD[next] as number) > BREAK || next === Byte.DOT) return runEnd(to);
  takeWhole(scan, at, to);
  return to;
}

/** Bytes behind digits with which a duration may go on. */
const MAY_TIME = new Uint8Array(256);
for (const byte of Buffer.from('.:,eENnUuMmSsHhDd\u00b5\u03bc')) MAY_TIME[byte] = 1;

/** Where what began with digits ends: `1.2.3-rc4`, `6f9619ff-8b86`. */
function runEnd(at: number): number {
  const { bytes, end } = scan;
  let to = at;
  while (to < end && ((FOLD[bytes[to] as number] as number) > BREAK || (bytes[to] === Byte.DOT && to + 1 < end && isDigit(bytes[to + 1])))) to++;
  return to;
}

/** A mark stands at `at`; gives where to go on. */
function mark(at: number, byte: number): number {
  const { bytes, end } = scan;
  switch (byte) {
    case Byte.NEWLINE:
      scan.breakClause();
      return isFirstLine() ? belowFirstLine(scan, at) : at + 1;
    case Byte.AT: aroundAt(scan, at); return at + 1;
    case Byte.SLASH: return isDigit(bytes[at + 1]) && bytes[at - 1] === Byte.OPEN_BRACKET ? at + 1 : skipPath(at + 1);
    case Byte.OPEN_BRACKET: return bracket(at);
    case Byte.COLON: return bytes[at + 1] === Byte.COLON && at + 2 < end ? colons(at) : at + 1;
    case Byte.DOT: if (at + 1 >= end || bytes[at + 1] === Byte.SPACE) scan.breakClause(); return at + 1;
    default: scan.breakClause(); return at + 1;
  }
}

/** Lines below the first are looked at once. */
function isFirstLine(): boolean {
  if ((scan.seen & LINE) !== 0) return false;
  scan.seen |= LINE;
  return true;
}
const LINE = 1 << 30;

/** `[::1]`, `[2001:db8::1]:443`, `[app,trace,span]`. */
function bracket(at: number): number {
  const { bytes, end } = scan;
  const next = at + 1 < end ? (bytes[at + 1] as number) : Byte.SPACE;
  if (next === Byte.COMMA || (FOLD[next] as number) > LAST_DIGIT) trySleuth(scan, at);
  const isHex = next === Byte.COLON || isDigit(next) || ((next | 0x20) >= 0x61 && (next | 0x20) <= 0x66);
  if (!isHex) return at + 1;
  const to = tryIpv6(scan, at + 1);
  return to > 0 ? to : at + 1;
}

/** `::1`, `::ffff:10.0.0.1`. */
function colons(at: number): number {
  const to = tryIpv6(scan, at);
  return to > 0 ? to : at + 2;
}

/** Words of a path are no words of the sentence. */
function skipPath(at: number): number {
  const { bytes, end } = scan;
  let to = at;
  while (to < end && IN_PATH[bytes[to] as number] === 1) to++;
  return to;
}

const IN_PATH = Uint8Array.from({ length: 256 }, (_, byte) => Number((FOLD[byte] as number) > BREAK || byte === Byte.SLASH || byte === Byte.DOT || byte === Byte.PERCENT || byte === 0x7e || byte === 0x3f || byte === 0x26 || byte === Byte.EQUALS || byte === 0x23));

/** The message is read: what was found out about it as a whole. */
function judge(): void {
  finishError(scan, pairTail(scan, scan.end));
  if (scan.found === 0) return;
  if (scan.has(Field.user_id) && scan.sure[Field.user_id] === Sure.HINT && (scan.seen & Mark.AUTH) === 0) scan.withdraw(Field.user_id);
  if (scan.has(Field.http_path) && scan.sure[Field.http_path] === Sure.HINT && !scan.has(Field.http_method) && !scan.isTaken(Field.http_method)) scan.withdraw(Field.http_path);
}

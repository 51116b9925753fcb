import type { Chunk } from '../../agent/chunk.ts';
import type { LogEvent } from '../../agent/event.ts';
import { Field } from '../../agent/fields.ts';
import { Byte, isDigit, isUpper } from '../values/bytes.ts';
import { durationEnd, numberEnd, readDuration } from '../values/durations.ts';
import { BREAK, FOLD, LAST_DIGIT, SILENT } from '../values/word-table.ts';
import { ipv4End, takeAddress, takeKeyedAddress, tryIpv6 } from './addresses.ts';
import { afterClass, afterError, afterRaised, errorSuffix, finishError, takeErrno, takeErrorType } from './errors.ts';
import { afterMethod, afterStatusWord, takeSize, takeVersion, takeWhole, tryPath } from './http.ts';
import { afterId, afterIdNoun, afterText, idWordEnd, trySleuth } from './ids.ts';
import { pairTail, takePair } from './pairs.ts';
import { Scan, Sure } from './scan.ts';
import { afterElapsed, takeDuration } from './times.ts';
import { readValue, token } from './tokens.ts';
import { takeTrace } from './trace.ts';
import { afterAccount, afterFor, afterLogin, afterUser, aroundAt, beforeLogged } from './users.ts';
import { Mark, Rule, RULE_MASK, WORDS } from './words.ts';

/**
 * Entities in free text: who, how long, which error, which request. Reads the message at [start, end) of the chunk once, from
 * left to right, and sets the fields the event does not have yet. Where it is unsure it leaves a field out.
 *
 * Hot: it sees every byte of every message. A word is known by its rolling hash the moment it ends, and only known words,
 * digits and a few marks leave this loop. No strings, no objects, no patterns.
 */
export function extract(chunk: Chunk, start: number, end: number, event: LogEvent): void {
  const bytes = chunk.bytes;
  scan.begin(chunk, start, end);
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
      at = word(chunk, event, at, to, WORDS.find(hash));
    } else if (fold > SILENT) at = digits(at);
    else if (MARKS[byte] === 0) at++;
    else at = mark(event, at, byte);
  }
  settle(event);
}

const scan = new Scan();

/** Bytes that are neither words nor mere spaces. */
const MARKS = new Uint8Array(256);
for (const char of '.,;|!?\n/@[:%→') MARKS[char.charCodeAt(0)] = 1;

/** The word at [start, to) is read; gives where to go on. */
function word(chunk: Chunk, event: LogEvent, start: number, to: number, marks: number): number {
  const { bytes, end } = scan;
  if (to < end && bytes[to] === Byte.EQUALS) {
    const at = takePair(chunk, scan, event, marks, start, to);
    scan.pass(0, start, at);
    return at;
  }
  if (marks === 0) {
    scan.pass(strange(start, to), start, to);
    return to;
  }
  const rule = marks & RULE_MASK;
  const at = rule === Rule.NONE ? to : follow(rule, start, to);
  scan.pass(marks, start, to);
  if (rule === Rule.ELAPSED) afterElapsed(scan, to);
  return at;
}

/** Marks of a word that means nothing by itself: how it ends. */
function strange(start: number, to: number): number {
  const bytes = scan.bytes;
  const last = bytes[to - 1] as number;
  if (LAST_LETTERS[last] === 0 || to - start < 3) return 0;
  if (to - start >= 5) {
    const suffix = errorSuffix(bytes, start, to);
    if (suffix > 0) afterClass(scan, start, to, suffix);
  }
  if (last === 0x73) return Mark.PLURAL;
  if (last === 0x64) return bytes[to - 2] === 0x65 ? Mark.PAST : 0;
  return last === 0x67 && bytes[to - 2] === 0x6e && bytes[to - 3] === 0x69 ? Mark.GOING : 0;
}

const LAST_LETTERS = new Uint8Array(256);
for (const char of 'dgsrnte') LAST_LETTERS[char.charCodeAt(0)] = 1;

/** Lets a word's rule look at what follows; gives where to go on. */
function follow(rule: number, start: number, to: number): number {
  switch (rule) {
    case Rule.USER: afterUser(scan, to); return to;
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
    case Rule.PEER: peer(to); return to;
    case Rule.SIZE: size(to); return to;
    case Rule.HTTP: return scan.bytes[to] === Byte.SLASH && isDigit(scan.bytes[to + 1]) && to + 1 < scan.end ? takeVersion(scan, start) : to;
    case Rule.ON: return scan.has(Field.duration_ms) && (scan.word & Mark.NUMBER) !== 0 ? tryPath(scan, to, Sure.LIKELY) : to;
    default: return to;
  }
}

/** `request id: X`, `request <uuid>`, `request /path`. */
function request(start: number, to: number): number {
  const at = named(Field.request_id, start, to);
  if (at > to) return at;
  afterIdNoun(scan, Field.request_id, to);
  return tryPath(scan, to, Sure.LIKELY);
}

/** A noun that names an id together with the word `id`. */
function named(field: Field, start: number, to: number): number {
  const at = idWordEnd(scan, to);
  if (at < 0) return to;
  afterId(scan, field, start, at);
  return at;
}

/** `client: 10.0.0.1`, `from 2001:db8::1`. */
function peer(to: number): void {
  if (!readValue(scan, to)) return;
  if (token.isNamed) takeKeyedAddress(scan, token.start, token.end);
  else if (scan.bytes[token.start] !== undefined && (scan.word & Mark.AWAY) === 0) takeKeyedAddress(scan, token.start, token.end);
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
      return passNumber(at, address);
    }
  }
  if (MAY_TIME[next] === 1) {
    const ms = readDuration(bytes, at, end);
    if (ms >= 0 && (durationEnd >= end || (FOLD[bytes[durationEnd] as number] as number) <= SILENT)) {
      const until = durationEnd;
      takeDuration(scan, at, until, ms);
      return passNumber(at, until);
    }
  }
  if ((FOLD[next] as number) > BREAK || next === Byte.DOT) return passNumber(at, runEnd(to));
  takeWhole(scan, at, to);
  return passNumber(at, to);
}

/** Bytes behind digits with which a duration may go on. */
const MAY_TIME = new Uint8Array(256);
for (const byte of Buffer.from(' .:,eENnUuMmSsHhDd\u00b5\u03bc')) MAY_TIME[byte] = 1;

function passNumber(start: number, to: number): number {
  scan.pass(Mark.NUMBER, start, to);
  return to;
}

/** Where what began with digits ends: `1.2.3-rc4`, `6f9619ff-8b86`. */
function runEnd(at: number): number {
  const { bytes, end } = scan;
  let to = at;
  while (to < end && ((FOLD[bytes[to] as number] as number) > BREAK || (bytes[to] === Byte.DOT && to + 1 < end && isDigit(bytes[to + 1])))) to++;
  return to;
}

/** A mark stands at `at`; gives where to go on. */
function mark(event: LogEvent, at: number, byte: number): number {
  const { bytes, end } = scan;
  switch (byte) {
    case Byte.NEWLINE:
      scan.breakClause();
      return isFirstLine() ? takeTrace(scan, event, at) : at + 1;
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
  if (next === Byte.COMMA || next > LAST_DIGIT) trySleuth(scan, at);
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

/** The message is read: what was found out about it as a whole, and then the fields. */
function settle(event: LogEvent): void {
  finishError(scan, event, pairTail(scan, scan.end));
  if (scan.found === 0) return;
  if (scan.has(Field.user_id) && scan.sure[Field.user_id] === Sure.HINT && (scan.seen & Mark.AUTH) === 0) scan.withdraw(Field.user_id);
  if (scan.has(Field.http_path) && scan.sure[Field.http_path] === Sure.HINT && !scan.has(Field.http_method) && !event.has(Field.http_method)) scan.withdraw(Field.http_path);
  scan.settle(event);
}


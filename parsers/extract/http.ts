import { Field } from '../../agent/fields.ts';
import { Byte, isDigit, isLower, isUpper } from '../values/bytes.ts';
import { decimal } from '../values/durations.ts';
import { hasHostBefore, mayBeColumns } from '../columns/request.ts';
import { ipv4End } from './ip.ts';
import { Sure, type Scan } from './scan.ts';
import { beforeStart, marksAt, skipSpaces, statusEnd, statusOf, wordBefore, wordBeside } from './tokens.ts';
import { Cue, Mark } from './words.ts';

/** The request a message reports: `GET /path`, `HTTP/1.1`, its status beside it or behind a word for one, the bytes answered. */

/** An upper-case method stands at [start, at): it counts if a path or URL follows. Gives where to go on. */
export function afterMethod(scan: Scan, start: number, at: number): number {
  const { bytes, end } = scan;
  let to = skipMarks(bytes, at, end);
  const address = isDigit(bytes[to]) ? ipv4End(bytes, to, end) : -1;
  if (address > 0) {
    const from = to;
    to = skipMarks(bytes, address, end);
    if (bytes[to] === Byte.SLASH) scan.offer(Field.client_ip, Sure.PHRASE, from, address, 'method, address and path');
  }
  if (to >= end || to === at) return at;
  const from = bytes[to] === Byte.SLASH ? to : urlPath(bytes, to, end);
  if (from < 0) {
    if (scan.methodStart < 0 && hasHostBefore(bytes, at)) scan.methodStart = start;
    return at;
  }
  const pathEnd = takePath(scan, from, Sure.NAMED);
  if (pathEnd < 0) return at;
  if (scan.methodStart < 0 && mayBeColumns(bytes, start, pathEnd, scan.start, end)) scan.methodStart = start;
  scan.offer(Field.http_method, Sure.NAMED, start, at, 'method and path');
  if (scan.statusEnd >= 0 && isBetween(bytes, scan.statusEnd, start)) takeStatus(scan, scan.statusStart, Sure.LIKELY);
  scan.seen |= Mark.REQUEST;
  return afterPath(scan, pathEnd);
}

/** `Request /path`, `450ms on /path`: a path without its method. */
export function tryPath(scan: Scan, at: number, sure: number): number {
  const { bytes, end } = scan;
  if (at + 2 >= end || bytes[at] !== Byte.SPACE || bytes[at + 1] !== Byte.SLASH) return at;
  const to = takePath(scan, at + 1, sure);
  return to < 0 ? at : afterPath(scan, to);
}

/** A word for a status ends at `at`: `status: 503`, `responded 200`, `status code 404`. */
export function afterStatusWord(scan: Scan, start: number, at: number): void {
  const { bytes, end } = scan;
  let to = skipSpaces(bytes, at, end);
  let isNamed = false;
  if (to > at && isCode(bytes, to, end)) to = skipSpaces(bytes, to + 4, end);
  if (to < end && (bytes[to] === Byte.COLON || bytes[to] === Byte.EQUALS || bytes[to] === Byte.QUOTE && bytes[to + 1] === Byte.COLON)) {
    isNamed = true;
    to = skipSpaces(bytes, to + (bytes[to] === Byte.QUOTE ? 2 : 1), end);
  }
  if (to < end && (bytes[to] === Byte.QUOTE || bytes[to] === Byte.APOSTROPHE || bytes[to] === Byte.OPEN_BRACKET)) to++;
  if (to === at || statusEnd(bytes, to, end) < 0 || (wordBefore(scan, start) & Mark.EXIT) !== 0) return;
  const sure = isNamed ? Sure.NAMED : Sure.PHRASE;
  if (!isNamed && !standsAlone(scan, to + 3)) return;
  takeStatus(scan, to, sure);
  if (isNamed) scan.beginTail(start);
}

/** A whole number stands at [start, to): a status, or a size, if its neighbours say so. */
export function takeWhole(scan: Scan, start: number, to: number): void {
  const { bytes, end } = scan;
  if (to - start === 3 && statusEnd(bytes, start, end) > 0) {
    scan.statusStart = start;
    scan.statusEnd = to;
    if (isOfRequest(scan, start) || (hasReason(scan, to) && isUnit(scan, start))) {
      takeStatus(scan, start, Sure.LIKELY);
      scan.requestEnd = to;
      return;
    }
    if ((wordBeside(scan, start) & Mark.STATUS) !== 0 && standsAlone(scan, to)) {
      takeStatus(scan, start, Sure.PHRASE);
      scan.requestEnd = to;
      return;
    }
  }
  const next = skipSpaces(bytes, to, end);
  if (next > to && next < end && ((bytes[next] as number) | 0x20) === 0x62 && (marksAt(scan, next) & Mark.BYTES) !== 0) takeSize(scan, start, to);
  else if (scan.isAccess && scan.requestEnd >= 0 && scan.has(Field.http_status) && isBetween(bytes, scan.requestEnd, start)) {
    scan.offerNumber(Field.bytes, Sure.LIKELY, decimal(bytes, start, to, 0), start, to, 'size after status');
    scan.requestEnd = to;
  }
}

/** The size in [start, to) was transferred; a second one makes the first doubtful. */
export function takeSize(scan: Scan, start: number, to: number): void {
  if (scan.cue === Cue.BAD || (wordBefore(scan, start) & Mark.STORED) !== 0 || (wordBefore(scan, beforeStart) & Mark.STORED) !== 0) return;
  scan.sizes++;
  if (scan.sizes === 1) scan.offerNumber(Field.bytes, Sure.LIKELY, decimal(scan.bytes, start, to, 0), start, to, 'size');
  else if (scan.sure[Field.bytes] === Sure.LIKELY) scan.withdraw(Field.bytes);
}

function takeStatus(scan: Scan, at: number, sure: number): void {
  scan.offerNumber(Field.http_status, sure, statusOf(scan.bytes, at), at, at + 3, 'status');
}

/** `status code`. */
function isCode(bytes: Uint8Array, at: number, end: number): boolean {
  return at + 5 < end && ((bytes[at] as number) | 0x20) === 0x63 && bytes[at + 1] === 0x6f && bytes[at + 2] === 0x64 && bytes[at + 3] === 0x65;
}

/** Takes the path at `from`, without its query; where it ends with it, or -1. */
function takePath(scan: Scan, from: number, sure: number): number {
  const { bytes, end } = scan;
  let to = from;
  while (to < end && NOT_IN_URL[bytes[to] as number] === 0) to++;
  let pathEnd = from;
  while (pathEnd < to && bytes[pathEnd] !== 0x3f && bytes[pathEnd] !== 0x23) pathEnd++;
  const hasQuery = pathEnd < to;
  while (!hasQuery && pathEnd > from + 1 && isTrailing(bytes[pathEnd - 1] as number)) pathEnd--;
  if (pathEnd === from) return -1;
  scan.offer(Field.http_path, sure, from, pathEnd, 'method and path');
  return hasQuery ? to : pathEnd;
}

/** What follows a path: `HTTP/1.1`, and then the status. Gives where to go on. */
function afterPath(scan: Scan, at: number): number {
  const { bytes, end } = scan;
  scan.requestEnd = at;
  const next = skipSpaces(bytes, bytes[at] === Byte.QUOTE ? at + 1 : at, end);
  if (next + 8 > end || bytes[next] !== 0x48 || bytes[next + 1] !== 0x54 || bytes[next + 4] !== Byte.SLASH || !isDigit(bytes[next + 5])) return at;
  const to = takeVersion(scan, next);
  scan.requestEnd = to;
  scan.isAccess = bytes[to] === Byte.QUOTE;
  return to;
}

/** `HTTP/1.1` at `at`. Gives where it ends. */
export function takeVersion(scan: Scan, at: number): number {
  const { bytes, end } = scan;
  let to = at + 5;
  while (to < end && (isDigit(bytes[to]) || (bytes[to] === Byte.DOT && to + 1 < end && isDigit(bytes[to + 1])))) to++;
  scan.offer(Field.http_version, Sure.NAMED, at + 5, to, 'protocol');
  return to;
}

/** Where the path of the URL at `at` begins, or -1. A URL that ends with its host has none. */
function urlPath(bytes: Uint8Array, at: number, end: number): number {
  if (at + 8 > end || bytes[at] !== 0x68 || bytes[at + 1] !== 0x74) return -1;
  const colon = bytes[at + 4] === Byte.COLON ? at + 4 : at + 5;
  if (bytes[colon] !== Byte.COLON || bytes[colon + 1] !== Byte.SLASH || bytes[colon + 2] !== Byte.SLASH) return -1;
  let to = colon + 3;
  while (to < end && bytes[to] !== Byte.SLASH && NOT_IN_URL[bytes[to] as number] === 0) to++;
  return to < end && bytes[to] === Byte.SLASH ? to : -1;
}

/** `responded 200 in …`, but not `returned 200 rows`. */
function standsAlone(scan: Scan, at: number): boolean {
  const { bytes, end } = scan;
  const next = skipSpaces(bytes, at, end);
  if (next === at || next >= end || !isLower(bytes[next])) return true;
  return (marksAt(scan, next) & (Mark.GOES_ON | Mark.REASON | Mark.REQUEST)) !== 0;
}

/** `200 OK`, `404 Not Found`. */
function hasReason(scan: Scan, at: number): boolean {
  const { bytes, end } = scan;
  return at + 2 < end && bytes[at] === Byte.SPACE && isUpper(bytes[at + 1]) && (marksAt(scan, at + 1) & Mark.REASON) !== 0;
}

/** Not the fraction or the rest of something longer. */
function isUnit(scan: Scan, start: number): boolean {
  if (start === scan.start) return true;
  const before = scan.bytes[start - 1] as number;
  return before === Byte.SPACE || before === Byte.QUOTE || before === Byte.APOSTROPHE || before === 0x28 || before === Byte.OPEN_BRACKET;
}

/** A number right behind the request's path, version or duration. */
function isOfRequest(scan: Scan, start: number): boolean {
  return scan.requestEnd >= 0 && !scan.has(Field.http_status) && start - scan.requestEnd <= 12 && isBetween(scan.bytes, scan.requestEnd, start);
}

/** Only spaces, arrows, quotes and brackets from `at` to `to`. */
function isBetween(bytes: Uint8Array, at: number, to: number): boolean {
  if (to - at > 12 || to <= at) return false;
  for (let i = at; i < to; i++) if (BETWEEN[bytes[i] as number] === 0) return false;
  return true;
}

function skipMarks(bytes: Uint8Array, at: number, end: number): number {
  const limit = Math.min(end, at + 16);
  let to = at;
  while (to < limit && BETWEEN[bytes[to] as number] === 1) to++;
  return to;
}

function isTrailing(byte: number): boolean {
  return byte === Byte.COLON || byte === Byte.COMMA || byte === Byte.DOT || byte === Byte.SEMICOLON;
}

const BETWEEN = new Uint8Array(256);
for (const byte of Buffer.from(' \t"\'|:-[](=>→)')) BETWEEN[byte] = 1;

const NOT_IN_URL = new Uint8Array(256);
for (let byte = 0; byte <= 0x20; byte++) NOT_IN_URL[byte] = 1;
for (const char of '"\'`<>|)]}') NOT_IN_URL[char.charCodeAt(0)] = 1;

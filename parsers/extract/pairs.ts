import { Field } from '../../agent/fields.ts';
import { addMember, addPair } from '../pair.ts';
import { amountEnd } from '../values/amounts.ts';
import { Byte, isLetter, isUpper } from '../values/bytes.ts';
import { durationMs } from '../values/durations.ts';
import { equals, startsWith } from '../values/names.ts';
import { FOLD } from '../values/word-table.ts';
import { isVague, takeKeyedAddress } from './addresses.ts';
import { bareEnd, emailAt, phraseEnd } from './bare-values.ts';
import { takeKeyedId } from './ids.ts';
import { Sure, type Scan } from './scan.ts';
import { isCondition } from './sql.ts';
import { statusEnd, statusOf } from './tokens.ts';
import { aroundAt, isName } from './users.ts';
import { CUE_MASK, Mark, Rule, RULE_MASK } from './words.ts';

/**
 * `key=value` at a message's end or inside it. Each is a member or, where the alias table knows the key, a field; and
 * keys that mean something only in this company (`status=200`, `from=10.0.0.5:4711`, `t=15µs`) are read as prose is.
 */

/** A word that ends at the `=` at `at` and began at `start`, with the marks `marks`. Gives where to go on. */
export function takePair(scan: Scan, marks: number, start: number, at: number): number {
  const { bytes, end } = scan;
  const keyStart = findKeyStart(scan, start);
  const valueAt = at + 1;
  if (keyStart < 0 || valueAt >= end) return at + 1;
  const first = bytes[valueAt] as number;
  if (first === Byte.EQUALS || first === Byte.GREATER || first <= Byte.SPACE) return at + 1;
  if (isUpper(bytes[keyStart]) && keyStart - 3 > scan.start && bytes[keyStart - 2] === Byte.SEMICOLON && bytes[keyStart - 3] === Byte.SPACE) {
    const to = takeSudo(scan, keyStart, at);
    if (to > 0) return to;
  }
  const quote = first === Byte.QUOTE || first === Byte.APOSTROPHE ? first : first === Byte.LESS ? Byte.GREATER : 0;
  const from = quote === 0 ? valueAt : valueAt + 1;
  let to = quote === 0 ? bareEnd(scan, from) : quotedEnd(bytes, from, end, quote);
  if (to - from === 3 && quote === 0) to = amountEnd(bytes, from, to, end);
  if (quote === 0 && (marks & RULE_MASK) === Rule.ERROR) to = phraseEnd(bytes, from, to, end);
  if (to < 0) return at + 1;
  if (quote === 0 && to === from + 1 && IS_NO_VALUE[bytes[from] as number] === 1) return to;
  if (to > from && isCondition(scan, keyStart)) return quote === 0 ? to : to + 1;
  if (to > from && (scan.seen & Mark.OWN) !== 0 && (marks & RULE_MASK) === Rule.PEER && isVague(bytes, keyStart)) addMember(keyStart, at, from, to); // `interface eth0 ip=10.0.0.1`
  else if (to > from && at - keyStart === 4 && isEndpoint(bytes, keyStart, at, quote === 0 ? to : to + 1, end)) {
    addMember(keyStart, at, from, to); // a peer or a target, and not the machine that says so
    if ((scan.seen & (Mark.PEER | Mark.AWAY)) === Mark.PEER) takeKeyedAddress(scan, from, to);
  } else if (to > from) {
    scan.taken = addPair(keyStart, at, from, to, quote !== 0);
    if (marks !== 0) takeKnown(scan, marks, from, to);
    if (quote === 0 && emailAt >= 0) aroundAt(scan, emailAt);
  }
  const after = quote === 0 ? to : to + 1;
  if (scan.pairsEnd < 0 || !isGap(bytes, scan.pairsEnd, keyStart)) scan.pairsStart = keyStart;
  scan.pairsEnd = after;
  // A quoted text is a message of its own, and read on as one.
  return (marks & RULE_MASK) === Rule.TEXT && quote !== 0 ? from : after;
}

/**
 * sudo: `alice : TTY=pts/0 ; PWD=/home/alice ; USER=root ; COMMAND=/bin/ls -l`. Who acts stands in front; USER is as whom,
 * and the command has blanks. Where the pair ends that has its key at [keyStart, at); -1: it is none of these.
 */
function takeSudo(scan: Scan, keyStart: number, at: number): number {
  const { bytes, end } = scan;
  const isCommand = equals(bytes, keyStart, at, 'COMMAND');
  if (!isCommand && !equals(bytes, keyStart, at, 'USER')) return -1;
  let name = scan.start;
  while (name < keyStart && bytes[name] !== Byte.SPACE) name++;
  if (bytes[name + 1] !== Byte.COLON || bytes[name + 2] !== Byte.SPACE) return -1;
  let to = at + 1;
  while (to < end && bytes[to] !== Byte.NEWLINE && (isCommand || bytes[to] !== Byte.SPACE)) to++;
  addMember(keyStart, at, at + 1, to);
  if (!scan.isTaken(Field.user_id) && isName(scan, scan.start, name)) scan.offer(Field.user_id, Sure.TOTAL, scan.start, name, 'sudo');
  if (scan.pairsStart < 0) scan.pairsStart = keyStart;
  scan.pairsEnd = to;
  return to;
}

/** `host=127.0.0.1 port=5432`: one end of a connection. `to`: where the value ends of the key at [keyStart, at). */
function isEndpoint(bytes: Uint8Array, keyStart: number, at: number, to: number, end: number): boolean {
  if (!equals(bytes, keyStart, at, 'host')) return false;
  let next = to;
  while (next < end && IN_GAP[bytes[next] as number] === 1) next++;
  return next > to && startsWith(bytes, next, end, 'port=');
}

/** Begin of the pairs that end the message, or -1: nothing but punctuation follows the last one. */
export function pairTail(scan: Scan, end: number): number {
  return scan.pairsEnd >= 0 && (scan.pairsEnd >= end || isGap(scan.bytes, scan.pairsEnd, end)) ? scan.pairsStart : -1;
}

/** Keys have dots and dashes; before them a space or an opening mark. The `?a=1&b=2` of a URL are none. */
function findKeyStart(scan: Scan, start: number): number {
  const { bytes } = scan;
  if (start === scan.start || BEFORE_KEY[bytes[start - 1] as number] === 1) return start;
  const limit = Math.max(scan.start, start - 64);
  let from = start;
  while (from > limit && ((FOLD[bytes[from - 1] as number] as number) > 0 || bytes[from - 1] === Byte.DOT)) from--;
  if (from > scan.start && (from === limit || BEFORE_KEY[bytes[from - 1] as number] === 0)) return -1;
  return isLetter(bytes[from]) || bytes[from] === Byte.UNDERSCORE ? from : -1;
}

/** Where the closing quote stands, or -1 on this line. */
function quotedEnd(bytes: Uint8Array, from: number, end: number, quote: number): number {
  // `a=<a=<a=<` never closes: only so far is looked for it. Quotes close at the next one, whatever it was meant for.
  const limit = quote === Byte.GREATER ? Math.min(end, from + 256) : end;
  for (let to = from; to < limit; to++) {
    const byte = bytes[to];
    if (byte === quote) return to;
    if (byte === 0x5c) to++;
    else if (byte === Byte.NEWLINE || byte === Byte.LESS && quote === Byte.GREATER) return -1;
  }
  return -1;
}

/** The alias table has had its turn: what it set is not looked at again. */
function takeKnown(scan: Scan, marks: number, start: number, end: number): void {
  switch (marks & RULE_MASK) {
    case Rule.USER: if (!scan.isTaken(Field.user_id) && isName(scan, start, end)) scan.offer(Field.user_id, Sure.NAMED, start, end, 'user key'); return;
    case Rule.PEER: if (!scan.isTaken(Field.client_ip)) takeKeyedAddress(scan, start, end); return;
    case Rule.REQUEST_ID: if (!scan.isTaken(Field.request_id)) takeKeyedId(scan, Field.request_id, start, end); return;
    case Rule.TRACE_ID: if (!scan.isTaken(Field.trace_id)) takeKeyedId(scan, Field.trace_id, start, end); return;
    case Rule.SPAN_ID: if (!scan.isTaken(Field.span_id)) takeKeyedId(scan, Field.span_id, start, end); return;
    case Rule.SESSION: case Rule.SESSION_ID: takeKeyedId(scan, Field.session_id, start, end); return;
    case Rule.PATH: if (scan.bytes[start] === Byte.SLASH) takePath(scan, start, end); return;
    case Rule.STATUS: if (statusEnd(scan.bytes, start, end) === end) scan.offerNumber(Field.http_status, Sure.PHRASE, statusOf(scan.bytes, start), start, end, 'status key'); return;
    case Rule.ELAPSED: if (!scan.isTaken(Field.duration_ms)) takeElapsed(scan, start, end); return;
    default: if ((marks & CUE_MASK) !== 0) scan.breakClause();
  }
}

function takeElapsed(scan: Scan, start: number, end: number): void {
  const ms = durationMs(scan.bytes, start, end);
  if (ms >= 0) scan.offerNumber(Field.duration_ms, Sure.NAMED, ms, start, end, 'duration key');
}

/** A `path=` is a request's only beside a method; whether there is one shows at the end. */
function takePath(scan: Scan, start: number, end: number): void {
  let to = start;
  while (to < end && scan.bytes[to] !== 0x3f) to++;
  scan.offer(Field.http_path, Sure.HINT, start, to, 'path key');
}

function isGap(bytes: Uint8Array, from: number, to: number): boolean {
  if (to - from > 16) return false;
  for (let at = from; at < to; at++) if (IN_GAP[bytes[at] as number] === 0) return false;
  return true;
}

/** Alone these are no value: SQL's `WHERE id=?`, the beginning of `event={"a":1}`. */
const IS_NO_VALUE = new Uint8Array(256);
for (const char of '?{[(') IS_NO_VALUE[char.charCodeAt(0)] = 1;

const BEFORE_KEY = new Uint8Array(256);
for (const char of ' \t\n,;([{|<"\'') BEFORE_KEY[char.charCodeAt(0)] = 1;

const IN_GAP = new Uint8Array(256);
for (const char of ' \t,;|.)]}') IN_GAP[char.charCodeAt(0)] = 1;

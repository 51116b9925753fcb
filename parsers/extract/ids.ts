import { Field } from '../../agent/fields.ts';
import { Byte, holds, isDigit, isHexDigit, isLetter } from '../values/bytes.ts';
import { BREAK, FOLD } from '../values/word-table.ts';
import { isUncommon, Sure, type Scan } from './scan.ts';
import { CLOSING, marksAt, readValue, skipSpaces, token } from './tokens.ts';

/** Ids of requests, traces and sessions: `request id: X`, `RequestId: X`, `[app,trace,span,true]`. */

/** Where the word `id` ends that follows at `at`, or -1: `request id`. */
export function idWordEnd(scan: Scan, at: number): number {
  const { bytes, end } = scan;
  const from = skipSpaces(bytes, at, end);
  if (from === at || from + 2 > end || ((bytes[from] as number) | 0x20) !== 0x69 || ((bytes[from + 1] as number) | 0x20) !== 0x64) return -1;
  return from + 2 === end || FOLD[bytes[from + 2] as number] === BREAK ? from + 2 : -1;
}

/** A word for an id stands at [start, at): takes the value that follows. */
export function afterId(scan: Scan, field: Field, start: number, at: number): void {
  if (!readValue(scan, at) || !isId(scan, token.start, token.end)) return;
  if (!token.isNamed && !token.isWrapped && !hasDigit(scan, token.start, token.end)) return;
  scan.beginTail(start);
  scan.offer(field, token.isNamed ? Sure.NAMED : Sure.PHRASE, token.start, token.end, 'id');
}

/** `session: X`, `request <uuid>`: only what can be nothing but an id. */
export function afterIdNoun(scan: Scan, field: Field, at: number): void {
  if (!readValue(scan, at) || token.end - token.start < 6 || !isId(scan, token.start, token.end)) return;
  if (!hasDigit(scan, token.start, token.end)) return;
  if (isUuid(scan.bytes, token.start, token.end) || (token.isNamed && field !== Field.request_id)) scan.offer(field, Sure.LIKELY, token.start, token.end, 'id');
}

/** Spring Cloud Sleuth's `[app,trace,span]`, `[app,trace,span,true]` at the bracket `at`: hexadecimal, 16 or 32 digits. */
export function trySleuth(scan: Scan, at: number): void {
  const { bytes, end } = scan;
  const limit = Math.min(end, at + 64);
  let comma = at + 1;
  while (comma < limit && bytes[comma] !== Byte.COMMA) {
    if (bytes[comma] === Byte.CLOSE_BRACKET || bytes[comma] === Byte.OPEN_BRACKET || bytes[comma] === Byte.SPACE) return;
    comma++;
  }
  const traceEnd = hexEnd(bytes, comma + 1, end);
  if (!isIdLength(traceEnd - comma - 1) || bytes[traceEnd] !== Byte.COMMA) return;
  const spanEnd = hexEnd(bytes, traceEnd + 1, end);
  if (spanEnd - traceEnd - 1 !== 16 || (bytes[spanEnd] !== Byte.COMMA && bytes[spanEnd] !== Byte.CLOSE_BRACKET)) return;
  scan.offer(Field.trace_id, Sure.LIKELY, comma + 1, traceEnd, 'application, trace, span');
  scan.offer(Field.span_id, Sure.LIKELY, traceEnd + 1, spanEnd, 'application, trace, span');
}

/** Whether [start, end) can be an id: one token, no ordinary word, none of `null`, `unknown`. */
export function isId(scan: Scan, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (!isIdByte(scan.bytes[at] as number)) return false;
  return end > start && end - start <= 160 && isUncommon(marksAt(scan, start));
}

/** `"Mozilla/5.0 …"` after `user-agent:`, a URL after `referer:`. */
export function afterText(scan: Scan, field: Field, at: number): number {
  const { bytes, end } = scan;
  if (bytes[at] === Byte.SLASH && isDigit(bytes[at + 1])) return takeAgent(scan, at);
  if (!readValue(scan, at) || !token.isNamed) return at;
  if (token.isWrapped) scan.offer(field, Sure.NAMED, token.start, token.end, 'named');
  else if (field === Field.referer) scan.offer(field, Sure.NAMED, token.start, token.end, 'named');
  else {
    let to = token.start;
    for (const limit = Math.min(end, to + 512); to < limit && bytes[to] !== Byte.CLOSE_BRACKET && bytes[to] !== Byte.QUOTE && bytes[to] !== Byte.NEWLINE && !(bytes[to] === Byte.COMMA && isLetter(bytes[to + 1]));) to++;
    if (bytes[token.end] !== Byte.SLASH && !holds(bytes, token.start, token.end, Byte.SLASH)) return at;
    scan.offer(field, Sure.NAMED, token.start, to, 'named');
    return to;
  }
  return token.after;
}

/** `Mozilla/5.0 (…) …`: every browser's agent begins so. It runs to the closing mark of what it stands in, or to the end. */
function takeAgent(scan: Scan, at: number): number {
  const { bytes, end } = scan;
  if (scan.hadBrowser) return at;
  scan.hadBrowser = true;
  const from = at - AGENT.length;
  const opening = from > scan.start ? (bytes[from - 1] as number) : Byte.SPACE;
  if (from < scan.start || opening !== Byte.SPACE && CLOSING[opening] === 0 && opening !== Byte.EQUALS) return at;
  const closing = CLOSING[opening] as number;
  let [to, depth] = [at, 0];
  for (const limit = Math.min(end, at + 512); to < limit && bytes[to] !== Byte.NEWLINE; to++) {
    if (depth === 0 && bytes[to] === closing && closing !== 0) break;
    if (bytes[to] === Byte.OPEN_PAREN) depth++;
    else if (bytes[to] === Byte.CLOSE_PAREN) depth--;
  }
  if (closing !== 0 && (to === end || bytes[to] !== closing)) return at;
  scan.offer(Field.user_agent, Sure.LIKELY, from, to, 'browser');
  return to;
}

const AGENT = 'Mozilla';

/** The value of a key that is known to hold an id. */
export function takeKeyedId(scan: Scan, field: Field, start: number, end: number): void {
  if (isId(scan, start, end)) scan.offer(field, Sure.NAMED, start, end, 'id');
}

function isUuid(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start !== 36) return false;
  for (let at = start; at < end; at++) {
    const isDash = at - start === 8 || at - start === 13 || at - start === 18 || at - start === 23;
    if (isDash ? bytes[at] !== Byte.DASH : !isHexDigit(bytes[at] as number)) return false;
  }
  return true;
}

function hasDigit(scan: Scan, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (isDigit(scan.bytes[at])) return true;
  return false;
}

function hexEnd(bytes: Uint8Array, at: number, end: number): number {
  const limit = Math.min(end, at + 33);
  let to = at;
  while (to < limit && isHexDigit(bytes[to] as number)) to++;
  return to;
}

function isIdLength(length: number): boolean {
  return length === 16 || length === 32;
}

const IN_ID = Uint8Array.from({ length: 256 }, (_, byte) => Number(isDigit(byte) || isLetter(byte) || '-_.:/+=@#~'.includes(String.fromCharCode(byte))));

function isIdByte(byte: number): boolean {
  return IN_ID[byte] === 1;
}

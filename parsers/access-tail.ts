import type { Chunk } from '../agent/chunk.ts';
import { Name, type LogEvent } from '../agent/event.ts';
import { Field } from '../agent/fields.ts';
import { pair } from './pair.ts';
import { isDash, quoteEnd } from './values/access-scan.ts';
import { Byte, isBlank, isDigit, isWord, type Float } from './values/bytes.ts';
import { durationMs } from './values/durations.ts';
import { equals } from './values/names.ts';

// Portable: see extract/prose.ts.

const LETTER_S = 0x73;

/**
 * What a site appended to its access log: times that nginx is told to write, and with one in between, referer and user
 * agent in quotes; `rt=0.005 uct="0.001"`. From the first part on that is none of these all of it is kept as `rest`.
 */
export function readTail(chunk: Chunk, start: number, end: number, expectsReferer: boolean, event: LogEvent): void {
  const { bytes } = chunk;
  let quoted = expectsReferer ? 0 : 2;
  let rest = -1;
  for (let at = start + 1; at < end; at++) {
    let isKnown = true;
    const from = at;
    if (bytes[at] === Byte.QUOTE) {
      const close = quoteEnd(bytes, at + 1, end);
      const isNothing = close < 0 ? false : isDash(bytes, at + 1, close);
      if (quoted < 2 && close >= 0 && !isNothing) event.span(quoted === 0 ? Field.referer : Field.user_agent, at + 1, close);
      else isKnown = isNothing;
      quoted++;
      at = close < 0 ? end : close + 1;
    } else {
      const to = tokenEnd(bytes, at, end);
      if (quoted === 0 && isDash(bytes, at, to)) quoted = 1; // no referer, and no quotes either
      isKnown = isDash(bytes, at, to) || readPair(chunk, at, to, event) || readNumber(bytes, at, to, end, event);
      at = to;
    }
    if (!isKnown && rest < 0) rest = from;
  }
  if (rest >= 0) keepRest(bytes, rest, end, event);
}

/** Where the part at `at` ends: at a blank, but not inside of a pair's quotes. */
function tokenEnd(bytes: Uint8Array, at: number, end: number): number {
  let to = at;
  while (to < end && bytes[to] !== Byte.SPACE) {
    const close = bytes[to] === Byte.QUOTE && bytes[to - 1] === Byte.EQUALS ? quoteEnd(bytes, to + 1, end) : -1;
    to = Math.max(to, close) + 1;
  }
  return to;
}

/** `rt=0.005`, `urt="0.001, 0.004"`: a field if its key is known, else a member. */
function readPair(chunk: Chunk, start: number, end: number, event: LogEvent): boolean {
  const { bytes } = chunk;
  let equal = start;
  while (equal < end && (isWord(bytes[equal]) || bytes[equal] === Byte.DASH || bytes[equal] === Byte.DOT)) equal++;
  if (equal === start || equal >= end || bytes[equal] !== Byte.EQUALS) return false;
  const isQuoted = equal + 2 < end && bytes[equal + 1] === Byte.QUOTE && bytes[end - 1] === Byte.QUOTE;
  const from = isQuoted ? equal + 2 : equal + 1;
  const to = isQuoted ? end - 1 : end;
  if (isDash(bytes, from, to)) return true;
  event.rule = 'access';
  pair(chunk, start, equal, from, to, isQuoted, event);
  if (equals(bytes, start, equal, 'rt') && !event.has(Field.duration_ms)) readDuration(bytes, from, to, event); // what nginx's own documentation calls $request_time
  if (!event.has(Field.request_id)) readId(bytes, from, to, event);
  return true;
}

/** Whether [start, end) is a time, or at the end of the `line` a request's id. */
function readNumber(bytes: Uint8Array, start: number, end: number, line: number, event: LogEvent): boolean {
  if (!event.has(Field.duration_ms)) return readDuration(bytes, start, end, event);
  return end >= line && readId(bytes, start, end, event);
}

/** nginx's $request_id: 32 hexadecimal digits. */
function readId(bytes: Uint8Array, start: number, end: number, event: LogEvent): boolean {
  if (end - start !== 32) return false;
  for (let at = start; at < end; at++) if (!isDigit(bytes[at]) && !((bytes[at] as number) >= 0x61 && (bytes[at] as number) <= 0x66)) return false;
  event.span(Field.request_id, start, end);
  return true;
}

/** `0.202`, or a time with its unit, `12ms`. */
function readDuration(bytes: Uint8Array, start: number, end: number, event: LogEvent): boolean {
  if (bytes[end - 1] !== LETTER_S || !isDigit(bytes[start])) return readSeconds(bytes, start, end, event);
  const ms = durationMs(bytes, start, end);
  if (ms >= 0) event.number(Field.duration_ms, ms, start, end);
  return ms >= 0;
}

/** `0.202`: nginx writes request times with three decimals, and nothing else that is appended looks so. */
function readSeconds(bytes: Uint8Array, start: number, end: number, event: LogEvent): boolean {
  if (end - start < 5 || bytes[end - 4] !== Byte.DOT) return false;
  let ms: Float = 0;
  for (let at = start; at < end; at++) {
    if (at === end - 4) continue;
    if (!isDigit(bytes[at])) return false;
    ms = ms * 10 + (bytes[at] as number) - 0x30;
  }
  if (ms < 2 ** 31) event.number(Field.duration_ms, ms, start, end);
  return ms < 2 ** 31;
}

function keepRest(bytes: Uint8Array, start: number, end: number, event: LogEvent): void {
  let to = end;
  while (to > start && isBlank(bytes[to - 1])) to--;
  event.named(Name.REST, start, to);
}

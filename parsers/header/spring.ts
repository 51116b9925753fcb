import type { LogEvent } from '../../agent/event.ts';
import { Field } from '../../agent/fields.ts';
import { Byte, decimal, isBlank, skipBlanks, skipDigits } from '../values/bytes.ts';
import type { Header } from './state.ts';

/**
 * What follows the level in Spring Boot's console: `pid --- [app] [thread] [correlation] logger : message`, with Spring
 * Cloud Sleuth's `[app,trace,span,export]` in front. The position of the message, or -1.
 * https://docs.spring.io/spring-boot/reference/features/logging.html
 */
export function readSpring(header: Header, at: number): number {
  const { bytes, end, event } = header;
  const isSleuth = bytes[at] === Byte.OPEN_BRACKET;
  const pid = isSleuth ? skipBlanks(bytes, sleuthEnd(bytes, at + 1, end), end) : at;
  const pidEnd = skipDigits(bytes, pid, Math.min(end, pid + 11));
  if (pidEnd === pid || !isRule(bytes, pidEnd) || pidEnd + 6 >= end) return -1;
  if (isSleuth) readSleuth(bytes, at + 1, end, event);
  event.number(Field.pid, decimal(bytes, pid, pidEnd), pid, pidEnd);
  return readTail(header, pidEnd + 5);
}

/** ` --- [` */
function isRule(bytes: Uint8Array, at: number): boolean {
  return bytes[at] === Byte.SPACE && bytes[at + 1] === Byte.DASH && bytes[at + 2] === Byte.DASH && bytes[at + 3] === Byte.DASH
    && bytes[at + 4] === Byte.SPACE && bytes[at + 5] === Byte.OPEN_BRACKET;
}

function sleuthEnd(bytes: Uint8Array, at: number, end: number): number {
  const limit = Math.min(end, at + 160);
  while (at < limit && bytes[at] !== Byte.CLOSE_BRACKET) at++;
  return at + 1;
}

const SLEUTH = [Field.service, Field.trace_id, Field.span_id];

/** `app,trace,span,export]`; where it ends. */
function readSleuth(bytes: Uint8Array, at: number, end: number, event: LogEvent): number {
  let from = at;
  let count = 0;
  for (let to = at; to < end; to++) {
    const byte = bytes[to];
    if (byte !== Byte.COMMA && byte !== Byte.CLOSE_BRACKET) continue;
    if (count < SLEUTH.length) event.span(SLEUTH[count] as Field, from, to);
    count++;
    from = to + 1;
    if (byte === Byte.CLOSE_BRACKET) return from;
  }
  return end;
}

/** The brackets behind ` --- ` and the logger. */
function readTail(header: Header, at: number): number {
  const { bytes, end, event } = header;
  let threadStart = -1;
  let threadEnd = -1;
  while (bytes[at] === Byte.OPEN_BRACKET) {
    const from = skipBlanks(bytes, at + 1, end);
    let close = from;
    while (close < end && bytes[close] !== Byte.CLOSE_BRACKET) close++;
    if (close >= end) return -1;
    if (isCorrelation(bytes, from, close)) setCorrelation(from, close, event);
    else if (from < close) {
      if (threadStart >= 0 && !event.has(Field.service)) event.span(Field.service, threadStart, threadEnd);
      threadStart = from;
      threadEnd = close;
    }
    at = skipBlanks(bytes, close + 1, end);
  }
  if (threadStart >= 0) event.span(Field.thread, threadStart, threadEnd);
  return readLogger(header, at);
}

function readLogger(header: Header, at: number): number {
  const { bytes, end } = header;
  let to = at;
  while (to < end && !isBlank(bytes[to])) to++;
  const colon = skipBlanks(bytes, to, end);
  if (to === at || bytes[colon] !== Byte.COLON || colon >= end) return -1;
  header.logger(at, to);
  return colon + 1;
}

/** 32 digits of a trace, a dash, 16 of a span. */
function isCorrelation(bytes: Uint8Array, start: number, end: number): boolean {
  return end - start === 49 && bytes[start + 32] === Byte.DASH;
}

function setCorrelation(start: number, end: number, event: LogEvent): void {
  event.span(Field.trace_id, start, start + 32);
  event.span(Field.span_id, start + 33, end);
}

import type { Chunk } from '../agent/chunk.ts';
import type { LogEvent } from '../agent/event.ts';
import { Field } from '../agent/fields.ts';
import { Level } from '../agent/levels.ts';
import type { Parser } from './parser.ts';
import { Byte, decimal, isLetter, isUpper, skipBlanks, skipDigits } from './values/bytes.ts';
import { readTimestamp } from './values/timestamps.ts';

/** By the mark between time and text: debug, verbose, notice, warning (`serverLogRaw` in Redis' server.c). */
const MARKS = new Map<number, number>([[Byte.DOT, Level.debug], [Byte.DASH, Level.info], [Byte.STAR, Level.info], [Byte.HASH, Level.warn]]);

/** Redis and Valkey: `pid:role dd Mon yyyy hh:mm:ss.mmm mark text`; before 3.0 `[pid] dd Mon hh:mm:ss.mmm mark text`. */
export const redis: Parser = {
  name: 'redis',
  title: 'Redis, Valkey, Sentinel',
  examples: [
    { line: '77:M 22 Nov 2026 10:00:00.123 * Ready to accept connections', event: { timestamp: '2026-11-22T10:00:00.123Z', level: 'info', pid: 77, message: 'Ready to accept connections' } },
    { line: '[77] 22 Nov 10:00:00.123 # Server started', event: { timestamp: '2026-11-22T10:00:00.123Z', level: 'warn', pid: 77, message: 'Server started' } },
    { line: '[77:C] 22 Nov 2026 10:00:00.123 - verbose', event: { timestamp: '2026-11-22T10:00:00.123Z', level: 'info', pid: 77, message: 'verbose' } },
    { line: '77:signal-handler (1795392255) Received SIGTERM', event: { timestamp: '2026-11-23T00:04:15Z', pid: 77, message: 'Received SIGTERM' } },
    { line: '30 May 10:05:20 . 0 clients connected', event: { timestamp: '2026-05-30T10:05:20Z', level: 'debug', message: '0 clients connected' }, reason: 'before 2.4' },
    { line: '8 Oct 16:55:56 - DEBUG: hi', event: undefined, reason: 'a dash that only separates' },
    { line: '20260327 11:34:21.908 - DEBUG - hi', event: undefined, reason: 'another' },
    { line: '77:M is a grade', event: undefined },
    { line: '[77] 22 Nov 10:00:00 started', event: undefined, reason: 'no mark', also: ['header'] },
  ],
  parse,
};

function parse(chunk: Chunk, start: number, end: number, event: LogEvent): boolean {
  const bytes = chunk.bytes;
  const at = readProcess(bytes, start, end, event);
  if (at < 0) return false;
  if (bytes[at] === Byte.OPEN_PAREN) return readSignal(chunk, at, end, event);
  const time = readTimestamp(chunk, at, end, event);
  const level = MARKS.get(bytes[time + 1] ?? 0);
  // Without a process a dash may be anyone's: `8 Oct 16:55:56 - text`.
  if (time < 0 || level === undefined || bytes[time + 1] === Byte.DASH && !event.has(Field.pid) || bytes[time] !== Byte.SPACE || bytes[time + 2] !== Byte.SPACE) return false;
  event.level(level, time + 1, time + 2);
  event.span(Field.message, time + 3, end);
  return true;
}

/** `77:M `, `[77] `, `[77:M] `, `77:signal-handler `, or nothing; where it ends, or -1. */
function readProcess(bytes: Uint8Array, start: number, end: number, event: LogEvent): number {
  const from = bytes[start] === Byte.OPEN_BRACKET ? start + 1 : start;
  const to = skipDigits(bytes, from, Math.min(end, from + 11));
  const isBracketed = from > start;
  if (!isBracketed && bytes[to] === Byte.SPACE && isLetter(bytes[to + 1])) return start;
  let after = to;
  if (bytes[to] === Byte.COLON) {
    after++;
    while (after < end && (isLetter(bytes[after]) || bytes[after] === Byte.DASH)) after++;
    if (after === to + 1 || after > to + 2 && isUpper(bytes[to + 1])) return -1;
  } else if (!isBracketed) return -1;
  if (isBracketed && bytes[after++] !== Byte.CLOSE_BRACKET) return -1;
  if (to === from || bytes[after] !== Byte.SPACE) return -1;
  event.number(Field.pid, decimal(bytes, from, to), from, to);
  return after + 1;
}

/** `(1795392255) Received SIGTERM`: what the signal handler writes, where it may not format a date. */
function readSignal(chunk: Chunk, at: number, end: number, event: LogEvent): boolean {
  const time = readTimestamp(chunk, at + 1, end, event);
  if (time < 0 || chunk.bytes[time] !== Byte.CLOSE_PAREN) return false;
  event.span(Field.message, skipBlanks(chunk.bytes, time + 1, end), end);
  return true;
}

import type { Chunk } from '../../agent/chunk.ts';
import type { LogEvent } from '../../agent/event.ts';
import { Field } from '../../agent/fields.ts';
import { How, Outcome } from './assign.ts';
import { Byte, isDigit } from './bytes.ts';
import { stringEnd } from './json-scan.ts';

/** Ids of distributed traces as headers carry them, and stack traces that a logger wrote as an array of lines. */

/** W3C: `00-` trace id of 32 hex digits `-` span id of 16 `-` flags. */
export function traceParent(chunk: Chunk, start: number, end: number, event: LogEvent): number {
  if (end - start < 55 || chunk.bytes[start + 2] !== 0x2d || chunk.bytes[start + 35] !== 0x2d || chunk.bytes[start + 52] !== 0x2d) return Outcome.UNUSABLE;
  event.span(Field.trace_id, start + 3, start + 35);
  if (!event.has(Field.span_id)) event.span(Field.span_id, start + 36, start + 52);
  return Outcome.COPIED;
}

/** AWS: `Root=1-…;Parent=…`. B3: `trace-span-1`. Google: `projects/P/traces/ID`. */
export function traceHeader(chunk: Chunk, start: number, end: number, how: number, event: LogEvent): number {
  const { bytes } = chunk;
  let [from, to] = [start, end];
  if (how === How.root && bytes[start + 4] === Byte.EQUALS) {
    from = start + 5;
    to = indexOf(bytes, Byte.SEMICOLON, from, end);
  } else if (how === How.b3) {
    to = hexEnd(bytes, start, end);
    if (to - from !== 32 && to - from !== 16) return Outcome.UNUSABLE;
    const spanEnd = bytes[to] === Byte.DASH ? hexEnd(bytes, to + 1, end) : to;
    if (spanEnd - to === 17 && !event.has(Field.span_id)) event.span(Field.span_id, to + 1, spanEnd);
  } else if (how === How.last) while (indexOf(bytes, Byte.SLASH, from, end) < end) from = indexOf(bytes, Byte.SLASH, from, end) + 1;
  event.span(Field.trace_id, from, to);
  return from === start && to === end ? Outcome.RENAMED : Outcome.COPIED;
}

/** An array of texts as one text with their line ends; of anything else as it is written. */
export function traceLines(chunk: Chunk, start: number, end: number, event: LogEvent): number {
  const { bytes } = chunk;
  let at = start + 1;
  while (at < end && ((bytes[at] as number) <= Byte.SPACE)) at++;
  if (at >= end - 1) return Outcome.ABSENT;
  const first = at;
  const to = event.arena.scratchSpace(end - start + 2);
  if (bytes[at] !== Byte.QUOTE || to < 0) {
    event.span(Field.stack_trace, start, end);
    return Outcome.COPIED;
  }
  const out = event.arena.bytes;
  let free = to;
  out[free++] = Byte.QUOTE;
  while (at < end && bytes[at] === Byte.QUOTE) {
    const close = stringEnd(bytes, at, end);
    if (close < 0) break;
    if (at > first) {
      out[free++] = BACKSLASH;
      out[free++] = LETTER_N;
    }
    out.set(bytes.subarray(at + 1, close - 1), free);
    free += close - at - 2;
    at = close;
    while (at < end && (bytes[at] === Byte.COMMA || (bytes[at] as number) <= Byte.SPACE)) at++;
  }
  out[free++] = Byte.QUOTE;
  event.jsonAt(Field.stack_trace, to, free - to, start, end);
  return Outcome.COPIED;
}

const [BACKSLASH, LETTER_N] = [0x5c, 0x6e];

function indexOf(bytes: Uint8Array, byte: number, start: number, end: number): number {
  let at = start;
  while (at < end && bytes[at] !== byte) at++;
  return at;
}

function hexEnd(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && (isDigit(bytes[at]) || ((bytes[at] as number) | 0x20) >= 0x61 && ((bytes[at] as number) | 0x20) <= 0x66)) at++;
  return at;
}

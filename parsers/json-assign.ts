import type { Chunk } from '../agent/chunk.ts';
import type { LogEvent } from '../agent/event.ts';
import { Field } from '../agent/fields.ts';
import { setFromArray } from './json-host.ts';
import { assignNumber, assignText, How, isWord, Outcome } from './values/assign.ts';
import { Byte } from './values/bytes.ts';
import { DOUBTFUL, Json } from './values/json-scan.ts';
import { startsWith } from './values/names.ts';

// A field from the value of a JSON member, whatever its type. Portable: see extract/prose.ts.

const LONGEST_ERROR = 4096;
const [SLASH, BACKSLASH, LETTER_N] = [0x2f, 0x5c, 0x6e];

/** Sets a field from the value in a row; one of Outcome. */
export function assign(chunk: Chunk, table: Int32Array, row: number, field: Field, how: number, event: LogEvent): number {
  const start = table[row + 2] as number;
  const end = table[row + 3] as number;
  switch (typeOf(table, row)) {
    case Json.STRING: return assignText(chunk, start + 1, end - 1, field, how, event);
    case Json.ESCAPED:
      if (!isWord(how) && !(how === How.url && chunk.bytes[start + 2] === SLASH)) return Outcome.UNUSABLE;
      event.json(how === How.error && !event.has(Field.stack_trace) && isTraceText(chunk.bytes, start + 1, end) ? Field.stack_trace : field, start, end);
      return Outcome.RENAMED;
    case Json.NUMBER: return assignNumber(chunk, start, end, field, how, event);
    case Json.NULL: return Outcome.ABSENT;
    case Json.ARRAY: return setFromArray(start, end, field, how);
    default: return Outcome.UNUSABLE;
  }
}

export function typeOf(table: Int32Array, row: number): number {
  return (table[row + 4] as number) & (DOUBTFUL - 1);
}

/** Whether the inside of a JSON string is a whole trace, and not only an error's text: structlog's `exception`, Serilog's. */
function isTraceText(bytes: Uint8Array, start: number, end: number): boolean {
  if (startsWith(bytes, start, end, 'Traceback (most recent call last)')) return true;
  const limit = Math.min(end, start + LONGEST_ERROR);
  for (let at = start; at + 4 < limit; at++) {
    if (bytes[at] !== BACKSLASH || bytes[at + 1] !== LETTER_N) continue;
    let to = at + 2;
    if (bytes[to] === BACKSLASH) to += 2; // a tab
    while (to < limit && bytes[to] === Byte.SPACE) to++;
    if (to > at + 2 && startsWith(bytes, to, end, 'at ')) return true;
  }
  return false;
}

import type { Chunk } from '../agent/chunk.ts';
import { Value, type LogEvent } from '../agent/event.ts';
import { Field } from '../agent/fields.ts';
import { readParts } from './access-parts.ts';
import { readProse } from './extract/prose.ts';
import { readHeader } from './header/read.ts';
import { cutAccess, listMembers } from './json-host.ts';
import { readMembers } from './json-members.ts';
import { mayHaveTail } from './json-tail.ts';
import { mayBeRecord } from './nested.ts';
import { attach } from './pair.ts';
import { Column } from './values/access-scan.ts';
import { Byte, isDigit, isUpper } from './values/bytes.ts';
import { isDated } from './values/dated.ts';
import { UNSURE } from './values/json-scan.ts';

// The three commonest records, read as `readRecord` does (see read.ts), as far as that needs nothing but portable functions:
// so a kernel reads one after the other by itself. Portable: see extract/prose.ts.

/** As what a record was read. NOTHING: it needs more than is known here, whatever the event has now. */
export const Alone = { NOTHING: 0, JSON: 1, HEADER: 2, ACCESS: 3 } as const;

/** Columns of PostgreSQL's csvlog up to its message, which begins with a date too. */
const CSV_COLUMNS = 13;

/**
 * Reads the record at [start, end), one line of a valid chunk, into the event, which was begun for it; one of Alone. `table`
 * is where the members of a JSON line are listed, `row` what a line of an access log is cut into.
 */
export function readAlone(chunk: Chunk, table: Int32Array, row: Int32Array, start: number, end: number, event: LogEvent): number {
  const { bytes } = chunk;
  if (bytes[end - 1] === Byte.RETURN) return Alone.NOTHING;
  if (bytes[start] === Byte.OPEN_BRACE) return readJson(chunk, table, start, end, event) && readMessage(chunk, event) ? Alone.JSON : Alone.NOTHING;
  if (!isDated(bytes, start, end)) return isDigit(bytes[start]) && readAccess(chunk, row, start, end, event) ? Alone.ACCESS : Alone.NOTHING;
  if (bytes[start + 10] === Byte.SPACE && hasCommas(bytes, start, end, CSV_COLUMNS)) return Alone.NOTHING;
  return readHeader(chunk, start, end, event) && readMessage(chunk, event) ? Alone.HEADER : Alone.NOTHING;
}

/** How many members the line had that was read last, if it was one of JSON. */
export function listedMembers(): number {
  return listed;
}

let listed = 0;

function readJson(chunk: Chunk, table: Int32Array, start: number, end: number, event: LogEvent): boolean {
  listed = listMembers(start, end);
  return listed >= 0 && listed < UNSURE && readMembers(chunk, table, listed, event);
}

function readAccess(chunk: Chunk, row: Int32Array, start: number, end: number, event: LogEvent): boolean {
  if (!cutAccess(start, end) || !isWhole(chunk.bytes, row, start)) return false;
  event.rule = 'access';
  return readParts(chunk, row, end, event);
}

/** Where an access log's line has its time at the latest, in bytes. */
const REACH = 100;

/**
 * Whether a line that was cut, and whose time is one, begins with an IPv4 address and has the time in its first bracket: so
 * that it is of no other format, and no other line continues it (`headOf` in continuations/headers.ts).
 */
function isWhole(bytes: Uint8Array, row: Int32Array, start: number): boolean {
  const time = row[Column.TIME] as number;
  if (time - start > REACH || bytes[time + 2] !== Byte.SLASH || !isUpper(bytes[time + 3]) || bytes[time + 6] !== Byte.SLASH || bytes[time + 11] !== Byte.COLON) return false;
  let at = start;
  for (let octet = 0; octet < 3; octet++) {
    const from = at;
    while (isDigit(bytes[at])) at++;
    if (at === from || at > from + 3 || bytes[at++] !== Byte.DOT) return false;
  }
  while (bytes[at] !== Byte.OPEN_BRACKET) at++;
  return at + 1 === time;
}

function hasCommas(bytes: Uint8Array, start: number, end: number, number: number): boolean {
  let found = 0;
  for (let at = start; at < end && found < number; at++) if (bytes[at] === Byte.COMMA) found++;
  return found === number;
}

/** What the message says. False: it may be a record itself, has JSON or a stack behind it, or has to be decoded first. */
function readMessage(chunk: Chunk, event: LogEvent): boolean {
  if ((event.present & (1 << Field.message)) === 0) return !hasTraceOnly(event);
  const start = event.fromOf(Field.message);
  const end = event.toOf(Field.message);
  if (event.kindOf(Field.message) !== Value.TEXT || event.addressOf(Field.message) !== event.base + start) return false;
  if (mayBeRecord(chunk.bytes, start, event.has(Field.level)) || mayHaveTail(chunk.bytes, start, end) || chunk.bytes[start - 1] === Byte.TAB) return false;
  attach(chunk, event);
  return !readProse(chunk, start, end, event) && !hasTraceOnly(event);
}

/** A trace whose error nothing names: it is looked for in there. */
function hasTraceOnly(event: LogEvent): boolean {
  return (event.present & ((1 << Field.stack_trace) | (1 << Field.error_type))) === 1 << Field.stack_trace;
}

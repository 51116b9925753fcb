import type { Chunk } from '../agent/chunk.ts';
import type { LogEvent } from '../agent/event.ts';
import { Field } from '../agent/fields.ts';
import { Level } from '../agent/levels.ts';
import type { Parser } from './parser.ts';
import { Byte, decimal, isDigit, skipDigits } from './values/bytes.ts';
import { levelAt } from './values/levels.ts';
import { equals } from './values/names.ts';
import { readTimestamp } from './values/timestamps.ts';
import { ipv4End, ipv6End } from './extract/ip.ts';

/** Positions of columns. https://www.postgresql.org/docs/current/runtime-config-logging.html#RUNTIME-CONFIG-LOGGING-CSVLOG */
const Column = { USER: 1, PID: 3, CONNECTION: 4, SEVERITY: 11, STATE: 12, MESSAGE: 13 } as const;

/** PostgreSQL's `csvlog`: 22 columns and more, a severity in the twelfth. */
export const postgresCsv: Parser = {
  name: 'postgres-csv',
  title: "PostgreSQL's csvlog",
  examples: [
    {
      line: '2026-11-22 10:00:00.123 UTC,"bob","shop",77,"10.0.0.9:5000",5a0348cd.1475,1,"SELECT",2026-11-22 09:00:00 UTC,3/4,0,ERROR,42P01,"relation ""x"" does not exist",,,,,,"select 1",15,,"psql"',
      event: { timestamp: '2026-11-22T10:00:00.123Z', level: 'error', pid: 77, user_id: 'bob', client_ip: '10.0.0.9', message: 'relation ""x"" does not exist' },
    },
    { line: '2026-11-22 10:00:00.123 UTC,,,77,,5a0348cd.1475,1,,2026-11-22 09:00:00 UTC,,0,LOG,00000,"database system is ready",,,,,,,,,""', event: { timestamp: '2026-11-22T10:00:00.123Z', level: 'info', pid: 77, message: 'database system is ready' }, reason: 'nobody is connected' },
    { line: '2026-11-22 10:00:00,"bob","login"', event: undefined, reason: 'some other table' },
  ],
  parse,
};

function parse(chunk: Chunk, start: number, end: number, event: LogEvent): boolean {
  const { bytes } = chunk;
  if (bytes[start + 4] !== Byte.DASH || bytes[start + 10] !== Byte.SPACE) return false;
  const time = readTimestamp(chunk, start, end, event);
  if (time < 0 || bytes[time] !== Byte.COMMA) return false;
  let at = time + 1;
  for (let column = 1; column <= Column.MESSAGE; column++) {
    const quoted = bytes[at] === Byte.QUOTE;
    const to = quoted ? quoteEnd(bytes, at + 1, end) : plainEnd(bytes, at, end);
    if (to < 0 || to >= end && column < Column.MESSAGE) return false;
    if (!take(bytes, column, quoted ? at + 1 : at, to, event)) return false;
    at = quoted ? to + 2 : to + 1;
  }
  return true;
}

/** Sets the field of a column; false when what stands there can't be in this format. */
function take(bytes: Uint8Array, column: number, start: number, end: number, event: LogEvent): boolean {
  switch (column) {
    case Column.USER: event.span(Field.user_id, start, end); return true;
    case Column.PID:
      if (start === end || skipDigits(bytes, start, end) !== end || end - start > 10) return false;
      event.number(Field.pid, decimal(bytes, start, end), start, end);
      return true;
    case Column.CONNECTION: setAddress(bytes, start, end, event); return true;
    case Column.SEVERITY: return setSeverity(bytes, start, end, event);
    case Column.STATE: return end - start === 5;
    case Column.MESSAGE: event.span(Field.message, start, end); return true;
    default: return true;
  }
}

function setAddress(bytes: Uint8Array, start: number, end: number, event: LogEvent): void {
  let to = end;
  while (to > start && isDigit(bytes[to - 1])) to--;
  if (to > start && bytes[to - 1] === Byte.COLON) to--;
  if (ipv4End(bytes, start, to) === to || ipv6End(bytes, start, to) === to) event.span(Field.client_ip, start, to);
}

function setSeverity(bytes: Uint8Array, start: number, end: number, event: LogEvent): boolean {
  const level = equals(bytes, start, end, 'LOG') ? Level.info : levelAt(bytes, start, end);
  if (level >= 0) event.level(level, start, end);
  return level >= 0;
}

/** The closing quote; one inside is written twice. */
function quoteEnd(bytes: Uint8Array, at: number, end: number): number {
  for (; at < end; at++) {
    if (bytes[at] !== Byte.QUOTE) continue;
    if (bytes[at + 1] !== Byte.QUOTE || at + 1 >= end) return at;
    at++;
  }
  return -1;
}

function plainEnd(bytes: Uint8Array, at: number, end: number): number {
  while (at < end && bytes[at] !== Byte.COMMA) at++;
  return at;
}

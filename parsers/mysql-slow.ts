import type { Chunk } from '../agent/chunk.ts';
import { Value, type LogEvent } from '../agent/event.ts';
import { Field } from '../agent/fields.ts';
import { ipv4End, ipv6End } from './extract/ip.ts';
import type { Parser } from './parser.ts';
import { Byte, decimal, isDigit, isLetter, skipBlanks } from './values/bytes.ts';
import { decimal as scaled, numberEnd } from './values/durations.ts';
import { equals, startsWith } from './values/names.ts';
import { readTimestamp } from './values/timestamps.ts';

/**
 * The slow query log of MySQL and MariaDB: lines that begin with `#`, of which each has several `Name: value`, then the statement.
 * https://mariadb.com/kb/en/slow-query-log-overview/
 */
export const mysqlSlow: Parser = {
  name: 'mysql-slow',
  title: 'The slow query log of MySQL and MariaDB',
  examples: [
    {
      line: '# Time: 2026-11-22T10:00:00.123456Z\n# User@Host: bob[bob] @ web1 [10.0.0.9]  Id:     8\n# Query_time: 1.200266  Lock_time: 0.000000 Rows_sent: 1  Rows_examined: 0\nuse shop;\nSET timestamp=1795341600;\nselect sleep(1.2);',
      event: {
        timestamp: '2026-11-22T10:00:00.123456Z', user_id: 'bob', client_ip: '10.0.0.9', duration_ms: 1200.266, message: 'use shop;\nSET timestamp=1795341600;\nselect sleep(1.2);',
        Id: '8', Query_time: '1.200266', Lock_time: '0.000000', Rows_sent: '1', Rows_examined: '0',
      },
      reason: 'MySQL 8',
    },
    {
      line: '# User@Host: root[root] @ localhost []\n# Thread_id: 3  Schema: shop  QC_hit: No\n# Query_time: 0.000136  Lock_time: 0.000000  Rows_sent: 0  Rows_examined: 0\n# Rows_affected: 0  Bytes_sent: 45\nSET timestamp=1795341600;\nselect 1;',
      event: {
        user_id: 'root', duration_ms: 0.136, bytes: 45, timestamp: '2026-11-22T10:00:00Z', message: 'SET timestamp=1795341600;\nselect 1;',
        Thread_id: '3', Schema: 'shop', QC_hit: 'No', Query_time: '0.000136', Lock_time: '0.000000', Rows_sent: '0', Rows_examined: '0', Rows_affected: '0', Bytes_sent: '45',
      },
      reason: 'MariaDB tells the time once a second; the statement has it',
    },
    { line: '# Time: to go home', event: undefined, reason: 'a heading' },
    { line: '# User@Host: nobody', event: undefined, reason: 'no statement took any time' },
  ],
  parse,
};

const TIME = '# Time: ';
const USER = '# User@Host: ';
const SET = 'SET timestamp=';

function parse(chunk: Chunk, start: number, end: number, event: LogEvent): boolean {
  const { bytes } = chunk;
  if (!startsWith(bytes, start, end, TIME) && !startsWith(bytes, start, end, USER)) return false;
  let line = start;
  while (line < end && bytes[line] === Byte.HASH) {
    const to = lineEnd(bytes, line, end);
    if (startsWith(bytes, line, to, TIME)) readTimestamp(chunk, skipBlanks(bytes, line + TIME.length, to), to, event);
    else readPairs(bytes, startsWith(bytes, line, to, USER) ? readUser(bytes, line + USER.length, to, event) : line + 1, to, event);
    line = to + 1;
  }
  if (!event.has(Field.duration_ms)) return false;
  event.span(Field.message, line, end);
  if (!event.has(Field.timestamp)) readSetTime(chunk, line, end, event);
  event.complete = true; // what a statement says is nothing that happened
  return true;
}

/** `bob[bob] @ web1 [10.0.0.9]`. Where what follows begins. */
function readUser(bytes: Uint8Array, start: number, end: number, event: LogEvent): number {
  let to = start;
  while (to < end && bytes[to] !== Byte.OPEN_BRACKET) to++;
  event.span(Field.user_id, start, to);
  let at = to + 1;
  while (at < end && bytes[at] !== Byte.OPEN_BRACKET) at++;
  const address = Math.max(ipv4End(bytes, at + 1, end), ipv6End(bytes, at + 1, end));
  if (address > 0) event.span(Field.client_ip, at + 1, address);
  while (at < end && bytes[at] !== Byte.CLOSE_BRACKET) at++;
  return at + 1;
}

/** `Thread_id: 3  Schema:   QC_hit: No`: a value may be missing. */
function readPairs(bytes: Uint8Array, start: number, end: number, event: LogEvent): void {
  for (let at = skipBlanks(bytes, start, end); at < end; at = skipBlanks(bytes, at, end)) {
    const key = at;
    while (at < end && bytes[at] !== Byte.COLON && bytes[at] !== Byte.SPACE) at++;
    if (bytes[at] !== Byte.COLON || !isLetter(bytes[key])) return;
    const value = skipBlanks(bytes, at + 1, end);
    let to = value;
    while (to < end && bytes[to] !== Byte.SPACE) to++;
    if (bytes[to - 1] !== Byte.COLON) {
      take(bytes, key, at, value, to, event);
      at = to;
    } else at = value;
  }
}

function take(bytes: Uint8Array, key: number, keyEnd: number, value: number, to: number, event: LogEvent): void {
  event.member(key, keyEnd, value, to, Value.TEXT, false);
  if (numberEnd(bytes, value, to) !== to) return;
  if (equals(bytes, key, keyEnd, 'Query_time')) event.number(Field.duration_ms, scaled(bytes, value, to, 3), value, to);
  if (equals(bytes, key, keyEnd, 'Bytes_sent')) event.number(Field.bytes, decimal(bytes, value, to), value, to);
}

/** `SET timestamp=1795341600;` on one of the first lines of the statement. */
function readSetTime(chunk: Chunk, start: number, end: number, event: LogEvent): void {
  const { bytes } = chunk;
  for (let line = start, lines = 0; line < end && lines < 3; line = lineEnd(bytes, line, end) + 1, lines++) {
    if (startsWith(bytes, line, end, SET) && isDigit(bytes[line + SET.length])) readTimestamp(chunk, line + SET.length, end, event);
  }
}

function lineEnd(bytes: Uint8Array, at: number, end: number): number {
  let to = at;
  while (to < end && bytes[to] !== Byte.NEWLINE) to++;
  return to;
}

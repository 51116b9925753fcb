import type { Chunk } from '../agent/chunk.ts';
import type { LogEvent } from '../agent/event.ts';
import { Field } from '../agent/fields.ts';
import type { Parser } from './parser.ts';
import { Byte, decimal, isDigit, isUpper, skipDigits } from './values/bytes.ts';
import { decimal as scaled } from './values/durations.ts';
import { startsWith } from './values/names.ts';
import { readTimestamp } from './values/timestamps.ts';

/**
 * uWSGI's own log of requests: `[pid: 77|app: 0|req: 1/3] 1.2.3.4 (bob) {28 vars in 314 bytes} [Sun Nov 22 10:00:00 2026] GET /a =>
 * generated 5 bytes in 12 msecs (HTTP/1.1 200) 2 headers in 88 bytes (1 switches on core 0)`.
 * https://uwsgi-docs.readthedocs.io/en/latest/LogFormat.html
 */
export const uwsgi: Parser = {
  name: 'uwsgi',
  title: "uWSGI's log of requests",
  examples: [
    {
      line: '[pid: 77|app: 0|req: 1/3] 1.2.3.4 (bob) {28 vars in 314 bytes} [Sun Nov 22 10:00:00 2026] GET /a?b=1 => generated 5 bytes in 12 msecs (HTTP/1.1 200) 2 headers in 88 bytes (1 switches on core 0)',
      event: {
        timestamp: '2026-11-22T10:00:00Z', pid: 77, client_ip: '1.2.3.4', user_id: 'bob', http_method: 'GET', http_path: '/a?b=1', http_version: '1.1', http_status: 200, bytes: 5, duration_ms: 12,
        message: 'GET /a?b=1 => generated 5 bytes in 12 msecs (HTTP/1.1 200) 2 headers in 88 bytes (1 switches on core 0)',
      },
    },
    {
      line: '[pid: 77|app: -1|req: -1/2] ::1 () {24 vars in 255 bytes} [Sun Nov 22 10:00:00 2026] POST / => generated 0 bytes in 350 micros (HTTP/2.0 500) 0 headers in 0 bytes (0 switches on core 0)',
      event: {
        timestamp: '2026-11-22T10:00:00Z', pid: 77, client_ip: '::1', http_method: 'POST', http_path: '/', http_version: '2.0', http_status: 500, bytes: 0, duration_ms: 0.35,
        message: 'POST / => generated 0 bytes in 350 micros (HTTP/2.0 500) 0 headers in 0 bytes (0 switches on core 0)',
      },
      reason: 'no application, no user, and the time as --log-micros has it',
    },
    { line: '[pid: 77|app: 0|req: 1/3] is how a line begins', event: undefined },
    { line: '[pid: 77] worker up', event: undefined },
  ],
  parse,
};

function parse(chunk: Chunk, start: number, end: number, event: LogEvent): boolean {
  const { bytes } = chunk;
  if (!startsWith(bytes, start, end, '[pid: ')) return false;
  const pidEnd = skipDigits(bytes, start + 6, end);
  if (!startsWith(bytes, pidEnd, end, '|app: ')) return false;
  const client = find(bytes, pidEnd, end, '] ');
  const user = find(bytes, client, end, ' (');
  const vars = find(bytes, user, end, ') {');
  const time = find(bytes, vars, end, '} [');
  if (time < 0) return false;
  const timeEnd = readTimestamp(chunk, time, end, event);
  if (timeEnd < 0 || !startsWith(bytes, timeEnd, end, '] ')) return false;
  event.number(Field.pid, decimal(bytes, start + 6, pidEnd), start + 6, pidEnd);
  if (isDigit(bytes[client]) || bytes[client] === Byte.COLON) event.span(Field.client_ip, client, user - 2);
  event.span(Field.user_id, user, vars - 3);
  event.span(Field.message, timeEnd + 2, end);
  return readRequest(bytes, timeEnd + 2, end, event);
}

/** `GET /a => generated 5 bytes in 12 msecs (HTTP/1.1 200) …`. */
function readRequest(bytes: Uint8Array, start: number, end: number, event: LogEvent): boolean {
  let method = start;
  while (method < end && isUpper(bytes[method])) method++;
  const size = find(bytes, method, end, ' => generated ');
  const time = find(bytes, size, end, ' bytes in ');
  const version = find(bytes, time, end, ' (HTTP/');
  const status = find(bytes, version, end, ' ');
  if (status < 0 || method === start || bytes[method] !== Byte.SPACE) return false;
  event.span(Field.http_method, start, method);
  event.span(Field.http_path, method + 1, size - ARROW);
  event.json(Field.bytes, size, time - ' bytes in '.length);
  event.span(Field.http_version, version, status - 1);
  if (skipDigits(bytes, status, end) === status + 3) event.json(Field.http_status, status, status + 3);
  const digits = skipDigits(bytes, time, end);
  const unit = bytes[digits + 2] === 0x69 ? -3 : bytes[digits + 1] === 0x73 ? 3 : 0; // `micros`, `secs`, `msecs`
  event.number(Field.duration_ms, scaled(bytes, time, digits, unit), time, digits);
  event.complete = true;
  return skipDigits(bytes, size, end) === time - ' bytes in '.length;
}

const ARROW = ' => generated '.length;
const LONGEST = 8192;

/** Behind the first `text` from `at` on, or -1. */
function find(bytes: Uint8Array, at: number, end: number, text: string): number {
  if (at < 0) return -1;
  const limit = Math.min(end, at + LONGEST);
  for (let from = at; from < limit && bytes[from] !== Byte.NEWLINE; from++) if (startsWith(bytes, from, end, text)) return from + text.length;
  return -1;
}

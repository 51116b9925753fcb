import type { Chunk } from '../agent/chunk.ts';
import type { LogEvent } from '../agent/event.ts';
import { Field } from '../agent/fields.ts';
import type { Parser } from './parser.ts';
import { Byte, decimal, isDigit, isLetter, isUpper, skipBlanks, skipDigits } from './values/bytes.ts';
import { levelAt } from './values/levels.ts';
import { equals } from './values/names.ts';
import { readTimestamp } from './values/timestamps.ts';

/**
 * nginx's error log: `2026/11/22 10:00:00 [level] pid#tid: *connection text, client: …, server: …, request: "…"`, local
 * time. https://nginx.org/en/docs/ngx_core_module.html#error_log
 */
export const nginxError: Parser = {
  name: 'nginx-error',
  title: "nginx's error log",
  examples: [
    {
      line: '2026/11/22 10:00:00 [error] 12#13: *5 open() failed (2: No such file), client: 1.2.3.4, server: x.example, request: "GET /a?b=1 HTTP/1.1", host: "x.example"',
      event: {
        timestamp: '2026-11-22T10:00:00Z', level: 'error', pid: 12, thread: '13', client_ip: '1.2.3.4', http_method: 'GET', http_path: '/a?b=1', http_version: '1.1',
        message: 'open() failed (2: No such file), client: 1.2.3.4, server: x.example, request: "GET /a?b=1 HTTP/1.1", host: "x.example"',
      },
    },
    { line: '2026/11/22 10:00:00 [notice] 1#1: start worker processes', event: { timestamp: '2026-11-22T10:00:00Z', level: 'info', pid: 1, thread: '1', message: 'start worker processes' } },
    { line: '2026/11/22 10:00:00 [error] 12 apples', event: undefined, also: ['header'] },
  ],
  parse,
};

function parse(chunk: Chunk, start: number, end: number, event: LogEvent): boolean {
  const bytes = chunk.bytes;
  if (bytes[start + 4] !== Byte.SLASH || bytes[start + 7] !== Byte.SLASH || bytes[start + 20] !== Byte.OPEN_BRACKET) return false;
  if (readTimestamp(chunk, start, start + 19, event) !== start + 19) return false;
  let to = start + 21;
  while (to < end && isLetter(bytes[to])) to++;
  const level = levelAt(bytes, start + 21, to);
  const pid = to + 2;
  const pidEnd = skipDigits(bytes, pid, end);
  const threadEnd = skipDigits(bytes, pidEnd + 1, end);
  if (level < 0 || pidEnd === pid || bytes[pidEnd] !== Byte.HASH || bytes[threadEnd] !== Byte.COLON || threadEnd >= end) return false;
  event.level(level, start + 21, to);
  event.number(Field.pid, decimal(bytes, pid, pidEnd), pid, pidEnd);
  event.span(Field.thread, pidEnd + 1, threadEnd);
  const text = textStart(bytes, threadEnd + 1, end);
  event.span(Field.message, text, end);
  readDetails(bytes, text, end, event);
  return true;
}

/** Over the number of the connection, `*5 `. */
function textStart(bytes: Uint8Array, at: number, end: number): number {
  const from = skipBlanks(bytes, at, end);
  if (bytes[from] !== Byte.STAR || !isDigit(bytes[from + 1])) return from;
  return skipBlanks(bytes, skipDigits(bytes, from + 1, end), end);
}

/** `, client: 1.2.3.4` and `, request: "GET / HTTP/1.1"`; the rest of the details has no field. */
function readDetails(bytes: Uint8Array, start: number, end: number, event: LogEvent): void {
  for (let at = start; at < end; at++) {
    if (bytes[at] !== Byte.COMMA || bytes[at + 1] !== Byte.SPACE) continue;
    if (equals(bytes, at + 2, Math.min(end, at + 10), 'client: ')) event.span(Field.client_ip, at + 10, valueEnd(bytes, at + 10, end));
    else if (equals(bytes, at + 2, Math.min(end, at + 12), 'request: "')) readRequest(bytes, at + 12, end, event);
  }
}

function valueEnd(bytes: Uint8Array, at: number, end: number): number {
  while (at < end && bytes[at] !== Byte.COMMA && bytes[at] !== Byte.SPACE) at++;
  return at;
}

function readRequest(bytes: Uint8Array, at: number, end: number, event: LogEvent): void {
  let method = at;
  while (method < end && isUpper(bytes[method])) method++;
  if (method === at || bytes[method] !== Byte.SPACE) return;
  let path = method + 1;
  while (path < end && bytes[path] !== Byte.SPACE && bytes[path] !== Byte.QUOTE) path++;
  event.span(Field.http_method, at, method);
  event.span(Field.http_path, method + 1, path);
  let version = path + 6; // behind ` HTTP/`
  if (!equals(bytes, path, Math.min(end, version), ' HTTP/')) return;
  while (version < end && bytes[version] !== Byte.QUOTE && bytes[version] !== Byte.COMMA) version++;
  event.span(Field.http_version, path + 6, version);
}

import type { Chunk } from '../agent/chunk.ts';
import type { LogEvent } from '../agent/event.ts';
import { Field } from '../agent/fields.ts';
import { readTail } from './access-tail.ts';
import type { Parser } from './parser.ts';
import { Column, isDash, type AccessScanner } from './values/access-scan.ts';
import { isDigit, isUpper, skipColour, skipMapped } from './values/bytes.ts';
import { accessTimestamp } from './values/timestamps.ts';

const [ESCAPE, SPACE, DOT, COLON, SLASH] = [0x1b, 0x20, 0x2e, 0x3a, 0x2f];

/**
 * Access logs in the common and the combined format, which Apache's mod_log_config defined and most servers write:
 * `host ident user [time] "request" status bytes "referer" "user agent"`, with a virtual host in front or not, and with
 * whatever a site appended. `message` is the request. What was appended and has no meaning is kept as `rest`.
 */
export const access: Parser = {
  name: 'access',
  title: 'Access logs, common and combined: nginx, Apache, gunicorn, Traefik, Varnish, Tomcat',
  examples: [
    {
      line: '203.0.113.9 - alice [22/Nov/2026:10:00:00 +0100] "GET /a/b?c=1 HTTP/1.1" 200 5778 "https://example.com/" "Mozilla/5.0 (X11)"',
      event: { timestamp: '2026-11-22T10:00:00+01:00', message: 'GET /a/b?c=1 HTTP/1.1', user_id: 'alice', http_method: 'GET', http_path: '/a/b?c=1', http_status: 200, http_version: '1.1', client_ip: '203.0.113.9', user_agent: 'Mozilla/5.0 (X11)', referer: 'https://example.com/', bytes: 5778 },
    },
    {
      line: '2001:db8::7 - - [22/Nov/2026:10:00:00 +0000] "POST / HTTP/2.0" 304 - "-" "-"',
      event: { timestamp: '2026-11-22T10:00:00+00:00', message: 'POST / HTTP/2.0', http_method: 'POST', http_path: '/', http_status: 304, http_version: '2.0', client_ip: '2001:db8::7' },
      reason: 'IPv6, and what is not there is left out',
    },
    {
      line: 'www.example.com 1.2.3.4 - - [10/Feb/2027:16:41:07 -0500] "GET / HTTP/1.0" 200 368 "-" "curl"',
      event: { timestamp: '2027-02-10T16:41:07-05:00', message: 'GET / HTTP/1.0', host: 'www.example.com', http_method: 'GET', http_path: '/', http_status: 200, http_version: '1.0', client_ip: '1.2.3.4', user_agent: 'curl', bytes: 368 },
      reason: 'a virtual host in front',
    },
    {
      line: '1.2.3.4 - - [22/Nov/2026:10:00:00 +0000] "\\x16\\x03\\x01" 400 157 "-" "-"',
      event: { timestamp: '2026-11-22T10:00:00+00:00', message: '\\x16\\x03\\x01', http_status: 400, client_ip: '1.2.3.4', bytes: 157 },
      reason: 'TLS on a plain port: a request that is none',
    },
    {
      line: '1.2.3.4 - - [22/Nov/2026:10:00:00 +0000] "GET /x HTTP/1.1" 200 12 0.202 "-" "curl"',
      event: { timestamp: '2026-11-22T10:00:00+00:00', message: 'GET /x HTTP/1.1', duration_ms: 202, http_method: 'GET', http_path: '/x', http_status: 200, http_version: '1.1', client_ip: '1.2.3.4', user_agent: 'curl', bytes: 12 },
      reason: 'nginx $request_time in seconds behind the size',
    },
    {
      line: '1.2.3.4 - - [22/Nov/2026:10:00:00 +0000] "GET /x HTTP/1.1" 200 12 "-" "curl" 310 0.004 [web-80] [] 10.0.0.3:80 12 0.004 200 0f1e2d3c4b5a69788796a5b4c3d2e1f0',
      event: { timestamp: '2026-11-22T10:00:00+00:00', message: 'GET /x HTTP/1.1', duration_ms: 4, request_id: '0f1e2d3c4b5a69788796a5b4c3d2e1f0', http_method: 'GET', http_path: '/x', http_status: 200, http_version: '1.1', client_ip: '1.2.3.4', user_agent: 'curl', bytes: 12, rest: '310 0.004 [web-80] [] 10.0.0.3:80 12 0.004 200 0f1e2d3c4b5a69788796a5b4c3d2e1f0' },
      reason: 'ingress-nginx: what nobody knows is kept as it stands',
    },
    {
      line: '1.2.3.4 - - [22/Nov/2026:10:00:00 +0000] "GET /x HTTP/1.1" 200 12 "-" "curl" rt=0.202 uct="-" urt="0.001, 0.201" id=0f1e2d3c4b5a69788796a5b4c3d2e1f0',
      event: { timestamp: '2026-11-22T10:00:00+00:00', message: 'GET /x HTTP/1.1', duration_ms: 202, request_id: '0f1e2d3c4b5a69788796a5b4c3d2e1f0', http_method: 'GET', http_path: '/x', http_status: 200, http_version: '1.1', client_ip: '1.2.3.4', user_agent: 'curl', bytes: 12, rt: '0.202', urt: '0.001, 0.201', id: '0f1e2d3c4b5a69788796a5b4c3d2e1f0' },
      reason: 'pairs behind it',
    },
    {
      line: '::ffff:10.0.0.7 - - [22/Nov/2026:10:00:00 +0000] "GET /x HTTP/1.1" 200 12 "-" "node"',
      event: { timestamp: '2026-11-22T10:00:00+00:00', message: 'GET /x HTTP/1.1', http_method: 'GET', http_path: '/x', http_status: 200, http_version: '1.1', client_ip: '10.0.0.7', user_agent: 'node', bytes: 12 },
      reason: 'IPv4 inside IPv6, as morgan writes it',
    },
    {
      line: '10.0.0.7 - - [22/Nov/2026:10:00:00 +0000] "GET /x HTTP/1.1" 200 12 "-" "curl" "203.0.113.9"',
      event: { timestamp: '2026-11-22T10:00:00+00:00', message: 'GET /x HTTP/1.1', http_method: 'GET', http_path: '/x', http_status: 200, http_version: '1.1', client_ip: '10.0.0.7', user_agent: 'curl', bytes: 12, rest: '"203.0.113.9"' },
      reason: "nginx's own `main` format, with whom the client came for",
    },
    {
      line: '1.2.3.4 - - [22/Nov/2026:10:00:00 +0000] "GET /x HTTP/1.1" 000 0 "-" "curl"',
      event: { timestamp: '2026-11-22T10:00:00+00:00', message: 'GET /x HTTP/1.1', http_method: 'GET', http_path: '/x', http_version: '1.1', client_ip: '1.2.3.4', user_agent: 'curl', bytes: 0 },
      reason: 'the client left before an answer: 000 is none',
    },
    { line: '1.2.3.4 - - [22/Nov/2026:10:00:00 +0000] no request', event: undefined },
    { line: 'a man - - [said] "GET" 200 1', event: undefined, reason: 'no time in the brackets' },
  ],
  parse,
};

/**
 * The last time that was read, and what became of it: lines of the same second need it read only once. `scanner`: whose line
 * before it is; another one, of records inside of records, has read other lines since.
 */
const last: { scanner: AccessScanner | undefined; address: number; length: number; round: number } = { scanner: undefined, address: 0, length: 0, round: -1 };

/** Hot: every record of an access log. The scanner cuts the line, what follows looks at the parts. */
function parse(chunk: Chunk, start: number, end: number, event: LogEvent): boolean {
  const bytes = chunk.bytes;
  const scanner = chunk.scanners.access;
  if (!scanner.scan(start, end)) return false;
  const row = scanner.row;
  const statusEnd = row[Column.STATUS_END] as number;
  if (!time(chunk, scanner, event) || !statusAndSize(bytes, row, statusEnd, event)) return false;
  const hostEnd = row[Column.HOST + 1] as number;
  if (hostEnd > 0) event.span(Field.host, row[Column.HOST] as number, hostEnd);
  clientField(bytes, row[Column.CLIENT] as number, row[Column.CLIENT + 1] as number, event);
  if (hostEnd > 0 && !event.has(Field.client_ip)) { // `1.2.3.4 (10.0.0.1) - user`: no host, but a client and its proxy
    clientField(bytes, row[Column.HOST] as number, hostEnd, event);
    if (event.has(Field.client_ip)) event.unset(Field.host);
  }
  if (bytes[row[Column.USER] as number] !== SPACE) part(bytes, row, Column.USER, Field.user_id, event); // else there were two blanks, and no user
  requestFields(bytes, row[Column.REQUEST] as number, row[Column.REQUEST + 1] as number, event);
  part(bytes, row, Column.REFERER, Field.referer, event);
  part(bytes, row, Column.AGENT, Field.user_agent, event);
  const rest = row[Column.REST] as number;
  if (rest < end) readTail(chunk, rest, end, (row[Column.REFERER] as number) === 0, event);
  event.complete = true;
  return true;
}

function part(bytes: Uint8Array, row: Int32Array, column: number, field: Field, event: LogEvent): void {
  const start = row[column] as number;
  const end = row[column + 1] as number;
  if (!isDash(bytes, start, end)) event.span(field, start, end);
}

function time(chunk: Chunk, scanner: AccessScanner, event: LogEvent): boolean {
  const { row } = scanner;
  const start = row[Column.TIME] as number;
  const end = row[Column.TIME + 1] as number;
  if (row[Column.SAME_TIME] === 1 && last.scanner === scanner && last.round === event.arena.round) {
    event.at(Field.timestamp, last.address, last.length, start, end);
    return true;
  }
  last.round = -1;
  if (accessTimestamp(chunk, start, end, event) !== end) return false;
  last.address = event.addressOf(Field.timestamp);
  last.length = event.lengthOf(Field.timestamp);
  last.round = event.arena.round;
  last.scanner = scanner;
  return true;
}

/** Three digits or a dash, and a size or a dash. */
function statusAndSize(bytes: Uint8Array, row: Int32Array, statusEnd: number, event: LogEvent): boolean {
  const start = row[Column.STATUS] as number;
  const sizeEnd = row[Column.SIZE_END] as number;
  const known = statusEnd - start === 3 && isDigit(bytes[start]) && isDigit(bytes[start + 1]) && isDigit(bytes[start + 2]);
  if (!known && !isDash(bytes, start, statusEnd)) return false;
  if (sizeEnd > statusEnd + 1) {
    if (allDigits(bytes, statusEnd + 1, sizeEnd)) event.json(Field.bytes, statusEnd + 1, sizeEnd);
    else if (!isDash(bytes, statusEnd + 1, sizeEnd)) return false;
  }
  if (known && bytes[start] !== 0x30) event.json(Field.http_status, start, statusEnd); // 000: there was no answer; and no JSON number begins with 0
  return true;
}

/** Digits that are a JSON number: no zero in front. */
function allDigits(bytes: Uint8Array, start: number, end: number): boolean {
  if (bytes[start] === 0x30 && end - start > 1) return false;
  for (let at = start; at < end; at++) if (!isDigit(bytes[at])) return false;
  return end - start <= 19;
}

/** An address is the client; a name that was looked up is kept as `client`. */
function clientField(bytes: Uint8Array, from: number, end: number, event: LogEvent): void {
  const start = skipMapped(bytes, from, end);
  let [dots, colons, other] = [0, 0, 0];
  for (let at = start; at < end; at++) {
    const byte = bytes[at] as number;
    if (byte === DOT) dots++;
    else if (byte === COLON) colons++;
    else if (!isDigit(byte)) other++;
  }
  if ((dots === 3 && colons === 0 && other === 0) || colons >= 2) event.span(Field.client_ip, start, end);
  else if (dots === 3 && colons === 1 && other === 0) event.span(Field.client_ip, start, bytes.indexOf(COLON, start));
}

function requestFields(bytes: Uint8Array, start: number, end: number, event: LogEvent): void {
  if (isDash(bytes, start, end)) return;
  if (bytes[start] === ESCAPE) return colouredRequest(bytes, start, end, event);
  event.span(Field.message, start, end);
  let at = start;
  while (at < end && isUpper(bytes[at])) at++;
  if (at < start + 3 || bytes[at] !== SPACE) return;
  let pathEnd = end;
  for (let from = end - 1; from > at && from > end - 12; from--) if (bytes[from] === SPACE) pathEnd = from;
  const versioned = pathEnd < end && bytes[pathEnd + 1] === 0x48 && bytes[pathEnd + 5] === SLASH;
  event.span(Field.http_method, start, at);
  event.span(Field.http_path, at + 1, versioned ? pathEnd : end);
  if (versioned) event.span(Field.http_version, pathEnd + 6, end);
}

/** Werkzeug colours requests that fail. */
function colouredRequest(bytes: Uint8Array, start: number, end: number, event: LogEvent): void {
  let from = start;
  for (let next = skipColour(bytes, from, end); next > from; next = skipColour(bytes, from, end)) from = next;
  let to = from;
  while (to < end && bytes[to] !== ESCAPE) to++;
  if (from > start && to > from) requestFields(bytes, from, to, event);
}

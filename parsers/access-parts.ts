import type { Chunk } from '../agent/chunk.ts';
import { Name, type LogEvent } from '../agent/event.ts';
import { Field } from '../agent/fields.ts';
import { readTail } from './access-tail.ts';
import { Column, isDash } from './values/access-scan.ts';
import { Byte, isDigit, isUpper, skipColour, skipMapped } from './values/bytes.ts';
import { accessTimestamp } from './values/timestamps.ts';

// What the parts of an access log's line say, once it has been cut. Portable: see extract/prose.ts.

/** Reads the line that ends at `end` and was cut into `row`. False: it is none. */
export function readParts(chunk: Chunk, row: Int32Array, end: number, event: LogEvent): boolean {
  const { bytes } = chunk;
  const statusEnd = row[Column.STATUS_END] as number;
  if (!time(chunk, row, event) || !statusAndSize(bytes, row, statusEnd, event)) return false;
  clients(bytes, row, event);
  if (bytes[row[Column.USER] as number] !== Byte.SPACE) part(bytes, row, Column.USER, Field.user_id, event); // else there were two blanks, and no user
  requestFields(bytes, row[Column.REQUEST] as number, row[Column.REQUEST + 1] as number, event);
  part(bytes, row, Column.REFERER, Field.referer, event);
  part(bytes, row, Column.AGENT, Field.user_agent, event);
  const rest = row[Column.REST] as number;
  if (rest < end) readTail(chunk, rest, end, row[Column.REFERER] === 0, event);
  return true;
}

/** The client, and what stands in front of it. */
function clients(bytes: Uint8Array, row: Int32Array, event: LogEvent): void {
  const hostEnd = row[Column.HOST + 1] as number;
  if (hostEnd > 0) event.span(Field.host, row[Column.HOST] as number, hostEnd);
  const client = row[Column.CLIENT] as number;
  const clientEnd = row[Column.CLIENT + 1] as number;
  clientField(bytes, client, clientEnd, event);
  if (event.has(Field.client_ip)) return;
  if (hostEnd > 0) clientField(bytes, row[Column.HOST] as number, hostEnd, event); // `1.2.3.4 (10.0.0.1) - user`: no host, but a client and its proxy
  if (event.has(Field.client_ip)) event.unset(Field.host);
  else if (!isDash(bytes, client, clientEnd)) event.named(Name.CLIENT_HOST, client, clientEnd);
}

function part(bytes: Uint8Array, row: Int32Array, column: number, field: Field, event: LogEvent): void {
  const start = row[column] as number;
  const end = row[column + 1] as number;
  if (!isDash(bytes, start, end)) event.span(field, start, end);
}

/** Lines of the same second need their time read only once. */
function time(chunk: Chunk, row: Int32Array, event: LogEvent): boolean {
  const start = row[Column.TIME] as number;
  const end = row[Column.TIME + 1] as number;
  if (row[Column.TIME_ROUND] === event.arena.round) {
    event.at(Field.timestamp, row[Column.TIME_ADDRESS] as number, row[Column.TIME_LENGTH] as number, start, end);
    return true;
  }
  if (accessTimestamp(chunk, start, end, event) !== end) return false;
  row[Column.TIME_ADDRESS] = event.addressOf(Field.timestamp);
  row[Column.TIME_LENGTH] = event.lengthOf(Field.timestamp);
  row[Column.TIME_ROUND] = event.arena.round;
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

/** An address is the client. */
function clientField(bytes: Uint8Array, from: number, end: number, event: LogEvent): void {
  const start = skipMapped(bytes, from, end);
  let [dots, colons, other] = [0, 0, 0];
  for (let at = start; at < end; at++) {
    const byte = bytes[at] as number;
    if (byte === Byte.DOT) dots++;
    else if (byte === Byte.COLON) colons++;
    else if (!isDigit(byte)) other++;
  }
  if ((dots === 3 && colons === 0 && other === 0) || colons >= 2) event.span(Field.client_ip, start, end);
  else if (dots === 3 && colons === 1 && other === 0) event.span(Field.client_ip, start, bytes.indexOf(Byte.COLON, start));
}

function requestFields(bytes: Uint8Array, start: number, end: number, event: LogEvent): void {
  if (isDash(bytes, start, end)) return;
  if (bytes[start] === Byte.ESCAPE) return colouredRequest(bytes, start, end, event);
  event.span(Field.message, start, end);
  let at = start;
  while (at < end && isUpper(bytes[at])) at++;
  if (at < start + 3 || bytes[at] !== Byte.SPACE) return;
  let pathEnd = end;
  for (let from = end - 1; from > at && from > end - 12; from--) if (bytes[from] === Byte.SPACE) pathEnd = from;
  const versioned = pathEnd < end && bytes[pathEnd + 1] === 0x48 && bytes[pathEnd + 5] === Byte.SLASH;
  event.span(Field.http_method, start, at);
  event.span(Field.http_path, at + 1, versioned ? pathEnd : end);
  if (versioned) event.span(Field.http_version, pathEnd + 6, end);
}

/** Werkzeug colours requests that fail. */
function colouredRequest(bytes: Uint8Array, start: number, end: number, event: LogEvent): void {
  let from = start;
  for (let next = skipColour(bytes, from, end); next > from; next = skipColour(bytes, from, end)) from = next;
  let to = from;
  while (to < end && bytes[to] !== Byte.ESCAPE) to++;
  if (from > start && to > from) requestFields(bytes, from, to, event);
}

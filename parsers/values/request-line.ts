import type { Chunk } from '../../agent/chunk.ts';
import type { LogEvent } from '../../agent/event.ts';
import { Field } from '../../agent/fields.ts';
import { Outcome } from './assign.ts';
import { Byte, indexIn, isDigit, isUpper, spells } from './bytes.ts';

// A request as access logs write it, `GET /path HTTP/1.1`, and its parts where each has a field of its own.

/** Sets method, path and version from the request line that is all of [start, end). */
export function requestLine(chunk: Chunk, start: number, end: number, event: LogEvent): number {
  const { bytes } = chunk;
  let at = start;
  while (at < end && isUpper(bytes[at])) at++;
  if (at < start + 3 || bytes[at] !== Byte.SPACE || bytes[at + 1] === Byte.SPACE) return Outcome.UNUSABLE;
  let pathEnd = at + 1;
  while (pathEnd < end && bytes[pathEnd] !== Byte.SPACE) pathEnd++;
  const path = pathStart(bytes, at + 1, pathEnd);
  if (path < 0) return Outcome.UNUSABLE;
  if (!event.has(Field.http_method)) event.span(Field.http_method, start, at);
  if (!event.has(Field.http_path)) event.span(Field.http_path, path, pathEnd);
  if (pathEnd < end && !event.has(Field.http_version)) version(chunk, pathEnd + 1, end, event);
  return Outcome.COPIED;
}

/** `HTTP/1.1`, `1.1`. */
export function version(chunk: Chunk, start: number, end: number, event: LogEvent): number {
  const { bytes } = chunk;
  const from = bytes[start + 4] === Byte.SLASH && ((bytes[start] as number) | 0x20) === 0x68 ? start + 5 : start;
  for (let at = from; at < end; at++) if (!isDigit(bytes[at]) && bytes[at] !== Byte.DOT) return Outcome.UNUSABLE;
  if (end - from < 1 || end - from > 3) return Outcome.UNUSABLE;
  event.span(Field.http_version, from, end);
  return from === start ? Outcome.RENAMED : Outcome.COPIED;
}

/** Sets the path from a path, or a URL of which path and query are taken. */
export function url(chunk: Chunk, start: number, end: number, event: LogEvent): number {
  const bytes = chunk.bytes;
  if (bytes[start] === 0x2f) {
    event.span(Field.http_path, start, end);
    return Outcome.RENAMED;
  }
  const host = indexIn(bytes, 0x3a, start, Math.min(end, start + 8)) + 3;
  if (((bytes[start] as number) | 0x20) !== 0x68 || host < start + 7 || host > start + 8 || bytes[host - 1] !== 0x2f) return Outcome.UNUSABLE;
  let path = host;
  while (path < end && bytes[path] !== 0x2f) path++;
  if (path === end) return Outcome.UNUSABLE;
  event.span(Field.http_path, path, end);
  return Outcome.COPIED;
}

/** Whether [start, end) is an HTTP method, in whatever case. */
export function isMethod(bytes: Uint8Array, start: number, end: number): boolean {
  return methodAt(bytes, start, end) >= 0;
}

/** Sets the method from [start, end), in whatever case: in capital letters. */
export function method(chunk: Chunk, start: number, end: number, event: LogEvent): number {
  const { bytes } = chunk;
  if (methodAt(bytes, start, end) < 0) return Outcome.UNUSABLE;
  let at = start;
  while (at < end && isUpper(bytes[at])) at++;
  if (at === end) {
    event.span(Field.http_method, start, end);
    return Outcome.RENAMED;
  }
  const out = event.arena.bytes;
  const address = event.arena.scratchSpace(end - start);
  if (address < 0) return Outcome.UNUSABLE;
  for (let from = start; from < end; from++) out[address + from - start] = (bytes[from] as number) & ~0x20;
  event.at(Field.http_method, address, end - start, start, end);
  return Outcome.COPIED;
}

/** Where the path of a request's target begins: the target itself, or what follows the host of its URL; -1 when it is neither. */
export function pathStart(bytes: Uint8Array, start: number, end: number): number {
  if (bytes[start] === Byte.SLASH || bytes[start] === Byte.STAR && end === start + 1) return start;
  let at = start;
  while (at < end && bytes[at] !== Byte.COLON) at++;
  if (bytes[at + 1] !== Byte.SLASH || bytes[at + 2] !== Byte.SLASH) return -1;
  let path = at + 3;
  while (path < end && bytes[path] !== Byte.SLASH) path++;
  return path < end ? path : -1;
}

/** RFC 9110, WebDAV (RFC 4918) and what caches use; the commonest first. */
const METHODS = ['get', 'post', 'put', 'delete', 'patch', 'head', 'options', 'connect', 'trace', 'propfind', 'proppatch', 'mkcol', 'copy', 'move', 'lock', 'unlock', 'report', 'search', 'purge', 'query'];

/** Position in METHODS of the method that is [start, end), in whatever case; -1: none. */
function methodAt(bytes: Uint8Array, start: number, end: number): number {
  for (let index = 0; index < METHODS.length; index++) {
    const word = METHODS[index] as string;
    if (word.length === end - start && spells(bytes, start, word)) return index;
  }
  return -1;
}

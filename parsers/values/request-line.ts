import type { Chunk } from '../../agent/chunk.ts';
import type { LogEvent } from '../../agent/event.ts';
import { Field } from '../../agent/fields.ts';
import { Outcome } from './assign.ts';
import { Byte, isDigit, isUpper } from './bytes.ts';

/** A request as access logs write it: `GET /path HTTP/1.1`. */

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

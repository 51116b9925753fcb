import { Field } from '../../agent/fields.ts';
import { Byte, isBlank, skipColour, skipDigits } from '../values/bytes.ts';
import { isThreadName } from '../values/names.ts';
import type { Header } from './state.ts';

// What of a header's group is a process, and a thread of it.

/** `476`, `#66620`, `12:34`, `12#12`, `608647-3`: a process, and a thread of it. */
export function readNumbers(header: Header, start: number, end: number): boolean {
  const { bytes } = header;
  const from = bytes[start] === Byte.HASH ? start + 1 : start;
  const to = skipDigits(bytes, from, end);
  if (bytes[to] === Byte.DOT && !header.hasTime && header.items === 0) return isUptime(bytes, to + 1, end);
  if (to === from) return false;
  if (to === end && to - from > 3 && !header.hasTime && isBehindLevel(header, start - 1)) return true; // logrus: seconds since the start
  if (header.hasLevel && !isAdjacent(header, start, to - from)) return false;
  if (to === end) return header.process(from, to);
  const mark = bytes[to];
  if (mark === Byte.COLON && isThreadName(bytes, to + 1, end) && header.process(from, to)) { // `77:main`
    header.span(Field.thread, to + 1, end);
    return true;
  }
  if (mark !== Byte.COLON && mark !== Byte.HASH && mark !== Byte.DASH || skipDigits(bytes, to + 1, end) !== end || to + 1 === end) return false;
  if (!header.process(from, to)) return false;
  if (mark !== Byte.DASH) header.span(Field.thread, to + 1, end);
  return true;
}

/** `pid 12`, `PID: 12`, `pid=12`, `tid 7`, `thread-7`. */
export function readProcess(header: Header, start: number, end: number): boolean {
  const { bytes } = header;
  if (((bytes[start + 1] as number) | 32) !== 105 || ((bytes[start + 2] as number) | 32) !== 100) return false;
  const kind = (bytes[start] as number) | 32;
  if (kind !== 112 && kind !== 116) return false;
  let at = start + 3;
  while (at < end && (isBlank(bytes[at]) || bytes[at] === Byte.COLON || bytes[at] === Byte.EQUALS)) at++;
  if (at === start + 3 || at === end || skipDigits(bytes, at, end) !== end) return false;
  if (kind === 116) header.span(Field.thread, at, end);
  else return header.process(at, end);
  return true;
}

/** Apache's `pid 77:tid 78`. */
export function readProcessAndThread(header: Header, start: number, end: number): boolean {
  const { bytes } = header;
  let colon = start;
  while (colon < end && bytes[colon] !== Byte.COLON) colon++;
  return colon > start + 4 && colon < end && readProcess(header, start, colon) && readProcess(header, colon + 1, end);
}

/** Whether the bracket at `at` touches the level, but for colours. */
function isBehindLevel(header: Header, at: number): boolean {
  if (!header.hasLevel) return false;
  let to = header.levelEnd;
  for (let next = skipColour(header.bytes, to, header.end); next > to; next = skipColour(header.bytes, to, header.end)) to = next;
  return to === at;
}

/** The rest of `[0.123s][info][gc]`, the JVM's unified logging: seconds since its start. */
function isUptime(bytes: Uint8Array, at: number, end: number): boolean {
  return skipDigits(bytes, at, end) === end - 1 && end - 1 > at && bytes[end - 1] === 0x73 && bytes[end + 1] === Byte.OPEN_BRACKET;
}

/** A number behind the level belongs to the header when its bracket touches the one before, or when it is too long for a count. */
function isAdjacent(header: Header, start: number, digits: number): boolean {
  const { bytes } = header;
  return !isBlank(bytes[start - 2]) || digits > 3 || bytes[start - 1] === Byte.OPEN_PAREN && bytes[start + digits + 1] === Byte.COLON;
}

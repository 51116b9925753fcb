import { Field } from '../../agent/fields.ts';
import { Byte, isBlank, isUpper, skipBlanks } from '../values/bytes.ts';
import { levelAt } from '../values/levels.ts';
import { isClassName, isQualified, nameEnd } from '../values/names.ts';
import type { Header } from './state.ts';

/** log4j's `%m (%c)` and `%m (%c:%t)`, as Kafka has it: a class in parentheses at the end of the line is its logger, a thread may follow. Where the text ends. */
export function readTrailingLogger(header: Header, start: number, end: number): number {
  const { bytes, event } = header;
  if (bytes[end - 1] !== Byte.CLOSE_PAREN || !header.hasTime || header.nameStart >= 0 || event.has(Field.logger)) return end;
  const least = Math.max(start + 2, end - 160);
  let open = end - 2;
  while (open > least && bytes[open] !== Byte.OPEN_PAREN && !isBlank(bytes[open]) && bytes[open] !== Byte.NEWLINE) open--;
  const opening = bytes[open] === Byte.OPEN_PAREN && bytes[open - 1] !== Byte.SPACE ? outerOpen(bytes, open, least) : open;
  if (bytes[opening] !== Byte.OPEN_PAREN || bytes[opening - 1] !== Byte.SPACE) return end;
  const to = nameEnd(bytes, opening + 1, end);
  if (!isClassName(bytes, opening + 1, to) || to !== end - 1 && bytes[to] !== Byte.COLON) return end;
  header.span(Field.logger, opening + 1, to);
  if (to + 1 < end - 1 && !event.has(Field.thread)) header.span(Field.thread, to + 1, end - 1);
  return opening - 1;
}

/** The bracket around another: `(org.acme.Shop:worker-1(db:5432))`. */
function outerOpen(bytes: Uint8Array, at: number, least: number): number {
  let open = at - 1;
  while (open > least && bytes[open] !== Byte.OPEN_PAREN && !isBlank(bytes[open])) open--;
  return open;
}

/** Two lines: java.util.logging's `class method` behind the time or tinylog's `[thread] class.method()`, then `LEVEL: text`. The position of the text, or -1. */
export function readJavaUtil(header: Header, at: number): number {
  const { bytes, end } = header;
  const to = nameEnd(bytes, at, end);
  if (bytes[to] === Byte.OPEN_PAREN && bytes[to + 1] === Byte.CLOSE_PAREN && bytes[to + 2] === Byte.NEWLINE && isQualified(bytes, at, to)) return readBelow(header, at, to, to + 2);
  if (bytes[to] !== Byte.SPACE || !isUpper(bytes[at]) && !isQualified(bytes, at, to)) return -1;
  let line = to + 1;
  while (line < end && bytes[line] !== Byte.NEWLINE && !isBlank(bytes[line])) line++;
  return bytes[line] === Byte.NEWLINE ? readBelow(header, at, to, line) : -1;
}

/** The level and the text on the line behind `line`, the end of the first; the logger stands at [at, to). */
function readBelow(header: Header, at: number, to: number, line: number): number {
  const { bytes, end } = header;
  let colon = line + 1;
  while (colon < end && isUpper(bytes[colon])) colon++;
  const level = levelAt(bytes, line + 1, colon);
  if (level < 0 || bytes[colon] !== Byte.COLON) return -1;
  header.logger(at, to);
  header.level(level, line + 1, colon);
  return skipBlanks(bytes, colon + 1, end);
}

import { Byte, isDigit, skipBlanks, skipDigits } from '../values/bytes.ts';
import { levelAt } from '../values/levels.ts';
import { scanTimestamp } from '../values/timestamps.ts';
import { MOST_COLUMNS, type Role, type Shape } from './shape.ts';

/** What is longer is no cell of a header, in bytes. */
export const LONGEST_CELL = 96;

/** Where the columns of the line that was matched last begin and end. */
export const cellStarts = new Int32Array(MOST_COLUMNS);
export const cellEnds = new Int32Array(MOST_COLUMNS);

/** Where the text begins of a line at [start, end) that fits the shape wholly; -1: it does not. Fills `cellStarts` and `cellEnds`. */
export function matchShape({ items }: Shape, bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  let column = 0;
  for (let index = 0; index < items.length; index++) {
    const item = items[index];
    if (item === undefined) return -1;
    if (item.kind === 'literal') at = skipLiteral(item.text, bytes, at, end);
    else {
      const next = items[index + 1];
      if (next?.kind !== 'literal') return -1;
      const from = skipBlanks(bytes, at, end);
      at = cellEnd(item.role, next.text, bytes, from, end);
      cellStarts[column] = from;
      cellEnds[column++] = at;
    }
    if (at < 0) return -1;
  }
  return at;
}

/** Where the cell ends that begins at `at` and is closed by `literal`; -1: there is no such cell. */
function cellEnd(role: Role, literal: string, bytes: Uint8Array, at: number, end: number): number {
  if (role === 'timestamp') return scanTimestamp(bytes, at, end);
  const limit = Math.min(end, at + LONGEST_CELL);
  for (let to = at + 1; to <= limit; to++) {
    const byte = bytes[to - 1];
    if (byte === Byte.NEWLINE || byte === Byte.ESCAPE) return -1;
    if (skipLiteral(literal, bytes, to, end) >= 0) return isOfRole(role, bytes, at, to) ? to : -1;
  }
  return -1;
}

function isOfRole(role: Role, bytes: Uint8Array, start: number, end: number): boolean {
  if (role === 'level') return levelAt(bytes, start, end) >= 0;
  return role !== 'pid' || isDigit(bytes[start]) && end - start <= 10 && skipDigits(bytes, start, end) === end;
}

/**
 * Behind the literal at `at`, or -1. A blank beside another mark may be missing, or be many; alone it is one or more, and
 * two are two or more.
 */
function skipLiteral(literal: string, bytes: Uint8Array, at: number, end: number): number {
  if (literal === ' ' || literal === '  ') {
    const after = skipBlanks(bytes, at, end);
    return after - at >= literal.length || after > at && bytes[at] === Byte.TAB ? after : -1;
  }
  let to = at;
  for (let index = 0; index < literal.length; index++) {
    const code = literal.charCodeAt(index);
    if (code === Byte.SPACE) to = skipBlanks(bytes, to, end);
    else if (to < end && bytes[to] === code) to++;
    else return -1;
  }
  return to;
}

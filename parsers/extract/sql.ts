import { Byte, isWord } from '../values/bytes.ts';
import type { Scan } from './scan.ts';

// A statement of SQL in a text: what it compares and assigns says nothing about the record. Portable: see prose.ts.

/**
 * Whether the key at `keyStart` is a column in `WHERE id=1`, `AND b.id=2`, `UPDATE t SET a=1, b=2`. Behind `WHERE` or `SET` the
 * next ones are known by `AND`, `OR`, a comma or a bracket in front of them.
 */
export function isCondition(scan: Scan, keyStart: number): boolean {
  const { bytes, start } = scan;
  const last = keyStart - 2;
  if (bytes[keyStart - 1] === Byte.SPACE && last > start) {
    const byte = (bytes[last] as number) | 0x20;
    if (byte === 0x65 && endsWithWord(scan, last, 'where') || byte === 0x74 && endsWithWord(scan, last, 'set') && isOfUpdate(scan, last - 3)) {
      scan.inStatement = true;
      return true;
    }
  }
  if (!scan.inStatement) return false;
  const mark = bytes[keyStart - 1] === Byte.SPACE ? bytes[last] : bytes[keyStart - 1];
  scan.inStatement = mark === Byte.COMMA || mark === Byte.OPEN_PAREN || endsWithWord(scan, last, 'and') || endsWithWord(scan, last, 'or');
  return scan.inStatement;
}

/** Whether `UPDATE table` ends at `last`. */
function isOfUpdate(scan: Scan, last: number): boolean {
  const { bytes, start } = scan;
  let at = last - 1;
  const limit = Math.max(start, at - LONGEST_TABLE);
  while (at > limit && bytes[at] !== Byte.SPACE) at--;
  return endsWithWord(scan, at - 1, 'update');
}

const LONGEST_TABLE = 64;

/** Whether the word whose last letter stands at `last` is `word`, in whatever case. */
function endsWithWord(scan: Scan, last: number, word: string): boolean {
  const { bytes, start } = scan;
  const from = last - word.length + 1;
  if (from < start || from > start && isWord(bytes[from - 1])) return false;
  for (let index = 0; index < word.length; index++) if (((bytes[from + index] as number) | 0x20) !== word.charCodeAt(index)) return false;
  return true;
}

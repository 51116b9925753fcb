import { Field } from '../../agent/fields.ts';
import { addLabel } from '../pair.ts';
import { Byte, isBlank, isDigit, isUpper, isWord, skipBlanks, skipDigits } from '../values/bytes.ts';
import { isSimpleName } from '../values/names.ts';
import { CLOSERS } from './groups.ts';
import { isLevelNext } from './levels.ts';
import type { Header } from './state.ts';

const LONGEST_GROUP = 120;

/** `PID     : 77 TID : 78 HOSTNAME: web1`: labels in capital letters, of which some are fields. */
export function readLabels(header: Header, at: number): void {
  const { bytes, end, event } = header;
  for (let from = at; from < end && bytes[from] !== Byte.NEWLINE; from++) {
    if (!isUpper(bytes[from]) || !isUpper(bytes[from + 1]) || isWord(bytes[from - 1])) continue;
    let to = from;
    while (to < end && isUpper(bytes[to])) to++;
    const colon = skipBlanks(bytes, to, end);
    if (bytes[colon] === Byte.COLON && isBlank(bytes[colon + 1])) {
      const value = skipBlanks(bytes, colon + 1, end);
      let valueEnd = value;
      while (valueEnd < end && !isBlank(bytes[valueEnd]) && bytes[valueEnd] !== Byte.NEWLINE) valueEnd++;
      addLabel(from, to, value, valueEnd);
    }
    from = to;
  }
  if (event.has(Field.level)) header.hasLevel = true;
}

/** Seconds since the start, as a column behind the time: `0.017351s notice: …`, the JVM's `9.344: […`. The position behind it, or -1. */
export function skipUptime(header: Header, at: number): number {
  const { bytes, end } = header;
  const point = skipDigits(bytes, at, end);
  if (bytes[point] !== Byte.DOT || !isDigit(bytes[point + 1])) return -1;
  const to = skipDigits(bytes, point + 1, end);
  if (bytes[to] === Byte.COLON) return bytes[to + 1] === Byte.SPACE && bytes[to + 2] === Byte.OPEN_BRACKET ? to + 1 : -1;
  if (bytes[to] !== LETTER_S || !isBlank(bytes[to + 1])) return -1;
  return isLevelNext(header, to + 1) || isLabel(bytes, to + 2, end) ? to + 1 : -1;
}

const LETTER_S = 0x73;

/** A word and a colon. */
function isLabel(bytes: Uint8Array, at: number, end: number): boolean {
  let to = at;
  while (to < end && isWord(bytes[to])) to++;
  return to > at && bytes[to] === Byte.COLON;
}

/**
 * Up to three groups in brackets that a colon closes, `[sssd[be[default]]] [start_it] (0x0400): text`: the first names the
 * logger, the next what it does. The position of the text; `at` when there is none.
 */
export function readClosedGroups(header: Header, at: number): number {
  const { bytes, event } = header;
  if (bytes[at] !== Byte.OPEN_BRACKET && bytes[at] !== Byte.OPEN_PAREN) return at;
  let to = at;
  let count = 0;
  while (count < 3 && (bytes[to] === Byte.OPEN_BRACKET || bytes[to] === Byte.OPEN_PAREN)) {
    const close = balanced(header, to);
    if (close < 0) return at;
    starts[count] = to + 1;
    ends[count++] = close;
    to = bytes[close + 1] === Byte.SPACE ? close + 2 : close + 1;
  }
  if (count === 0 || bytes[to] !== Byte.COLON || bytes[to - 1] === Byte.SPACE || !isBlank(bytes[to + 1])) return at;
  if (!isCode(bytes, starts[count - 1] as number, ends[count - 1] as number)) return at;
  for (let index = 0; index < count - 1; index++) {
    const [from, end] = [starts[index] as number, ends[index] as number];
    if (header.nameStart < 0 && !event.has(Field.logger)) event.span(Field.logger, from, end);
    else if (!event.has(Field.caller) && isSimpleName(bytes, from, end)) event.span(Field.caller, from, end);
  }
  return skipBlanks(bytes, to + 1, header.end);
}

/** Where the groups of one line begin and end. */
const starts = new Int32Array(3);
const ends = new Int32Array(3);

/** `0x0400`: a mask or a number of the kind of message. */
function isCode(bytes: Uint8Array, start: number, end: number): boolean {
  return end - start > 2 && bytes[start] === Byte.ZERO && bytes[start + 1] === 0x78;
}

/** Where the group at `at` closes, groups in it counted; -1: not near. */
function balanced(header: Header, at: number): number {
  const { bytes } = header;
  const opener = bytes[at] as number;
  const closer = CLOSERS[opener] as number;
  const limit = Math.min(header.end, at + LONGEST_GROUP);
  let depth = 0;
  for (let to = at; to < limit && bytes[to] !== Byte.NEWLINE; to++) {
    if (bytes[to] === opener) depth++;
    else if (bytes[to] === closer && --depth === 0) return to;
  }
  return -1;
}

import { Field } from '../../agent/fields.ts';
import { addPair } from '../pair.ts';
import { Byte, isDigit, isLetter, isWord } from '../values/bytes.ts';
import { isSimpleName, isThreadName } from '../values/names.ts';
import type { Header } from './state.ts';

// What of a header's group is pairs: `key=value`, and `key:value` where nothing else can be meant.

/** `[dd.trace_id=1 dd.span_id=2]`, `[name=bob;oip=1.2.3.4]`, `[myid:1]`: nothing but pairs, which become fields or members. */
export function readPairs(header: Header, start: number, end: number): boolean {
  const { bytes } = header;
  if (isNamedThread(header, start, end)) return true;
  const isLabel = !header.hasLevel && header.hasTime;
  if (countPairs(bytes, start, end, isLabel) < 1) return false;
  for (let at = start; at < end; ) {
    const key = at;
    while (!isAssign(bytes[at], isLabel)) at++;
    const mark = at;
    while (at < end && !isPairEnd(bytes[at])) at++;
    if (at > mark + 1) addPair(key, mark, mark + 1, at, false);
    while (at < end && isPairEnd(bytes[at])) at++;
  }
  return true;
}

/** `HikariPool-1:housekeeper`: a thread of a numbered pool, and no label and its value. */
function isNamedThread(header: Header, start: number, end: number): boolean {
  const { bytes, event } = header;
  let colon = start;
  while (colon < end && bytes[colon] !== Byte.COLON) colon++;
  if (colon + 1 >= end || !isLetter(bytes[colon + 1]) || event.has(Field.thread) || !isThreadName(bytes, start, colon) || !isSimpleName(bytes, colon + 1, end)) return false;
  header.span(Field.thread, start, end);
  return true;
}

/** Pairs of [start, end), or 0 when something else is there too. */
function countPairs(bytes: Uint8Array, start: number, end: number, isLabel: boolean): number {
  let pairs = 0;
  for (let at = start; at < end; pairs++) {
    const key = at;
    while (at < end && (isWord(bytes[at]) || bytes[at] === Byte.DOT || bytes[at] === Byte.DASH)) at++;
    if (at === key || at >= end || isDigit(bytes[key]) || !isAssign(bytes[at], isLabel)) return 0;
    while (at < end && !isPairEnd(bytes[at])) at++;
    while (at < end && isPairEnd(bytes[at])) at++;
  }
  return pairs;
}

function isAssign(byte: number | undefined, isLabel: boolean): boolean {
  return byte === Byte.EQUALS || isLabel && byte === Byte.COLON;
}

function isPairEnd(byte: number | undefined): boolean {
  return byte === Byte.SPACE || byte === Byte.SEMICOLON || byte === Byte.COMMA;
}

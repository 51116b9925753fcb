import type { Chunk } from '../../agent/chunk.ts';
import { decodedKey } from '../../agent/record-keys.ts';
import { ROW } from './json-scan.ts';

const FEW = 32;
const signatures = new Int32Array(FEW);
const [QUOTE, BACKSLASH, OPEN_BRACE, CLOSE_BRACE, OPEN_BRACKET, CLOSE_BRACKET, COLON] = [0x22, 0x5c, 0x7b, 0x7d, 0x5b, 0x5d, 0x3a];

/**
 * Leaves of members with the same key only the last one in the table, in the order of the line. Returns how many are
 * left. Hot: for the few keys of a usual line it compares length, first and last byte before anything else.
 */
export function dropDuplicates({ bytes, valid }: Chunk, table: Int32Array, count: number): number {
  if (count > FEW || !valid) return dropSlowly(bytes, table, count);
  for (let index = 0; index < count; index++) {
    const start = table[index * ROW] as number;
    const end = table[index * ROW + 1] as number;
    const signature = ((end - start) << 16) ^ ((bytes[start] as number) << 8) ^ (bytes[end - 1] as number);
    for (let other = 0; other < index; other++) if (signatures[other] === signature && same(bytes, table, other, index)) return dropSlowly(bytes, table, count);
    for (let at = start; at < end; at++) if (bytes[at] === BACKSLASH) return dropSlowly(bytes, table, count);
    signatures[index] = signature;
  }
  return count;
}

function same(bytes: Uint8Array, table: Int32Array, one: number, other: number): boolean {
  const start = table[one * ROW] as number;
  const length = (table[one * ROW + 1] as number) - start;
  const begin = table[other * ROW] as number;
  if ((table[other * ROW + 1] as number) - begin !== length) return false;
  for (let i = 0; i < length; i++) if (bytes[start + i] !== bytes[begin + i]) return false;
  return true;
}

/** For lines with many keys, keys with escapes or broken UTF-8, or a key that comes twice. */
function dropSlowly(bytes: Uint8Array, table: Int32Array, count: number): number {
  const last = new Map<string, number>();
  for (let index = 0; index < count; index++) last.set(decodedKey(bytes, table[index * ROW] as number, table[index * ROW + 1] as number), index);
  const kept = [...last.values()].sort((a, b) => a - b);
  kept.forEach((index, place) => table.copyWithin(place * ROW, index * ROW, (index + 1) * ROW));
  return kept.length;
}

/** Whether any object inside the JSON value at [start, end) has a key twice. The value has been checked to be valid. */
export function hasDuplicates(chunk: Chunk, start: number, end: number): boolean {
  const bytes = chunk.bytes;
  if (end - start < 9) return false; // {"":1,"":2} is longer
  const open: (Set<string> | undefined)[] = [];
  for (let at = start; at < end; at++) {
    const byte = bytes[at] as number;
    if (byte === OPEN_BRACE) open.push(new Set());
    else if (byte === OPEN_BRACKET) open.push(undefined);
    else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) open.pop();
    else if (byte === QUOTE) {
      const first = at;
      for (at++; bytes[at] !== QUOTE; at++) if (bytes[at] === BACKSLASH) at++;
      const keys = open.at(-1);
      if (keys === undefined || !isKey(bytes, at + 1)) continue;
      const size = keys.size;
      if (keys.add(decodedKey(bytes, first + 1, at)).size === size) return true;
    }
  }
  return false;
}

/** A string is a key when a colon follows: after a string value comes a comma or a bracket. */
function isKey(bytes: Uint8Array, at: number): boolean {
  while ((bytes[at] as number) <= 0x20) at++;
  return bytes[at] === COLON;
}

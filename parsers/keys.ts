import { FIELDS, type Field } from '../agent/fields.ts';

// What keys mean, in tables of integers, so that kernels look them up as TypeScript does. Portable: see extract/prose.ts.

/** Added to the id of a key that is letter by letter the canonical name of its field. */
export const CANONICAL = 0x1000;
const ID = CANONICAL - 1;

/** Columns of what a key means, by its id; see `meaningsOf` in aliases.ts. KIND: bits of Kind. */
export const Meaning = { KIND: 0, FIELD: 1, HOW: 2, RANK: 3, COMPANY: 4, SHIFT: 3 } as const;
export const Kind = { ALIAS: 1, CONTAINER: 2, RESERVED: 4, SHORT_MESSAGE: 8 } as const;

/**
 * A table of keys: SLOTS slots of two integers, the id of a key (-1: free) and its hash; by id a row of three, the
 * unfinished hash of `key.`, and where in the table its normal text lies and how long it is; then those texts.
 */
export const KeyTable = { SLOTS: 4096, ROWS: 8192, ROW: 3 } as const; // SLOTS: a power of two, at least four times the number of keys
export const MULTIPLIER = 0x01000193;
export const SEED = 0x811c9dc5 | 0;

/** By byte: what a key is compared by. Letters in lower case; 0 for `_`, `-` and space, which are passed over. */
export const NORMAL = Uint8Array.from({ length: 256 }, (_, byte) => (byte === 0x5f || byte === 0x2d || byte === 0x20 ? 0 : byte >= 0x41 && byte <= 0x5a ? byte + 32 : byte));

let meanings: Int32Array = new Int32Array(0);
let keys: Int32Array = new Int32Array(0);

/** Sets what keys there are and what they mean, for all lines to come. */
export function useKeys(itsMeanings: Int32Array, itsKeys: Int32Array): void {
  meanings = itsMeanings;
  keys = itsKeys;
}

/** One of Meaning of the key with that id, whether CANONICAL was added to it or not. */
export function meaning(id: number, column: number): number {
  return meanings[((id & ID) << Meaning.SHIFT) + column] as number;
}

/** Whether the key with that id is one of `Kind`. */
export function isKind(id: number, kind: number): boolean {
  return id >= 0 && (meaning(id, Meaning.KIND) & kind) !== 0;
}

/** Id of the key at [start, end) of `bytes`, at the top; -1: unknown. */
export function idOf(bytes: Uint8Array, start: number, end: number): number {
  return findKey(keys, bytes, start, end, -1);
}

/** Hot: once per key. Id of the key at [start, end) of `bytes`, inside the container with id `container` (-1: none); -1: unknown. */
export function findKey(table: Int32Array, bytes: Uint8Array, start: number, end: number, container: number): number {
  let hash = container < 0 ? SEED : (table[KeyTable.ROWS + container * KeyTable.ROW] as number);
  for (let at = start; at < end; at++) {
    const byte = NORMAL[bytes[at] as number] as number;
    if (byte !== 0) hash = Math.imul(hash ^ byte, MULTIPLIER);
  }
  hash ^= hash >>> 15;
  for (let slot = hash & (KeyTable.SLOTS - 1); ; slot = (slot + 1) & (KeyTable.SLOTS - 1)) {
    const id = table[slot * 2] as number;
    if (id < 0) return -1;
    if (table[slot * 2 + 1] === hash && matches(table, id, bytes, start, end, container)) return id;
  }
}

function matches(table: Int32Array, id: number, bytes: Uint8Array, start: number, end: number, container: number): boolean {
  const row = KeyTable.ROWS + id * KeyTable.ROW;
  const text = table[row + 1] as number;
  let expected = container < 0 ? text : text + (table[KeyTable.ROWS + container * KeyTable.ROW + 2] as number) + 1;
  for (let at = start; at < end; at++) {
    const byte = NORMAL[bytes[at] as number] as number;
    if (byte !== 0 && table[expected++] !== byte) return false;
  }
  return expected === text + (table[row + 2] as number);
}

/** Whether the key at [start, end) is letter by letter the canonical name of the field. */
export function isNameOf(field: Field, bytes: Uint8Array, start: number, end: number): boolean {
  const name = FIELDS[field] as string;
  if (name.length !== end - start) return false;
  for (let i = 0; i < name.length; i++) if (bytes[start + i] !== name.charCodeAt(i)) return false;
  return true;
}

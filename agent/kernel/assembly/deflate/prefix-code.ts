// AssemblyScript. Makes prefix codes of frequencies (Huffman), no code longer than allowed.

import { CODES, COUNTS, FIRST_LENGTH, LENGTH_CODES, LENGTH_SYMBOLS, NEXT_CODES, SORTED, TREE } from './memory';

/** Stores at `lengths` how many bits the code of each of `symbols` symbols has: 0 for one that does not come, else up to `most`. */
export function assignLengths(frequencies: usize, symbols: i32, lengths: usize, most: i32): void {
  memory.fill(lengths, 0, symbols);
  let used = sortByFrequency(frequencies, symbols);
  if (used < 2) { // a code has two symbols at least
    const only = used == 0 ? 0 : load<u32>(SORTED) & 511;
    store<u8>(lengths + only, 1);
    store<u8>(lengths + (only == 0 ? 1 : 0), 1);
    return;
  }
  buildTree(used);
  countLengths(used, most);
  shorten(most);
  for (let bits = most, rarest = SORTED; bits > 0; bits--) {
    for (let count = load<u32>(COUNTS + bits * 4); count > 0; count--, rarest += 4) store<u8>(lengths + (load<u32>(rarest) & 511), <u8>bits);
  }
}

/** Makes the codes that follow from their lengths, for `putCode`. RFC 1951, 3.2.2 */
export function assignCodes(lengths: usize, symbols: i32, codes: usize): void {
  memory.fill(COUNTS, 0, 64);
  for (let symbol = 0; symbol < symbols; symbol++) {
    const count = COUNTS + <usize>load<u8>(lengths + symbol) * 4;
    store<u32>(count, load<u32>(count) + 1);
  }
  store<u32>(COUNTS, 0);
  let code: u32 = 0;
  for (let bits: usize = 1; bits < 16; bits++) {
    code = (code + load<u32>(COUNTS + (bits - 1) * 4)) << 1;
    store<u32>(NEXT_CODES + bits * 4, code);
  }
  for (let symbol = 0; symbol < symbols; symbol++) {
    const bits = <u32>load<u8>(lengths + symbol);
    if (bits == 0) continue;
    const next = NEXT_CODES + bits * 4;
    store<u32>(next, load<u32>(next) + 1);
    store<u32>(codes + symbol * 4, reversed(load<u32>(next) - 1, bits) | (bits << 24));
  }
}

/** Adds to the codes of lengths their extra bits, one entry for each length. */
export function assignLengthCodes(): void {
  let first: usize = 0;
  for (let length: usize = 0; length < 256; length++) {
    const symbol = <u32>load<u8>(LENGTH_SYMBOLS + length);
    if (length == 0 || symbol != <u32>load<u8>(LENGTH_SYMBOLS + length - 1)) first = length;
    const code = load<u32>(CODES + (FIRST_LENGTH + symbol) * 4);
    const bits = code >> 24;
    store<u32>(LENGTH_CODES + length * 4, (code & 0xffffff) | (<u32>(length - first) << bits) | ((bits + lengthExtraBits(symbol)) << 24));
  }
}

/** Bits behind a length's symbol, counted from FIRST_LENGTH. RFC 1951, 3.2.5 */
export function lengthExtraBits(symbol: u32): u32 {
  return symbol < 8 || symbol == 28 ? 0 : (symbol - 4) >> 2;
}

/** Bits behind a distance's symbol. */
// @ts-ignore: decorator
@inline
export function distanceExtraBits(symbol: u32): u32 {
  return symbol < 4 ? 0 : (symbol >> 1) - 1;
}

/** Puts the symbols that come into SORTED, the rarest first, as `frequency << 9 | symbol`; gives their number. */
function sortByFrequency(frequencies: usize, symbols: i32): i32 {
  let used = 0;
  for (let symbol = 0; symbol < symbols; symbol++) {
    const frequency = load<u32>(frequencies + symbol * 4);
    if (frequency != 0) store<u32>(SORTED + used++ * 4, (frequency << 9) | symbol);
  }
  for (let gap = used > 57 ? 57 : 10; gap > 0; gap = gap == 57 ? 23 : gap == 23 ? 10 : gap == 10 ? 4 : gap == 4 ? 1 : 0) { // Shell's sort
    for (let place = gap; place < used; place++) {
      const one = load<u32>(SORTED + place * 4);
      let to = place;
      for (; to >= gap && load<u32>(SORTED + (to - gap) * 4) > one; to -= gap) store<u32>(SORTED + to * 4, load<u32>(SORTED + (to - gap) * 4));
      store<u32>(SORTED + to * 4, one);
    }
  }
  return used;
}

/**
 * Stores in TREE how deep each of its `used - 1` inner nodes lies, the root last. Moffat and Katajainen, In-Place
 * Calculation of Minimum-Redundancy Codes, 1995: an entry is a weight, then the number of its parent, then its depth.
 */
function buildTree(used: i32): void {
  let leaf = 0;
  let root = 0;
  for (let node = 0; node < used - 1; node++) {
    let weight: u32 = 0;
    for (let child = 0; child < 2; child++) {
      if (leaf < used && (root == node || load<u32>(SORTED + leaf * 4) >> 9 <= load<u32>(TREE + root * 4))) weight += load<u32>(SORTED + leaf++ * 4) >> 9;
      else {
        weight += load<u32>(TREE + root * 4);
        store<u32>(TREE + root++ * 4, node);
      }
    }
    store<u32>(TREE + node * 4, weight);
  }
  store<u32>(TREE + (used - 2) * 4, 0);
  for (let node = used - 3; node >= 0; node--) store<u32>(TREE + node * 4, load<u32>(TREE + load<u32>(TREE + node * 4) * 4) + 1);
}

/** Stores in COUNTS how many codes have how many bits, all that would have more than `most` as if they had `most`. */
function countLengths(used: i32, most: i32): void {
  memory.fill(COUNTS, 0, 64);
  let node = used - 2;
  for (let depth: u32 = 0, nodes = 1; nodes > 0; depth++) { // of a depth: so many, some of them inner ones
    let inner = 0;
    for (; node >= 0 && load<u32>(TREE + node * 4) == depth; node--) inner++;
    const count = COUNTS + min(depth, most) * 4;
    store<u32>(count, load<u32>(count) + nodes - inner);
    nodes = 2 * inner;
  }
}

/** Makes of COUNTS a code again, where some were cut to `most` bits: they take room from others. */
function shorten(most: i32): void {
  let room: u32 = 0;
  for (let bits = 1; bits <= most; bits++) room += load<u32>(COUNTS + bits * 4) << (most - bits);
  for (; room > <u32>1 << most; room--) {
    let bits = most - 1;
    while (load<u32>(COUNTS + bits * 4) == 0) bits--;
    add(most, -1); // a symbol of the longest goes beside one that was shorter by then
    add(bits, -1);
    add(bits + 1, 2);
  }
}

function add(bits: i32, count: i32): void {
  store<i32>(COUNTS + bits * 4, load<i32>(COUNTS + bits * 4) + count);
}

function reversed(code: u32, bits: u32): u32 {
  code = ((code & 0x5555) << 1) | ((code >> 1) & 0x5555);
  code = ((code & 0x3333) << 2) | ((code >> 2) & 0x3333);
  code = ((code & 0x0f0f) << 4) | ((code >> 4) & 0x0f0f);
  return (((code & 0xff) << 8) | (code >> 8)) >> (16 - bits);
}

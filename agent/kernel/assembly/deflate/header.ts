// AssemblyScript. The codes of a block, as they are written before it: lengths, runs of equal ones shortened, by a code of
// their own. RFC 1951, 3.2.7

import { put, putCode } from './bits';
import { DISTANCES, FIRST_LENGTH, LENGTHS, LITERALS, PRE_CODES, PRE_FREQUENCIES, PRE_LENGTHS, PRE_SYMBOLS, RUNS } from './memory';
import { assignCodes, assignLengths } from './prefix-code';

/** The order in which the code lengths of the code lengths come. */
const ORDER = memory.data<u8>([16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]);
const REPEAT: u32 = 16;
const ZEROS: u32 = 17;
const MANY_ZEROS: u32 = 18;

/** How many lengths are written of each alphabet, and entries of RUNS. */
let literals: i32 = 0;
let distances: i32 = 0;
let preLengths: i32 = 0;
let runs: i32 = 0;

/** Prepares the header of LENGTHS; how many bits it has. */
export function prepareHeader(): u32 {
  literals = usedOf(LENGTHS, LITERALS, <i32>FIRST_LENGTH);
  distances = usedOf(LENGTHS + LITERALS, DISTANCES, 1);
  memory.fill(PRE_FREQUENCIES, 0, PRE_SYMBOLS * 4);
  runs = 0;
  shortenRuns(LENGTHS, literals);
  shortenRuns(LENGTHS + LITERALS, distances);
  assignLengths(PRE_FREQUENCIES, PRE_SYMBOLS, PRE_LENGTHS, 7);
  preLengths = PRE_SYMBOLS;
  while (preLengths > 4 && load<u8>(PRE_LENGTHS + <usize>load<u8>(ORDER + preLengths - 1)) == 0) preLengths--;
  let bits: u32 = 14 + 3 * preLengths;
  for (let symbol: u32 = 0; symbol < <u32>PRE_SYMBOLS; symbol++) bits += load<u32>(PRE_FREQUENCIES + symbol * 4) * (load<u8>(PRE_LENGTHS + symbol) + extraBits(symbol));
  return bits;
}

/** Writes it. */
export function writeHeader(): void {
  assignCodes(PRE_LENGTHS, PRE_SYMBOLS, PRE_CODES);
  put(<u64>literals - FIRST_LENGTH, 5);
  put(<u64>distances - 1, 5);
  put(<u64>preLengths - 4, 4);
  for (let place = 0; place < preLengths; place++) put(<u64>load<u8>(PRE_LENGTHS + <usize>load<u8>(ORDER + place)), 3);
  for (let place = 0; place < runs; place++) {
    const run = <u32>load<u16>(RUNS + place * 2);
    putCode(load<u32>(PRE_CODES + (run & 31) * 4));
    put(<u64>(run >> 5), <u64>extraBits(run & 31));
  }
}

/** How many of `symbols` lengths there are without the zeros at their end, but at least `least`. */
function usedOf(lengths: usize, symbols: i32, least: i32): i32 {
  while (symbols > least && load<u8>(lengths + symbols - 1) == 0) symbols--;
  return symbols;
}

/** Adds `count` lengths to RUNS. */
function shortenRuns(lengths: usize, count: i32): void {
  for (let at = 0; at < count; ) {
    const length = <u32>load<u8>(lengths + at);
    let left = 1;
    while (at + left < count && load<u8>(lengths + at + left) == length) left++;
    at += left;
    if (length != 0) {
      addRun(length, 0);
      left--;
    }
    for (; left >= 3; ) {
      const part = min(left, length != 0 ? 6 : 138);
      if (length != 0) addRun(REPEAT, part - 3);
      else if (part > 10) addRun(MANY_ZEROS, part - 11);
      else addRun(ZEROS, part - 3);
      left -= part;
    }
    for (; left > 0; left--) addRun(length, 0);
  }
}

function addRun(symbol: u32, extra: u32): void {
  store<u16>(RUNS + runs++ * 2, <u16>(symbol | (extra << 5)));
  const count = PRE_FREQUENCIES + symbol * 4;
  store<u32>(count, load<u32>(count) + 1);
}

function extraBits(symbol: u32): u32 {
  return symbol < REPEAT ? 0 : symbol == REPEAT ? 2 : symbol == ZEROS ? 3 : 7;
}

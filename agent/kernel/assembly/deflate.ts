// AssemblyScript. Compresses by deflate (RFC 1951), block by block: one pass finds matches, then a code is made for what
// came of it. Its memory is its own: see deflate/memory.ts. It has no plain version: test/deflate.test.ts has what it
// writes unpacked by zlib, gzip and Python.

import { align, discard, put, putBytes, writeTo, written } from './deflate/bits';
import { prepareHeader, writeHeader } from './deflate/header';
import { forget, pass, tokenize } from './deflate/matches';
import { DISTANCE_FREQUENCIES, DISTANCES, FIRST_LENGTH, FIXED_LENGTHS, FREQUENCIES, INPUT, LENGTH_SYMBOLS, LENGTHS, LITERALS, OUTPUT } from './deflate/memory';
import { assignLengths, distanceExtraBits, lengthExtraBits } from './deflate/prefix-code';
import { writeTokens } from './deflate/tokens';

export { BLOCK_BYTES, END, INPUT, OUTPUT } from './deflate/memory';

/** The longest code that the format allows. */
const LONGEST_CODE: i32 = 15;
/** Longest stored block, and what one has beside its bytes, in bits: kind, up to a whole byte, length. */
const STORED_BYTES: usize = 65_535;
const STORED_BITS: u32 = 3 + 7 + 32;

/** Once, before all else. */
export function setUp(): void {
  let length: usize = 0;
  for (let symbol: u32 = 0; symbol < 28; symbol++) {
    for (let more = 1 << lengthExtraBits(symbol); more > 0 && length < 255; more--) store<u8>(LENGTH_SYMBOLS + length++, <u8>symbol);
  }
  store<u8>(LENGTH_SYMBOLS + 255, 28); // the longest has a symbol of its own
  for (let symbol = 0; symbol < LITERALS; symbol++) store<u8>(FIXED_LENGTHS + symbol, symbol < 144 ? 8 : symbol < 256 ? 9 : symbol < 280 ? 7 : 8);
  memory.fill(FIXED_LENGTHS + LITERALS, 5, DISTANCES);
}

/** Begins a new stream. */
export function begin(): void {
  forget();
  discard();
}

/**
 * Compresses the next `length` bytes of the stream, at most BLOCK_BYTES, which lie at INPUT; gives how many bytes lie at
 * OUTPUT now. Bits that are no whole byte yet come with the next block; after the last there are none.
 */
export function block(length: usize, isLast: bool): usize {
  writeTo(OUTPUT);
  const lastToken = tokenize(length);
  assignLengths(FREQUENCIES, LITERALS, LENGTHS, LONGEST_CODE);
  assignLengths(DISTANCE_FREQUENCIES, DISTANCES, LENGTHS + LITERALS, LONGEST_CODE);
  const fixed = bitsBy(FIXED_LENGTHS);
  const dynamic = prepareHeader() + bitsBy(LENGTHS);
  const last: u64 = isLast ? 1 : 0;
  if (min(fixed, dynamic) + 3 >= storedBits(length)) writeStored(length, last);
  else {
    if (fixed <= dynamic) {
      memory.copy(LENGTHS, FIXED_LENGTHS, LITERALS + DISTANCES);
      put(last | 2, 3);
    } else {
      put(last | 4, 3);
      writeHeader();
    }
    writeTokens(lastToken);
  }
  if (isLast) align();
  else pass(length);
  return written() - OUTPUT;
}

/** How many bits the block's symbols have by the codes of these lengths, with what comes behind them. */
function bitsBy(lengths: usize): u32 {
  let bits: u32 = 0;
  for (let symbol: u32 = 0; symbol < <u32>LITERALS; symbol++) {
    const extra = symbol < <u32>FIRST_LENGTH ? 0 : lengthExtraBits(symbol - <u32>FIRST_LENGTH);
    bits += load<u32>(FREQUENCIES + symbol * 4) * (load<u8>(lengths + symbol) + extra);
  }
  for (let symbol: u32 = 0; symbol < <u32>DISTANCES; symbol++) bits += load<u32>(DISTANCE_FREQUENCIES + symbol * 4) * (load<u8>(lengths + LITERALS + symbol) + distanceExtraBits(symbol));
  return bits;
}

/** How many bits the block has if it is stored, at most. */
function storedBits(length: usize): u32 {
  return <u32>(length * 8 + (length / STORED_BYTES + 1) * STORED_BITS);
}

/** RFC 1951, 3.2.4 */
function writeStored(length: usize, last: u64): void {
  let at = INPUT;
  const end = INPUT + length;
  do {
    const part = min(end - at, STORED_BYTES);
    put(at + part == end ? last : 0, 3);
    align();
    put(<u64>part | (<u64>~part & 0xffff) << 16, 32);
    putBytes(at, part);
    at += part;
  } while (at < end);
}

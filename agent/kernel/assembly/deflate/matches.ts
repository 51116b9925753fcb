// AssemblyScript. Finds in a block what was there before. Written for speed: this is two thirds of compressing.

import { DISTANCE_FREQUENCIES, DISTANCES, END_OF_BLOCK, FIRST_LENGTH, FREQUENCIES, INPUT, LENGTH_SYMBOLS, LITERALS, SEEN, SEEN_BITS, TOKENS, WINDOW_BYTES } from './memory';

/** The fewest and the most bytes of a match. */
const SHORTEST: usize = 4;
const LONGEST: usize = 258;
/** From here to its end a block is not searched: so loads stay inside of it. */
const TAIL: usize = 16;
/** After so many places without a match, as a power of two, every second one is looked at, after twice as many every third, and so on: there may be none. */
const PATIENCE_BITS: usize = 6;

/** Bytes before the block that a match may lie in, up to the window's. */
let before: usize = 0;
/** What an address in the block is, as the lower 16 bits of a position in the stream, minus that address. */
let shift: usize = 0;

/** Nothing precedes the next block. What comes out of it must not depend on what was there before. */
export function forget(): void {
  before = 0;
  shift = 0;
  memory.fill(SEEN, 0, 4 << <usize>SEEN_BITS);
}

/** The block of `length` bytes is done: its last bytes move before the next one. */
export function pass(length: usize): void {
  const kept = min(before + length, WINDOW_BYTES);
  memory.copy(INPUT - kept, INPUT + length - kept, kept);
  before = kept;
  shift += length;
}

/**
 * Makes tokens of the block of `length` bytes, counts its symbols, and gives the last token. A token is a run of literals
 * and the match behind it: `run << 28 | (length - 3) << 20 | (distance - 1) << 5 | distance symbol`; the last has no match.
 *
 * It takes the first match that comes: of records that are alike, it is nearly always that with the record before, and
 * long. Where a text was seen last is in a table with most of its hash, so that only what matches is looked at: a guess
 * of the processor that was wrong costs more than anything else here, the longer it takes to find out.
 */
export function tokenize(length: usize): usize {
  memory.fill(FREQUENCIES, 0, <usize>(LITERALS + DISTANCES) * 4);
  tally(FREQUENCIES, END_OF_BLOCK);
  const end = INPUT + length;
  const oldest = INPUT - before;
  const offset = shift; // what is kept in variables need not be loaded again
  const stop = length > TAIL ? end - TAIL : INPUT;
  let token = TOKENS;
  let at = INPUT;
  let run = INPUT; // where the run of literals begins
  let patience: usize = 1 << PATIENCE_BITS;
  while (at < stop) {
    const hash = hashAt(at);
    const slot = slotOf(hash);
    const mark = markOf(hash);
    const seen = load<u32>(slot) ^ mark;
    store<u32>(slot, (<u32>(at + offset) & 0xffff) | mark);
    if (seen < 0x10000) {
      const distance = (at + offset - <usize>seen) & 0xffff;
      if (distance - 1 < WINDOW_BYTES && distance <= at - oldest) {
        let matched = matchLength(at, at - distance, min(end - at, LONGEST));
        if (matched >= SHORTEST) {
          const most = min(LONGEST - matched, min(at - run, at - oldest - distance));
          const earlier = matchBefore(at, at - distance, most);
          at -= earlier;
          matched += earlier;
          const symbol = distanceSymbol(<u32>distance - 1);
          store<u64>(token, (<u64>(at - run) << 28) | (<u64>(matched - 3) << 20) | (<u64>(distance - 1) << 5) | <u64>symbol);
          token += 8;
          tally(FREQUENCIES, FIRST_LENGTH + <usize>load<u8>(LENGTH_SYMBOLS + matched - 3));
          tally(DISTANCE_FREQUENCIES, <usize>symbol);
          note(at + 1, offset);
          at += matched;
          run = at;
          patience = 1 << PATIENCE_BITS;
          continue;
        }
      }
    }
    const next = min(at + (patience++ >> PATIENCE_BITS), end);
    do tally(FREQUENCIES, load<u8>(at++)); while (at < next);
  }
  while (at < end) tally(FREQUENCIES, load<u8>(at++));
  store<u64>(token, <u64>(end - run) << 28);
  return token;
}

// @ts-ignore: decorator
@inline
function tally(frequencies: usize, symbol: usize): void {
  const count = frequencies + symbol * 4;
  store<u32>(count, load<u32>(count) + 1);
}

/** Of the 6 bytes there. */
// @ts-ignore: decorator
@inline
function hashAt(address: usize): u64 {
  return (load<u64>(address) << 16) * 0x9e3779b185ebca87;
}

// @ts-ignore: decorator
@inline
function slotOf(hash: u64): usize {
  return SEEN + (<usize>(hash >> (64 - SEEN_BITS)) << 2);
}

// @ts-ignore: decorator
@inline
function markOf(hash: u64): u32 {
  return <u32>(hash >> 32) << 16;
}

// @ts-ignore: decorator
@inline
function note(address: usize, offset: usize): void {
  const hash = hashAt(address);
  store<u32>(slotOf(hash), (<u32>(address + offset) & 0xffff) | markOf(hash));
}

/** How many bytes from `a` on are those from `b` on, at most `limit`. */
// @ts-ignore: decorator
@inline
function matchLength(a: usize, b: usize, limit: usize): usize {
  const same = i8x16.bitmask(i8x16.eq(v128.load(a), v128.load(b))) | (i8x16.bitmask(i8x16.eq(v128.load(a, 16), v128.load(b, 16))) << 16);
  let length: usize = 32;
  if (same != -1) length = ctz(~same);
  else {
    while (length < limit) {
      const more = i8x16.bitmask(i8x16.eq(v128.load(a + length), v128.load(b + length)));
      length += ctz(~more);
      if (more != 0xffff) break;
    }
  }
  return min(length, limit);
}

/** How many bytes before `a` are those before `b`, at most `limit`: where a match begins was not noted, or passed over. */
// @ts-ignore: decorator
@inline
function matchBefore(a: usize, b: usize, limit: usize): usize {
  let length: usize = 0;
  while (length < limit) {
    const byte = load<u8>(a - length - 1);
    if (byte != load<u8>(b - length - 1)) break;
    const count = FREQUENCIES + <usize>byte * 4; // it is no literal after all
    store<u32>(count, load<u32>(count) - 1);
    length++;
  }
  return length;
}

/** RFC 1951, 3.2.5: two symbols for each power of two, from a distance of 5 on. */
// @ts-ignore: decorator
@inline
function distanceSymbol(below: u32): u32 {
  if (below < 4) return below;
  const exponent = 31 - clz(below);
  return 2 * exponent + ((below >> (exponent - 1)) & 1);
}

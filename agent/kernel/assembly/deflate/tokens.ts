// AssemblyScript. Writes the symbols of a block. Written for speed: once for each literal and match.

import { pendingBits, pendingCount, putCode, resume, written } from './bits';
import { CODES, DISTANCE_CODES, DISTANCES, END_OF_BLOCK, INPUT, LENGTH_CODES, LENGTHS, LITERALS, TOKENS } from './memory';
import { assignCodes, assignLengthCodes, distanceExtraBits } from './prefix-code';

/** Writes the tokens up to the last, and the end of the block, by the codes that LENGTHS says. */
export function writeTokens(lastToken: usize): void {
  assignCodes(LENGTHS, LITERALS, CODES);
  assignCodes(LENGTHS + LITERALS, DISTANCES, DISTANCE_CODES);
  assignLengthCodes();
  // As `put` does, but in variables: they stay in registers, and each bit waits for those before it.
  let out = written();
  let bits = pendingBits();
  let count = pendingCount();
  let at = INPUT;
  for (let address = TOKENS; ; address += 8) {
    const token = load<u64>(address);
    const end = at + <usize>(token >> 28);
    while (at < end) {
      const literal = load<u32>(CODES + <usize>load<u8>(at++) * 4);
      bits |= <u64>(literal & 0xffffff) << count;
      count += <u64>(literal >> 24);
      store<u64>(out, bits);
      out += <usize>(count >> 3);
      bits >>= count & 56;
      count &= 7;
    }
    if (address == lastToken) break;
    // At most 48 bits: a code and 5 of the length, a code and 13 of the distance.
    const below = <usize>(token >> 20) & 255;
    const length = load<u32>(LENGTH_CODES + below * 4);
    bits |= <u64>(length & 0xffffff) << count;
    count += <u64>(length >> 24);
    const symbol = <u32>token & 31;
    const distance = load<u32>(DISTANCE_CODES + symbol * 4);
    bits |= <u64>(distance & 0xffffff) << count;
    count += <u64>(distance >> 24);
    const extra = <u64>distanceExtraBits(symbol);
    bits |= ((token >> 5) & 0x7fff & ((1 << extra) - 1)) << count;
    count += extra;
    store<u64>(out, bits);
    out += <usize>(count >> 3);
    bits >>= count & 56;
    count &= 7;
    at += below + 3;
  }
  resume(out, bits, count);
  putCode(load<u32>(CODES + END_OF_BLOCK * 4));
}

// AssemblyScript. Where everything lies in the kernel's memory, which is its own: addresses and sizes in bytes. What the
// compiler puts there itself lies below 2048.

/** How far back a match may lie: RFC 1951, 2. */
export const WINDOW_BYTES: usize = 32_768;
/** Longest input of one block. */
export const BLOCK_BYTES: usize = 131_072;
/** Loads and stores of 16 bytes may reach beyond what is meant, comparing by as much as two of them. */
const SLACK: usize = 64;

/** Symbols of literals and lengths, of which 286 are used, and of distances, of which 30 are used. */
export const LITERALS: i32 = 288;
export const DISTANCES: i32 = 32;
/** Symbols by which code lengths are written. */
export const PRE_SYMBOLS: i32 = 19;
export const END_OF_BLOCK: usize = 256;
/** The symbol of the shortest length, 3. */
export const FIRST_LENGTH: usize = 257;

/** How often each symbol comes in the block: u32 each, those of distances behind those of literals and lengths. */
export const FREQUENCIES: usize = 2048;
export const DISTANCE_FREQUENCIES: usize = FREQUENCIES + <usize>LITERALS * 4;
export const PRE_FREQUENCIES: usize = DISTANCE_FREQUENCIES + <usize>DISTANCES * 4;
/** Bits of each symbol's code: u8 each, in the same order. */
export const LENGTHS: usize = PRE_FREQUENCIES + <usize>PRE_SYMBOLS * 4 + 4;
export const PRE_LENGTHS: usize = LENGTHS + <usize>(LITERALS + DISTANCES);
/** Bits of the codes that need no header: RFC 1951, 3.2.6. As LENGTHS. */
export const FIXED_LENGTHS: usize = PRE_LENGTHS + 32;
/** The codes: u32 each, first bit lowest, with their number of bits in the topmost byte. */
export const CODES: usize = FIXED_LENGTHS + <usize>(LITERALS + DISTANCES);
export const DISTANCE_CODES: usize = CODES + <usize>LITERALS * 4;
export const PRE_CODES: usize = DISTANCE_CODES + <usize>DISTANCES * 4;
/** The codes of all lengths from 3 to 258 with their extra bits, in the same form. */
export const LENGTH_CODES: usize = PRE_CODES + <usize>PRE_SYMBOLS * 4;
/** For each length from 3 on its symbol, from FIRST_LENGTH on: u8 each. */
export const LENGTH_SYMBOLS: usize = LENGTH_CODES + 256 * 4;
/** The code lengths of a header, shortened: u16 each, a symbol and its extra bits from the sixth bit on. */
export const RUNS: usize = LENGTH_SYMBOLS + 256;
/** What making a code needs: symbols by frequency, u32 each; the tree; how many codes have how many bits; the next code. */
export const SORTED: usize = RUNS + <usize>(LITERALS + DISTANCES) * 2;
export const TREE: usize = SORTED + <usize>LITERALS * 4;
export const COUNTS: usize = TREE + <usize>LITERALS * 4;
export const NEXT_CODES: usize = COUNTS + 64;

/** Where a text of 6 bytes was seen last: u32 each, the lower 16 bits of its position, the others of its hash. */
export const SEEN: usize = 16_384;
export const SEEN_BITS: u64 = 14;
/** What is compressed: the block, and before it what precedes it. */
export const INPUT: usize = SEEN + (4 << <usize>SEEN_BITS) + WINDOW_BYTES;
/** u64 each: see matches.ts. A match has 4 bytes at least, and one more token ends the block. */
export const TOKENS: usize = INPUT + BLOCK_BYTES + SLACK;
/** A block that got longer than the stored one would be is stored, so 3 headers of 5 bytes are all that is added. */
export const OUTPUT: usize = TOKENS + (BLOCK_BYTES / 4 + 1) * 8;
export const END: usize = OUTPUT + BLOCK_BYTES + 16 + SLACK;

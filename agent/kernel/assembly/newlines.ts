// AssemblyScript. The plain version is in ../kernel.ts; a test holds the two against each other.

/** Stores the addresses of the newlines in [start, end) as 32-bit integers at `table`, at most `limit`; gives their number. */
export function newlines(start: usize, end: usize, table: usize, limit: i32): i32 {
  let count = 0;
  for (let at = start; at < end; at += 16) {
    let found = i8x16.bitmask(i8x16.eq(v128.load(at), i8x16.splat(0x0a)));
    if (end - at < 16) found &= (1 << <i32>(end - at)) - 1;
    while (found != 0) {
      if (count == limit) return count;
      store<u32>(table + ((<usize>count) << 2), <u32>(at + <usize>ctz(found)));
      count++;
      found &= found - 1;
    }
  }
  return count;
}

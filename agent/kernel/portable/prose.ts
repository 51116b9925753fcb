// AssemblyScript. What the kernel of parsers/extract/prose.ts shows besides: `scan` is that of parsers/extract/prose.ts.

/** The message has several lines: nothing was done. */
const REFUSED: i32 = -1;

/** `readProse` for a message of one line at [start, end), counted from the address `bytes`. */
export function read(bytes: usize, start: i32, end: i32, taken: i32): i32 {
  return hasNewline(bytes + start, bytes + end) ? REFUSED : readProse(changetype<Bytes>(bytes), start, end, taken);
}

/** Addresses of the findings, in the order of `Findings`; then where this kernel's memory ends. */
export function findings(index: i32): usize {
  switch (index) {
    case 0: return changetype<usize>(scan.from);
    case 1: return changetype<usize>(scan.to);
    case 2: return changetype<usize>(scan.numbers);
    case 3: return changetype<usize>(scan.rules);
    default: return heap.alloc(1);
  }
}

function hasNewline(start: usize, end: usize): bool {
  for (let at = start; at < end; at += 16) {
    let found = i8x16.bitmask(i8x16.eq(v128.load(at), i8x16.splat(0x0a)));
    if (end - at < 16) found &= (1 << <i32>(end - at)) - 1;
    if (found != 0) return true;
  }
  return false;
}

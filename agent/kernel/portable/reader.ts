// AssemblyScript. How the kernel that is made of parsers/header/read.ts and parsers/extract/prose.ts is called.

const theChunk = changetype<Chunk>(heap.alloc(16));

/** `readHeader` for the record at [start, end), counted from the address `bytes`. */
export function headerAt(bytes: usize, valid: bool, start: i32, end: i32, event: usize): bool {
  theChunk.bytes = changetype<Bytes>(bytes);
  theChunk.valid = valid;
  attach(theChunk, changetype<LogEvent>(event));
  return readHeader(theChunk, start, end, changetype<LogEvent>(event));
}

/** `readMembers` for the table at that address. */
export function membersAt(bytes: usize, valid: bool, table: usize, count: i32, event: usize): bool {
  theChunk.bytes = changetype<Bytes>(bytes);
  theChunk.valid = valid;
  return readMembers(theChunk, changetype<Ints>(table), count, changetype<LogEvent>(event));
}

export function useKeysAt(meanings: usize, keys: usize): void {
  useKeys(changetype<Ints>(meanings), changetype<Ints>(keys));
}

/** `readProse`: 0 done, 1 it may be a line of columns, 2 the message has several lines and nothing was done. */
export function proseAt(bytes: usize, valid: bool, start: i32, end: i32, event: usize): i32 {
  if (hasNewline(bytes + start, bytes + end)) return 2;
  theChunk.bytes = changetype<Bytes>(bytes);
  theChunk.valid = valid;
  attach(theChunk, changetype<LogEvent>(event));
  return readProse(theChunk, start, end, changetype<LogEvent>(event)) ? 1 : 0;
}

export function settleAt(event: usize): void {
  settleProse(changetype<LogEvent>(event));
}

/** Where the memory of this kernel ends. */
export function memoryEnd(): usize {
  return heap.alloc(1);
}

function hasNewline(start: usize, end: usize): bool {
  for (let at = start; at < end; at += 16) {
    let found = i8x16.bitmask(i8x16.eq(v128.load(at), i8x16.splat(0x0a)));
    if (end - at < 16) found &= (1 << <i32>(end - at)) - 1;
    if (found != 0) return true;
  }
  return false;
}

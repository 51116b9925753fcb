// AssemblyScript. Finds the members of a JSON object, 16 bytes at a time. The plain version is
// parsers/values/json-scan.ts; a test holds the two against each other. Types and rows are those of that file.

const STRING: i32 = 0;
const ESCAPED: i32 = 1;
const NUMBER: i32 = 2;
const WORD: i32 = 3;
const NULL: i32 = 4;
const OBJECT: i32 = 5;
const ARRAY: i32 = 6;
/** Added to a type: an object inside may have a key twice, which only a closer look can tell. */
const DOUBTFUL: i32 = 16;
/** Added to the result: a key may be there twice, or was too unusual to tell. */
const UNSURE: i32 = 0x10000;
/** Added to the result: some rows have no id yet. */
const UNKNOWN: i32 = 0x20000;

const ROW_BYTES: usize = 24;
const MAX_DEPTH: i32 = 64;

// Keys met before: 1024 entries of length plus one and container, id, the scan that met it last, a free word, and 32 bytes of key.
const ENTRIES: u32 = 1024;
const ENTRY_BYTES: usize = 48;
const PROBES: u32 = 4;
const LONGEST: usize = 32;
/** Id of an entry nobody has given a meaning yet. */
const UNRESOLVED: i32 = -3;

let keys: usize = 0;
let stack: usize = 0;
let scan: u32 = 0;
let escaped: bool = false;
let doubtful: bool = false;
let flags: i32 = 0;

let ownTable: usize = 0;
let ownLimit: i32 = 0;
let ownBase: usize = 0;

/** For `list`: where its rows go, at most how many, and what its positions count from. */
export function setUpList(table: usize, limit: i32, base: usize): void {
  ownTable = table;
  ownLimit = limit;
  ownBase = base;
}

/** `members` at the top for another kernel: start and end count from the base. */
export function list(start: i32, end: i32): i32 {
  return members(ownBase + <usize>start, ownBase + <usize>end, ownTable, ownLimit, ownBase, -1);
}

/** Where the table of keys (48 KiB) and the stack for nested objects (64 × 264 bytes) lie. */
export function setUp(keysAddress: usize, stackAddress: usize): void {
  keys = keysAddress;
  stack = stackAddress;
}

/**
 * Lists the members of the object that is all of [start, end) but white space, as rows of six integers at `table`, at
 * most `limit`; positions count from `base`. The sixth integer is the key's id, or -16 minus the number of the entry
 * that waits for one, or -3 for a key that is too long. -1: no valid object, or too many members.
 */
export function members(start: usize, end: usize, table: usize, limit: i32, base: usize, container: i32): i32 {
  scan++;
  flags = 0;
  let at = space(start, end);
  if (at >= end || load<u8>(at) != 0x7b) return -1;
  at = space(at + 1, end);
  if (at < end && load<u8>(at) == 0x7d) return space(at + 1, end) == end ? 0 : -1;
  let row = table;
  for (let count = 1; count <= limit; count++) {
    if (at >= end || load<u8>(at) != 0x22) return -1;
    const key = at + 1;
    at = stringEnd(key, end);
    if (at == 0) return -1;
    store<u32>(row, <u32>(key - base));
    store<u32>(row, <u32>(at - 1 - base), 4);
    if (escaped) flags |= UNSURE;
    store<i32>(row, identify(key, at - 1 - key, container), 20);
    at = space(at, end);
    if (at >= end || load<u8>(at) != 0x3a) return -1;
    at = space(at + 1, end);
    store<u32>(row, <u32>(at - base), 8);
    if (at >= end) return -1;
    const first = load<u8>(at);
    let type: i32;
    if (first == 0x22) {
      at = stringEnd(at + 1, end);
      type = escaped ? ESCAPED : STRING;
    } else if (first == 0x7b || first == 0x5b) {
      doubtful = false;
      at = nested(at, end);
      type = (first == 0x7b ? OBJECT : ARRAY) | (doubtful ? DOUBTFUL : 0);
    } else {
      at = scalar(at, end);
      type = first == 0x6e ? NULL : first == 0x74 || first == 0x66 ? WORD : NUMBER;
    }
    if (at == 0) return -1;
    store<u32>(row, <u32>(at - base), 12);
    store<i32>(row, type, 16);
    row += ROW_BYTES;
    at = space(at, end);
    if (at >= end) return -1;
    const next = load<u8>(at);
    if (next == 0x7d) return space(at + 1, end) == end ? count | flags : -1;
    if (next != 0x2c) return -1;
    at = space(at + 1, end);
  }
  return -1;
}

// @ts-ignore: decorator
@inline
function space(at: usize, end: usize): usize {
  while (at < end) {
    const byte = load<u8>(at);
    if (byte > 0x20 || (byte != 0x20 && byte != 0x0a && byte != 0x0d && byte != 0x09)) break;
    at++;
  }
  return at;
}

/** Position behind the closing quote of the string whose text begins at `at`; 0: not valid. Sets `escaped`. */
function stringEnd(at: usize, end: usize): usize {
  escaped = false;
  while (at < end) {
    const block = v128.load(at);
    const special = i8x16.bitmask(v128.or(
      v128.or(i8x16.eq(block, i8x16.splat(0x22)), i8x16.eq(block, i8x16.splat(0x5c))),
      i8x16.lt_u(block, i8x16.splat(0x20)),
    ));
    if (special == 0) {
      at += 16;
      continue;
    }
    at += <usize>ctz(special);
    if (at >= end) return 0;
    const byte = load<u8>(at);
    if (byte == 0x22) return at + 1;
    if (byte != 0x5c) return 0;
    escaped = true;
    at = escapeEnd(at + 1, end);
    if (at == 0) return 0;
  }
  return 0;
}

function escapeEnd(at: usize, end: usize): usize {
  if (at >= end) return 0;
  const byte = load<u8>(at);
  if (byte == 0x75) {
    if (at + 4 >= end) return 0;
    for (let i: usize = 1; i <= 4; i++) {
      const digit = load<u8>(at + i);
      const letter = digit | 0x20;
      if (!((digit >= 0x30 && digit <= 0x39) || (letter >= 0x61 && letter <= 0x66))) return 0;
    }
    return at + 5;
  }
  if (byte == 0x22 || byte == 0x5c || byte == 0x2f || byte == 0x62 || byte == 0x66 || byte == 0x6e || byte == 0x72 || byte == 0x74) return at + 1;
  return 0;
}

/** Position behind the number or word at `at`; 0: none. */
function scalar(at: usize, end: usize): usize {
  const byte = load<u8>(at);
  if (byte == 0x74) return at + 4 <= end && load<u32>(at) == 0x65757274 ? at + 4 : 0; // true
  if (byte == 0x6e) return at + 4 <= end && load<u32>(at) == 0x6c6c756e ? at + 4 : 0; // null
  if (byte == 0x66) return at + 5 <= end && load<u32>(at, 1) == 0x65736c61 ? at + 5 : 0; // false
  if (byte == 0x2d) at++;
  if (at >= end) return 0;
  if (load<u8>(at) == 0x30) at++;
  else {
    const first = at;
    at = digits(at, end);
    if (at == first) return 0;
  }
  if (at < end && load<u8>(at) == 0x2e) {
    const first = ++at;
    at = digits(at, end);
    if (at == first) return 0;
  }
  if (at < end && (load<u8>(at) | 0x20) == 0x65) {
    at++;
    if (at < end && (load<u8>(at) == 0x2b || load<u8>(at) == 0x2d)) at++;
    const first = at;
    at = digits(at, end);
    if (at == first) return 0;
  }
  return at;
}

// @ts-ignore: decorator
@inline
function digits(at: usize, end: usize): usize {
  while (at < end && load<u8>(at) - 0x30 <= 9) at++;
  return at;
}

/** Keys of one object that are told apart by their hashes; with more of them it is doubtful. */
const FEW: i32 = 32;
const LEVEL_BYTES: usize = 264;

/** Position behind the object or array at `at`; 0: not valid. Sets `doubtful`. */
function nested(at: usize, end: usize): usize {
  // A level of the stack: 1 for an object, the number of its keys, their 64-bit hashes.
  let depth = 0;
  let level = stack;
  let isObject = load<u8>(at) == 0x7b;
  store<u32>(level, isObject);
  store<i32>(level, 0, 4);
  at = space(at + 1, end);
  let empty = at < end && load<u8>(at) == (isObject ? 0x7d : 0x5d);
  while (at < end) {
    if (empty) {
      empty = false;
    } else {
      if (isObject) {
        if (load<u8>(at) != 0x22) return 0;
        const key = at + 1;
        at = stringEnd(key, end);
        if (at == 0) return 0;
        if (escaped) doubtful = true;
        remember(level, keyHash(key, at - 1 - key));
        at = space(at, end);
        if (at >= end || load<u8>(at) != 0x3a) return 0;
        at = space(at + 1, end);
        if (at >= end) return 0;
      }
      const first = load<u8>(at);
      if (first == 0x22) at = stringEnd(at + 1, end);
      else if (first == 0x7b || first == 0x5b) {
        if (++depth >= MAX_DEPTH - 1) return 0;
        level += LEVEL_BYTES;
        isObject = first == 0x7b;
        store<u32>(level, isObject);
        store<i32>(level, 0, 4);
        at = space(at + 1, end);
        empty = at < end && load<u8>(at) == (isObject ? 0x7d : 0x5d);
        continue;
      } else at = scalar(at, end);
      if (at == 0) return 0;
      at = space(at, end);
      if (at >= end) return 0;
    }
    // behind a value, or at the end of an empty object: close as many as close here
    for (;;) {
      const byte = load<u8>(at);
      if (byte == 0x2c) {
        at = space(at + 1, end);
        break;
      }
      if (byte != (isObject ? 0x7d : 0x5d)) return 0;
      at++;
      if (depth-- == 0) return at;
      level -= LEVEL_BYTES;
      isObject = load<u32>(level) == 1;
      at = space(at, end);
      if (at >= end) return 0;
    }
  }
  return 0;
}

/** Equal for equal keys; for keys over 16 bytes the middle does not count, so equal ones are only doubtful. */
// @ts-ignore: decorator
@inline
function keyHash(key: usize, length: usize): u64 {
  let first = load<u64>(key);
  let last: u64 = 0;
  if (length < 8) first &= ((<u64>1) << (<u64>length << 3)) - 1;
  else last = load<u64>(key + length - 8);
  return ((first ^ (<u64>length << 56)) * 0x9e3779b97f4a7c15) ^ (last * 0xc2b2ae3d27d4eb4f);
}

function remember(level: usize, hash: u64): void {
  const count = load<i32>(level, 4);
  if (count >= FEW) {
    doubtful = true;
    return;
  }
  for (let i = 0; i < count; i++) if (load<u64>(level + (<usize>i << 3), 8) == hash) doubtful = true;
  store<u64>(level + (<usize>count << 3), hash, 8);
  store<i32>(level, count + 1, 4);
}

/** Id of the key in its container, or which entry waits for one. Notes that this scan has met it. */
function identify(key: usize, length: usize, container: i32): i32 {
  if (length > LONGEST) {
    flags |= UNSURE | UNKNOWN;
    return UNRESOLVED;
  }
  const tag = (<u32>length + 1) | (<u32>(container + 1) << 8); // never 0, which is a free entry
  const hash = keyHash(key, length) ^ (<u64>tag * 0x165667b19e3779f9);
  const home = <u32>(hash ^ (hash >> 29) ^ (hash >> 47)) & (ENTRIES - 1);
  let slot = home;
  for (let probe: u32 = 0; probe < PROBES; probe++) {
    slot = (home + probe) & (ENTRIES - 1);
    const entry = keys + <usize>slot * ENTRY_BYTES;
    const known = load<u32>(entry);
    if (known == 0) return enter(entry, slot, tag, key, length);
    if (known != tag || !same(entry + 16, key, length)) continue;
    if (load<u32>(entry, 8) == scan) flags |= UNSURE;
    store<u32>(entry, scan, 8);
    const id = load<i32>(entry, 4);
    return id == UNRESOLVED ? unresolved(slot) : id;
  }
  // All places are taken: the key's first one is given up, unless this scan needs it to see keys that come twice.
  const entry = keys + <usize>home * ENTRY_BYTES;
  if (load<u32>(entry, 8) == scan) flags |= UNSURE;
  return enter(entry, home, tag, key, length);
}

function enter(entry: usize, slot: u32, tag: u32, key: usize, length: usize): i32 {
  store<u32>(entry, tag);
  store<i32>(entry, UNRESOLVED, 4);
  store<u32>(entry, scan, 8);
  memory.copy(entry + 16, key, length);
  return unresolved(slot);
}

function unresolved(slot: u32): i32 {
  flags |= UNKNOWN;
  return -16 - <i32>slot;
}

// @ts-ignore: decorator
@inline
function same(entry: usize, key: usize, length: usize): bool {
  let i: usize = 0;
  while (i + 8 <= length) {
    if (load<u64>(entry + i) != load<u64>(key + i)) return false;
    i += 8;
  }
  const rest = length - i;
  return rest == 0 || ((load<u64>(entry + i) ^ load<u64>(key + i)) << (<u64>(8 - rest) << 3)) == 0;
}

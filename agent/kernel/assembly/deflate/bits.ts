// AssemblyScript. Writes bits: the first goes into the lowest of a byte. RFC 1951, 3.1.1.

/** Where the next byte goes, and the bits that are no whole byte yet: fewer than 8 between two calls. */
let out: usize = 0;
let bits: u64 = 0;
let count: u64 = 0;

/** Forgets bits that were not written. */
export function discard(): void {
  resume(0, 0, 0);
}

/** Goes on where somebody else has written. */
export function resume(address: usize, pending: u64, pendingCount: u64): void {
  out = address;
  bits = pending;
  count = pendingCount;
}

export function pendingBits(): u64 {
  return bits;
}

export function pendingCount(): u64 {
  return count;
}

export function writeTo(address: usize): void {
  out = address;
}

export function written(): usize {
  return out;
}

/** Writes the lower `width` bits of `value`, whose others are 0; at most 56. */
// @ts-ignore: decorator
@inline
export function put(value: u64, width: u64): void {
  bits |= value << count;
  count += width;
  store<u64>(out, bits);
  out += <usize>(count >> 3);
  bits >>= count & 56;
  count &= 7;
}

/** A code, its number of bits in the topmost byte. */
// @ts-ignore: decorator
@inline
export function putCode(code: u32): void {
  put(<u64>(code & 0xffffff), <u64>(code >> 24));
}

/** Zeros up to the next whole byte. */
export function align(): void {
  put(0, <u64>(-<i64>count & 7));
}

/** Bytes as they are; what was written before is aligned. */
export function putBytes(address: usize, length: usize): void {
  memory.copy(out, address, length);
  out += length;
}

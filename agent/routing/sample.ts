import { ID_BYTES } from '../encoder.ts';

/** Of a source, by its id in memory. */
export function seedOf(bytes: Uint8Array, idAddress: number): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < ID_BYTES; i++) hash = Math.imul(hash ^ (bytes[idAddress + i] as number), 0x01000193); // FNV-1a
  return hash;
}

/**
 * Whether a record is in a share of all: by its id alone, so that a replay chooses the same. What is in a share is in
 * every larger one.
 */
export function isSampled(seed: number, offset: number, length: number, share: number): boolean {
  let hash = mix(seed ^ (offset | 0));
  hash = mix(hash ^ Math.floor(offset / 2 ** 32));
  hash = mix(hash ^ length);
  return (hash >>> 0) < share * 2 ** 32;
}

/** The finalizer of MurmurHash3: neighbouring offsets get values that have nothing in common. */
function mix(value: number): number {
  let hash = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}

import { createHash } from 'node:crypto';
import { fstatSync, readSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import type { Checkpoint } from '../state/checkpoints.ts';

/** The prefix grows with the file up to this many bytes: more than a banner, and one page. */
export const PREFIX_BYTES = 4_096;
/** Bytes before a position that tell whether the file is still the one that was read. */
export const MARKER_BYTES = 64;

/** The shortest step of a prefix, in bytes; each of the others is twice as long as the one before it. */
const FIRST_STEP = 32;

const scratch = new Uint8Array(PREFIX_BYTES);

/** Reads [start, end) of a file into memory that the next call uses again. Shorter than asked for where the file ends. */
export function peek(descriptor: number, start: number, end: number): Uint8Array {
  let length = 0;
  while (start + length < end) {
    const read = readSync(descriptor, scratch, length, end - start - length, start + length);
    if (read === 0) break;
    length += read;
  }
  return scratch.subarray(0, length);
}

/** Hash of a file's first bytes, at most `limit` and PREFIX_BYTES of them. */
export function prefixOf(descriptor: number, limit: number): Checkpoint['prefix'] {
  const bytes = peek(descriptor, 0, Math.min(limit, PREFIX_BYTES));
  return { bytes: bytes.length, hash: hashOf(bytes), steps: stepsOf(bytes) };
}

/** Whether an open file begins with what a prefix was taken of. */
export function hasPrefix(descriptor: number, { bytes, hash }: Checkpoint['prefix']): boolean {
  return hashOf(peek(descriptor, 0, bytes)) === hash;
}

/** Hash of the bytes before `end`. */
export function markerOf(descriptor: number, end: number): Checkpoint['marker'] {
  const bytes = peek(descriptor, Math.max(0, end - MARKER_BYTES), end);
  return { end, bytes: bytes.length, hash: hashOf(bytes) };
}

/** Nothing was in its file when it was seen: any content may be what came then. */
export function isOfEmpty({ prefix }: Checkpoint): boolean {
  return prefix.bytes === 0;
}

/** Whether a file of `size` bytes still holds what a checkpoint was taken of; never, if that was nothing. */
export function isSameContent(descriptor: number, size: number, { offset, prefix, marker, gzip }: Checkpoint): boolean {
  if (prefix.bytes === 0 || (gzip === undefined && size < offset) || size < prefix.bytes) return false;
  if (!hasPrefix(descriptor, prefix)) return false;
  // Shorter than what was read of it, yet longer than what is safe: a power failure took bytes that were never synced.
  return size < marker.end || hasMarker(descriptor, marker);
}

/**
 * Whether a file of `size` bytes holds the beginning, and not all, of what is known of another by its checkpoint: it is a
 * copy of that, made before the last of it was written.
 */
export function isShorterCopy(descriptor: number, size: number, { prefix, marker, gzip }: Checkpoint): boolean {
  if (gzip !== undefined || size >= Math.max(prefix.bytes, marker.end)) return false;
  return (size >= prefix.bytes ? hasPrefix(descriptor, prefix) : hasStep(descriptor, size, prefix)) && (size < marker.end || hasMarker(descriptor, marker));
}

/** Whether a file of `size` bytes is a copy of what a checkpoint was taken of, at whatever time it was made. */
export function isCopyOfKnown(descriptor: number, size: number, checkpoint: Checkpoint): boolean {
  return isSameContent(descriptor, size, checkpoint) || isShorterCopy(descriptor, size, checkpoint);
}

/** Whether a file of `size` bytes is the beginning of another, by its first bytes and its last. Both are open. */
export function isBeginningOf(copy: number, size: number, original: number): boolean {
  if (size === 0 || size > fstatSync(original).size) return false;
  const parts = [[0, Math.min(size, PREFIX_BYTES)], [Math.max(0, size - MARKER_BYTES), size]] as const;
  return parts.every(([start, end]) => hashOf(peek(copy, start, end)) === hashOf(peek(original, start, end)));
}

/** SHA-256, cut short. */
export function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('base64url').slice(0, 22);
}

function hasMarker(descriptor: number, { end, bytes, hash }: Checkpoint['marker']): boolean {
  return hashOf(peek(descriptor, end - bytes, end)) === hash;
}

/** Checksums of the first 32, 64, 128 … bytes, as far as these are not all: what is shorter than all of them is known by them. */
function stepsOf(bytes: Uint8Array): number[] {
  const steps: number[] = [];
  for (let end = FIRST_STEP; end < bytes.length; end *= 2) steps.push(crc32(bytes.subarray(0, end)));
  return steps;
}

/** Whether a file of `size` bytes, shorter than a prefix, begins as that does. */
function hasStep(descriptor: number, size: number, { steps = [] }: Checkpoint['prefix']): boolean {
  const at = steps.findLastIndex((_, step) => FIRST_STEP * 2 ** step <= size);
  return at >= 0 && crc32(peek(descriptor, 0, FIRST_STEP * 2 ** at)) === steps[at];
}

import { createHash } from 'node:crypto';
import { readSync } from 'node:fs';
import type { Checkpoint } from '../state/checkpoints.ts';

/** The prefix grows with the file up to this many bytes: more than a banner, and one page. */
export const PREFIX_BYTES = 4_096;
/** Bytes before a position that tell whether the file is still the one that was read. */
export const MARKER_BYTES = 64;

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
  return { bytes: bytes.length, hash: hashOf(bytes) };
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
  if (hashOf(peek(descriptor, 0, prefix.bytes)) !== prefix.hash) return false;
  // Shorter than what was read of it, yet longer than what is safe: a power failure took bytes that were never synced.
  return size < marker.end || hashOf(peek(descriptor, marker.end - marker.bytes, marker.end)) === marker.hash;
}

/** SHA-256, cut short. */
export function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('base64url').slice(0, 22);
}

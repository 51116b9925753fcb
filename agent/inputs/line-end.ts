import { readSync } from 'node:fs';

const LOOK_BACK_BYTES = 65_536;
const NEWLINE = 10;

/** Offset behind the last newline before `size`: where the next record begins. `size` when there is none within 64 KiB. */
export function lastLineEnd(descriptor: number, size: number): number {
  const start = Math.max(0, size - LOOK_BACK_BYTES);
  const bytes = Buffer.alloc(size - start);
  const length = readSync(descriptor, bytes, 0, bytes.length, start);
  const newline = bytes.subarray(0, length).lastIndexOf(NEWLINE);
  return newline === -1 && start > 0 ? size : start + newline + 1;
}

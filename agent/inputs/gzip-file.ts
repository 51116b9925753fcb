import { closeSync, openSync, readSync } from 'node:fs';

/** Identification and method: deflate, the only one there is. */
const HEAD = Buffer.from([0x1f, 0x8b, 0x08]);

/** Whether a file begins as those of gzip do. */
export function isGzip(path: string): boolean {
  try {
    const descriptor = openSync(path, 'r');
    try {
      const head = Buffer.alloc(HEAD.length);
      readSync(descriptor, head, 0, head.length, 0);
      return head.equals(HEAD);
    } finally {
      closeSync(descriptor);
    }
  } catch {
    return false; // gone, or not ours to read: whoever opens it finds out
  }
}

import { Byte, whole, skipDigits } from './bytes.ts';

/** Value of the syslog priority `<0>` to `<191>` at `at`; -1 when there is none. */
export function readPriority(bytes: Uint8Array, at: number, end: number): number {
  if (bytes[at] !== Byte.LESS) return -1;
  const to = skipDigits(bytes, at + 1, Math.min(end, at + 5));
  if (to === at + 1 || to > at + 4 || bytes[to] !== Byte.GREATER || to >= end) return -1;
  const value = whole(bytes, at + 1, to);
  return value > 191 ? -1 : value;
}

/** Where the priority ends that `readPriority` read at `at`. */
export function priorityEnd(bytes: Uint8Array, at: number): number {
  return skipDigits(bytes, at + 1, at + 5) + 1;
}

import { Byte } from '../values/bytes.ts';

/** What is nested deeper counts as this deep. */
export const MAX_DEPTH = 4095;

/**
 * Brackets that are open after the line at [start, end), of `depth` that were before: 0 when the last one has closed, whatever
 * stands behind it. Brackets in quotes do not count, and no quoted text goes over a line's end.
 */
export function depthAfter(bytes: Uint8Array, start: number, end: number, depth: number): number {
  let quote = 0;
  for (let at = start; at < end; at++) {
    const byte = bytes[at];
    if (quote !== 0) {
      if (byte === 0x5c) at++;
      else if (byte === quote) quote = 0;
    } else if (byte === Byte.QUOTE || byte === Byte.APOSTROPHE) quote = byte;
    else if (byte === Byte.OPEN_BRACE || byte === Byte.OPEN_BRACKET) depth++;
    else if ((byte === Byte.CLOSE_BRACE || byte === Byte.CLOSE_BRACKET) && --depth <= 0) return 0;
  }
  return Math.min(depth, MAX_DEPTH);
}

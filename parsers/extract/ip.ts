import { Byte, isDigit, isHexDigit } from '../values/bytes.ts';
import { FOLD } from '../values/word-table.ts';

/** Where the IPv4 address that begins at `at` ends, or -1. */
export function ipv4End(bytes: Uint8Array, at: number, end: number): number {
  let to = at;
  for (let part = 0; part < 4; part++) {
    if (part > 0) {
      if (to >= end || bytes[to] !== Byte.DOT) return -1;
      to++;
    }
    const from = to;
    let value = 0;
    while (to < end && to < from + 3 && isDigit(bytes[to])) value = value * 10 + (bytes[to++] as number) - 0x30;
    if (to === from || value > 255) return -1;
  }
  if (to < end && ((FOLD[bytes[to] as number] as number) > 1 || (bytes[to] === Byte.DOT && to + 1 < end && (FOLD[bytes[to + 1] as number] as number) > 1))) return -1;
  return to;
}

/** Where the IPv6 address that begins at `at` ends, or -1. It has `::` or all of its eight groups: a time of day has neither. */
export function ipv6End(bytes: Uint8Array, at: number, end: number): number {
  let to = at;
  let colons = 0;
  let doubles = 0;
  let digits = 0;
  for (const limit = Math.min(end, at + 46); to < limit; to++) {
    const byte = bytes[to] as number;
    if (byte === Byte.COLON) {
      if (bytes[to - 1] === Byte.COLON && to > at && ++doubles > 1) return -1;
      colons++;
      digits = 0;
    } else if (!isHexDigit(byte) || ++digits > 4) break;
  }
  if (to < end && bytes[to] === Byte.DOT) return -1;
  if (to - at === 2) return -1; // `::`: any
  return (doubles === 1 && colons > 1 && colons < 8) || (doubles === 0 && colons === 7) ? to : -1;
}

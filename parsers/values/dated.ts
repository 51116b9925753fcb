import { Byte, isDigit } from './bytes.ts';

/** `2026-11-22 1` or `2026-11-22T1`: whether the record at [start, end) begins with a date of ISO 8601 and a time. Portable: see extract/prose.ts. */
export function isDated(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start < 12 || bytes[start + 4] !== Byte.DASH || bytes[start + 7] !== Byte.DASH || (bytes[start + 10] !== Byte.SPACE && bytes[start + 10] !== LETTER_T)) return false;
  for (let at = start; at < start + 12; at++) if (!isDigit(bytes[at]) && at !== start + 4 && at !== start + 7 && at !== start + 10) return false;
  return true;
}

const LETTER_T = 0x54;

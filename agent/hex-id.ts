/** Whether the bytes are an id as W3C and B3 write it: 16 or 32 hexadecimal digits. */
export function isHexId(bytes: Uint8Array, start: number, length: number): boolean {
  if (length !== 16 && length !== 32) return false;
  for (let at = start; at < start + length; at++) if (hexDigit(bytes[at] as number) < 0) return false;
  return true;
}

/** The 32-bit number that eight hexadecimal digits are. */
export function hex32(bytes: Uint8Array, start: number): number {
  let value = 0;
  for (let at = start; at < start + 8; at++) value = (value << 4) | hexDigit(bytes[at] as number);
  return value;
}

/** The value of a hexadecimal digit; -1 if it is none. */
export function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}

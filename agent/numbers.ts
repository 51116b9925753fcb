/** Reads a JSON number: a whole one digit by digit, without a string. */
export function readNumber(bytes: Uint8Array, address: number, length: number): number {
  let value = 0;
  for (let at = address; at < address + length; at++) {
    const digit = (bytes[at] as number) - 0x30;
    if (digit < 0 || digit > 9 || length > 15) return Number(Buffer.from(bytes.buffer, address, length).toString('latin1'));
    value = value * 10 + digit;
  }
  return value;
}

/** Writes a finite number as JSON and gives its length: integers digit by digit, since a string per line is what a hot path can't afford. */
export function writeNumber(bytes: Uint8Array, address: number, value: number): number {
  if (!Number.isInteger(value) || value < 0 || value > 0x7fffffff) {
    const text = String(Object.is(value, -0) ? 0 : value);
    for (let i = 0; i < text.length; i++) bytes[address + i] = text.charCodeAt(i);
    return text.length;
  }
  let digits = 1;
  for (let rest = value; rest >= 10; rest = (rest / 10) | 0) digits++;
  let rest = value;
  for (let at = address + digits - 1; at >= address; at--) {
    const next = (rest / 10) | 0;
    bytes[at] = 0x30 + rest - next * 10;
    rest = next;
  }
  return digits;
}

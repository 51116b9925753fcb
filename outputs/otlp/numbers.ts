import { isDigit, type Moment } from '../rfc3339.ts';

/** How a JSON number is sent: what is too large for its type goes as text, digit by digit. */
export type NumberType = 'small' | 'integer' | 'double' | 'text';

const SMALL_DIGITS = 15; // certainly below 2^53
const LARGEST = 2n ** 63n;
const [MINUS, ZERO] = [0x2d, 0x30];

export function numberType(json: Buffer, start: number, end: number): NumberType {
  for (let at = json[start] === MINUS ? start + 1 : start; at < end; at++) if (!isDigit(json[at])) return Number.isFinite(Number(json.toString('latin1', start, end))) ? 'double' : 'text';
  if (end - start <= SMALL_DIGITS) return 'small';
  const value = BigInt(json.toString('latin1', start, end));
  return value < LARGEST && value >= -LARGEST ? 'integer' : 'text';
}

/** The value of digits, with or without a minus, that are 'small'. */
export function smallInteger(json: Buffer, start: number, end: number): number {
  let value = 0;
  for (let at = json[start] === MINUS ? start + 1 : start; at < end; at++) value = value * 10 + (json[at] as number) - ZERO;
  return json[start] === MINUS ? -value : value;
}

/** Nanoseconds since 1970 as decimal digits: no JavaScript number holds them. */
export function nanosText({ seconds, nanos }: Moment): string {
  return `${seconds}${String(nanos).padStart(9, '0')}`;
}

import type { Float } from './bytes.ts';
import { findWord, FOLD, hashBytes, SILENT, wordTable } from './word-table.ts';

/**
 * Durations as people and programs write them: `35ms`, `1.2e-05s`, `2m30s`, `1m 54s`, `1 hour 5 minutes`, `350µs`,
 * `00:01:02.5`, `06:10 min`. A bare number is none.
 */

/** Where the last duration that `readDuration` found ends. */
export let durationEnd = 0;
/** Whether it was written with colons, as a time of day is too. */
export let durationIsClock = false;

/** Milliseconds of the duration that begins at `at`, or NaN. One space may stand before a unit and between parts. */
export function readDuration(bytes: Uint8Array, at: number, end: number): Float {
  const digits = skipDigits(bytes, at, end);
  if (digits === at) return NaN;
  durationIsClock = bytes[digits] === COLON && digits < end;
  return durationIsClock ? readClock(bytes, at, end) : readParts(bytes, at, end);
}

/** Milliseconds of [start, end) if all of it is one duration, else NaN. */
export function durationMs(bytes: Uint8Array, start: number, end: number): Float {
  const value = readDuration(bytes, start, end);
  return durationEnd === end ? value : NaN;
}

/** Where the plain number that begins at `at` ends (`12`, `1,234`, `0.5`, `1.2e-05`); `at` if there is none. */
export function numberEnd(bytes: Uint8Array, at: number, end: number): number {
  let to = skipDigits(bytes, at, end);
  while (to > at && to + 3 < end && bytes[to] === COMMA && skipDigits(bytes, to + 1, end) === to + 4) to += 4;
  if (to > at && to + 1 < end && bytes[to] === DOT) to = Math.max(skipDigits(bytes, to + 1, end), to + 1) - (isDigit(bytes, to + 1, end) ? 0 : 1);
  return to > at ? exponentEnd(bytes, to, end) : at;
}

/**
 * The number whose text is [start, end) (digits, thousands' commas, one point, an exponent), times ten to the `shift`.
 * Up to 15 digits it is one exact integer and one correctly rounded division: 90.951 µs is 0.090951 ms, not 0.09095099999999999.
 */
export function decimal(bytes: Uint8Array, start: number, end: number, shift: number): Float {
  let digits: Float = 0;
  let power = shift;
  let pointAt = end;
  let at = start;
  for (; at < end; at++) {
    const byte = bytes[at] as number;
    if ((byte - ZERO) >>> 0 <= 9) digits = digits * 10 + byte - ZERO;
    else if (byte === DOT) pointAt = at;
    else if (byte !== COMMA) break;
  }
  if (pointAt < at) power -= at - pointAt - 1;
  if (at < end || at - start > 16 || power < -MAX_EXACT_POWER || power > MAX_EXACT_POWER) return slowDecimal(bytes, start, end, shift);
  return power < 0 ? digits / (POWERS[-power] as number) : digits * (POWERS[power] as number);
}

const ZERO = 0x30;
const COLON = 0x3a;
const COMMA = 0x2c;
const DOT = 0x2e;
const SPACE = 0x20;
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** Longest unit: `milliseconds`. */
const UNIT_LIMIT = 13;

/** Largest power of ten that a double holds exactly. */
const MAX_EXACT_POWER = 22;
const POWERS = Float64Array.from({ length: MAX_EXACT_POWER + 1 }, (_, power) => Number(`1e${power}`));

// By unit: milliseconds are the number times ten to the SHIFT, times FACTOR.
const SHIFTS = [0, -6, -3, 0, 3, 0, 0, 0];
const FACTORS = [NaN, 1, 1, 1, 1, MINUTE, HOUR, DAY];
const UNITS = wordTable(new Map([
  'ns nsec nsecs nanosecond nanoseconds nanos',
  'us \u00b5s \u03bcs usec usecs microsecond microseconds micros',
  'ms msec msecs millisecond milliseconds millis',
  's sec secs second seconds',
  'm min mins minute minutes',
  'h hr hrs hour hours',
  'd day days',
].flatMap((words, index) => words.split(' ').map((word): [string, number] => [word, index + 1]))));

/** `2m30s`, `1min 2.5s`: each part in a smaller unit than the one before. */
function readParts(bytes: Uint8Array, start: number, end: number): Float {
  let total: Float = NaN;
  let last = FACTORS.length;
  for (let at = start; ;) {
    const numeric = numberEnd(bytes, at, end);
    if (numeric === at) return total;
    const gap = numeric < end && bytes[numeric] === SPACE ? 1 : 0;
    const unitEnd = lettersEnd(bytes, numeric + gap, end);
    const unit = unitAt(bytes, numeric + gap, unitEnd);
    if (unit === 0 || unit >= last) return total;
    total = (Number.isNaN(total) ? 0 : total) + decimal(bytes, at, numeric, SHIFTS[unit] as number) * (FACTORS[unit] as number);
    durationEnd = unitEnd;
    last = unit;
    at = unitEnd < end && bytes[unitEnd] === SPACE ? unitEnd + 1 : unitEnd;
  }
}

/** `hh:mm:ss`, with decimals or days as hours above 24; `mm:ss` only where a unit says so. */
function readClock(bytes: Uint8Array, start: number, end: number): Float {
  const first = skipDigits(bytes, start, end);
  const second = skipDigits(bytes, first + 1, end);
  if (second !== first + 3) return NaN;
  const a = decimal(bytes, start, first, 0);
  const b = decimal(bytes, first + 1, second, 0);
  if (second < end && bytes[second] === COLON) {
    const third = numberEnd(bytes, second + 1, end);
    if (skipDigits(bytes, second + 1, end) !== second + 3) return NaN;
    durationEnd = third;
    return a * HOUR + b * MINUTE + decimal(bytes, second + 1, third, 3);
  }
  const unitEnd = lettersEnd(bytes, second + 1, end);
  const unit = bytes[second] === SPACE ? unitAt(bytes, second + 1, unitEnd) : 0;
  durationEnd = unitEnd;
  if (unit < 5) return NaN;
  return unit === 5 ? a * MINUTE + b * 1000 : a * HOUR + b * MINUTE;
}

/** Position of the unit in FACTORS, 0 if it is none. A single capital (`5M`, `3H`) is no unit of time. */
function unitAt(bytes: Uint8Array, start: number, end: number): number {
  if (end === start || end - start > UNIT_LIMIT) return 0;
  if (end === start + 1 && (bytes[start] as number) < 0x61) return 0;
  return findWord(UNITS, hashBytes(bytes, start, end));
}

function lettersEnd(bytes: Uint8Array, at: number, end: number): number {
  const limit = Math.min(end, at + UNIT_LIMIT + 1);
  let to = at;
  // `h` and `m` end at the next part's digit: 1h2m3s.
  for (; to < limit; to++) if ((FOLD[bytes[to] as number] as number) <= 0x39 && !isSilent(bytes[to] as number)) break;
  return to;
}

function isSilent(byte: number): boolean {
  return FOLD[byte] === SILENT;
}

function exponentEnd(bytes: Uint8Array, at: number, end: number): number {
  if (at + 1 >= end || ((bytes[at] as number) | 0x20) !== 0x65) return at;
  const sign = bytes[at + 1] === 0x2d || bytes[at + 1] === 0x2b ? 1 : 0;
  const to = skipDigits(bytes, at + 1 + sign, end);
  return to > at + 1 + sign ? to : at;
}

function skipDigits(bytes: Uint8Array, at: number, end: number): number {
  let to = at;
  while (to < end && ((bytes[to] as number) - ZERO) >>> 0 <= 9) to++;
  return to;
}

function isDigit(bytes: Uint8Array, at: number, end: number): boolean {
  return at < end && ((bytes[at] as number) - ZERO) >>> 0 <= 9;
}

/** `decimal` of what has too many digits for one integer, or an exponent. */
export function slowDecimal(bytes: Uint8Array, start: number, end: number, shift: number): Float {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1').replaceAll(',', '');
  return Number(text) * 10 ** shift;
}

/** A moment: whole seconds since 1970 and nanoseconds. */
export interface Moment {
  seconds: number;
  nanos: number;
}

/**
 * Reads the time at [start, end), as shipper writes it: `2026-11-22T10:00:00.123456789+01:00`. False: it is not one.
 * Byte by byte and into an object of the caller's, as it runs once per record.
 */
export function readTime(bytes: Uint8Array, start: number, end: number, into: Moment): boolean {
  if (end - start < 20 || bytes[start + 4] !== DASH || bytes[start + 7] !== DASH || bytes[start + 10] !== T || bytes[start + 13] !== COLON || bytes[start + 16] !== COLON) return false;
  const day = days(number(bytes, start, 4), number(bytes, start + 5, 2), number(bytes, start + 8, 2));
  const time = number(bytes, start + 11, 2) * 3600 + number(bytes, start + 14, 2) * 60 + number(bytes, start + 17, 2);
  let at = start + 19;
  let nanos = 0;
  if (bytes[at] === DOT) {
    let unit = 1e8;
    for (at++; at < end && isDigit(bytes[at]); at++, unit /= 10) if (unit >= 1) nanos += unit * ((bytes[at] as number) - ZERO);
  }
  const seconds = day * 86_400 + time - offset(bytes, at, end);
  if (Number.isNaN(seconds)) return false;
  into.seconds = seconds;
  into.nanos = nanos;
  return true;
}

const [ZERO, DASH, PLUS, DOT, COLON, T, Z] = [0x30, 0x2d, 0x2b, 0x2e, 0x3a, 0x54, 0x5a];

/** Seconds that a zone is ahead of UTC; NaN: it is none. */
function offset(bytes: Uint8Array, at: number, end: number): number {
  if (bytes[at] === Z) return at + 1 === end ? 0 : NaN;
  if (at + 6 !== end || bytes[at + 3] !== COLON || (bytes[at] !== PLUS && bytes[at] !== DASH)) return NaN;
  const seconds = number(bytes, at + 1, 2) * 3600 + number(bytes, at + 4, 2) * 60;
  return bytes[at] === DASH ? -seconds : seconds;
}

/** Days from 1970 to a date of the Gregorian calendar. https://howardhinnant.github.io/date_algorithms.html#days_from_civil */
function days(year: number, month: number, day: number): number {
  const shifted = month <= 2 ? year - 1 : year;
  const era = Math.floor(shifted / 400);
  const yearOfEra = shifted - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  return era * 146_097 + yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear - 719_468;
}

/** NaN: something else than digits. */
function number(bytes: Uint8Array, at: number, digits: number): number {
  let value = 0;
  for (let end = at + digits; at < end; at++) {
    if (!isDigit(bytes[at])) return NaN;
    value = value * 10 + (bytes[at] as number) - ZERO;
  }
  return value;
}

export function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= ZERO && byte <= ZERO + 9;
}

import { Byte, isDigit, isLetter, isUpper, skipDigits, whole } from './bytes.ts';
import type { Moment } from './moment.ts';
import { ZONE_KEYS, ZONE_OFFSETS } from './zones.ts';

/** Value of the two digits at `at`; -1 when they are none. */
export function twoDigits(bytes: Uint8Array, at: number): number {
  const tens = (bytes[at] as number) - 48;
  const ones = (bytes[at + 1] as number) - 48;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : -1;
}

/** Reads `10:00:00`, `5:13:12`, `10.00.00`, `100000`, each with or without a fraction and AM or PM, `10:00`. Where it ends, or -1. */
export function readClock(bytes: Uint8Array, pos: number, end: number, moment: Moment): number {
  let at = isDigit(bytes[pos + 1]) ? pos + 2 : pos + 1;
  moment.hour = whole(bytes, pos, at);
  const separator = bytes[at] as number;
  const step = separator === Byte.COLON || separator === Byte.DOT ? 1 : isDigit(separator) ? 0 : -1;
  if (step < 0) return -1;
  moment.minute = twoDigits(bytes, at + step);
  if (moment.minute < 0) return -1;
  at += step + 2;
  const seconds = at < end && (step === 0 || bytes[at] === separator) ? twoDigits(bytes, at + step) : -1;
  if (seconds < 0) {
    // Without seconds only behind a date: `10:00` alone may be anything.
    if (moment.month === 0 || separator !== Byte.COLON || at < end && (isDigit(bytes[at]) || bytes[at] === Byte.COLON)) return -1;
    moment.second = 0;
    return readHalf(bytes, at, end, moment);
  }
  moment.second = seconds;
  at += step + 2;
  if (at < end && isDigit(bytes[at])) return -1;
  return readHalf(bytes, readFraction(bytes, at, end, moment), end, moment);
}

/** Reads Go's kitchen time, `6:31PM`, which zerolog's console writes: only with AM or PM right behind. Where it ends, or -1. */
export function readKitchen(bytes: Uint8Array, pos: number, end: number, moment: Moment): number {
  const colon = isDigit(bytes[pos + 1]) ? pos + 2 : pos + 1;
  if (((bytes[colon + 4] as number) | 32) !== 109 || bytes[colon] !== Byte.COLON || colon + 5 > end) return -1;
  moment.hour = whole(bytes, pos, colon);
  moment.minute = twoDigits(bytes, colon + 1);
  moment.second = 0;
  const after = readHalf(bytes, colon + 3, end, moment);
  return after === colon + 5 && moment.minute < 60 ? after : -1;
}

/**
 * Reads the fraction of a second: `.123456789`, `,123`, `:259149` (sssd). Where it ends, or `at`. A comma must be
 * followed by three, six or nine digits, since in a CSV it ends a column.
 */
export function readFraction(bytes: Uint8Array, at: number, end: number, moment: Moment): number {
  const separator = bytes[at];
  if (separator !== Byte.DOT && separator !== Byte.COMMA && separator !== Byte.COLON) return at;
  const to = skipDigits(bytes, at + 1, Math.min(end, at + 13));
  const digits = to - at - 1;
  if (digits === 0 || isDigit(bytes[to]) && to < end) return at;
  if (separator === Byte.COMMA && digits % 3 !== 0) return at;
  if (separator === Byte.COLON && digits < 3) return at;
  moment.fractionStart = at + 1;
  moment.fractionEnd = to;
  return to;
}

/** Reads a zone behind a time: `Z`, `+02:00`, ` +0200`, `+02`, ` UTC`, ` CEST`, DB2's `+120` (minutes). Where it ends, or `at`. */
export function readOffset(bytes: Uint8Array, at: number, end: number, moment: Moment): number {
  if (at >= end) return at;
  const first = bytes[at] as number;
  if ((first | 32) === 122 && (at + 1 === end || !isLetter(bytes[at + 1]) && !isDigit(bytes[at + 1]))) {
    moment.offset = 0;
    return at + 1;
  }
  if (first === Byte.PLUS || first === Byte.DASH) return readSigned(bytes, at, end, moment, 2);
  if (first !== Byte.SPACE) return at;
  const second = bytes[at + 1] as number;
  if (second === Byte.PLUS || second === Byte.DASH) return readSigned(bytes, at + 1, end, moment, 4) === at + 1 ? at : readSigned(bytes, at + 1, end, moment, 4);
  if (second === 90 && (bytes[at + 2] === Byte.SPACE || at + 2 >= end)) {
    moment.offset = 0;
    return at + 2;
  }
  return isUpper(second) ? readName(bytes, at, end, moment) : at;
}

function readSigned(bytes: Uint8Array, at: number, end: number, moment: Moment, least: number): number {
  const hoursEnd = skipDigits(bytes, at + 1, Math.min(end, at + 6));
  const digits = hoursEnd - at - 1;
  const sign = bytes[at] === Byte.DASH ? -1 : 1;
  let to = hoursEnd;
  let minutes = -1;
  if (digits === 2 && bytes[to] === Byte.COLON && to + 3 <= end) {
    const rest = twoDigits(bytes, to + 1);
    if (rest >= 0) minutes = whole(bytes, at + 1, to) * 60 + rest;
    to += 3;
  } else if (digits === 4) minutes = whole(bytes, at + 1, at + 3) * 60 + whole(bytes, at + 3, at + 5);
  else if (digits === 3 && least < 4) minutes = whole(bytes, at + 1, at + 4);
  else if (digits === 2 && least < 4) minutes = whole(bytes, at + 1, at + 3) * 60;
  if (minutes < 0 || minutes > 18 * 60 || to < end && isLetter(bytes[to])) return at;
  moment.offset = sign * minutes + 0; // no negative zero
  moment.numeric = true;
  return to;
}

/** Zone abbreviations are few: only those of the table are read, so that ` INFO` is never one. */
function readName(bytes: Uint8Array, at: number, end: number, moment: Moment): number {
  let to = at + 1;
  while (to < end && to < at + 6 && isUpper(bytes[to])) to++;
  if (to - at < 4 || to < end && (isLetter(bytes[to]) || isDigit(bytes[to]))) return at;
  const known = zoneAt(bytes, at + 1, to);
  if (known < 0) return at;
  moment.offset = ZONE_OFFSETS[known] as number;
  return to;
}

/** Position in ZONE_KEYS of the abbreviation at [start, end), in capital letters; -1: none. */
function zoneAt(bytes: Uint8Array, start: number, end: number): number {
  let packed = 0;
  for (let at = start; at < end; at++) packed = packed * 32 + ((bytes[at] as number) & 31);
  return ZONE_KEYS.indexOf(packed);
}

/** Reads ` AM`, ` pm`, `PM`, also behind the narrow no-break space of newer Java. Where it ends, or `at`. */
function readHalf(bytes: Uint8Array, at: number, end: number, moment: Moment): number {
  let from = bytes[at] === Byte.SPACE ? at + 1 : at;
  if (bytes[at] === 0xe2 && bytes[at + 1] === 0x80 && bytes[at + 2] === 0xaf) from = at + 3;
  const letter = (bytes[from] as number) | 32;
  if (from + 2 > end || (letter !== 97 && letter !== 112) || ((bytes[from + 1] as number) | 32) !== 109) return at;
  if (from + 2 < end && (isLetter(bytes[from + 2]) || isDigit(bytes[from + 2])) || moment.hour > 12) return at;
  moment.hour = (moment.hour % 12) + (letter === 112 ? 12 : 0);
  return from + 2;
}

import type { Chunk } from '../../agent/chunk.ts';
import type { LogEvent } from '../../agent/event.ts';
import { Byte, decimal, isDigit, isLetter, skipDigits, whole } from './bytes.ts';
import { isWeekday, monthAt, monthEnd } from './calendar-names.ts';
import { readClock, readFraction, readKitchen, readOffset, twoDigits } from './clock.ts';
import { DAY_MS, Moment } from './moment.ts';
import { fallbackDateMs } from './zones.ts';

const moment = new Moment();

/**
 * Reads a time that begins at `pos`, in whatever shape, and sets `timestamp` to it as RFC 3339. The position after it,
 * or -1. Readers look at single bytes and at most some 40 of them, so hostile text costs nothing; a February 30 is none.
 */
export function readTimestamp(chunk: Chunk, pos: number, end: number, event: LogEvent): number {
  return finish(scan(chunk.bytes, pos, end), chunk, pos, end, event);
}

/** The date of access logs, without its brackets: `22/Nov/2026:10:00:00 +0100`. */
export function accessTimestamp(chunk: Chunk, pos: number, end: number, event: LogEvent): number {
  moment.reset();
  return finish(dayFirst(chunk.bytes, pos, end), chunk, pos, end, event);
}

/** The date of klog and glog, without the level's letter: `1122 10:00:00.123456`, or with a year in front. */
export function klogTimestamp(chunk: Chunk, pos: number, end: number, event: LogEvent): number {
  const bytes = chunk.bytes;
  moment.reset();
  const digits = skipDigits(bytes, pos, Math.min(end, pos + 9)) - pos;
  if (digits !== 4 && digits !== 6 && digits !== 8) return -1;
  if (digits > 4) moment.year = whole(bytes, pos, pos + digits - 4) + (digits === 6 ? 2000 : 0);
  moment.month = twoDigits(bytes, pos + digits - 4);
  moment.day = twoDigits(bytes, pos + digits - 2);
  return finish(dated(bytes, pos + digits, end), chunk, pos, end, event);
}

/** Whether a time begins at `pos`; the position after it, or -1. */
export function scanTimestamp(bytes: Uint8Array, pos: number, end: number): number {
  const after = scan(bytes, pos, end);
  return after > end || !moment.valid ? -1 : after;
}

/** Whether the last time that was scanned has a date. */
export function hadDate(): boolean {
  return moment.month > 0 && !epoch;
}

/** Whether the last time that was read was a bare number, which may be anything. */
export function wasEpoch(): boolean {
  return epoch;
}

let epoch = false;

function finish(after: number, chunk: Chunk, pos: number, end: number, event: LogEvent): number {
  if (after < 0 || after > end || !moment.valid) return -1;
  moment.write(chunk, pos, after, event);
  return after;
}

function scan(bytes: Uint8Array, pos: number, end: number): number {
  moment.reset();
  epoch = false;
  if (!isDigit(bytes[pos])) return isLetter(bytes[pos]) ? monthFirst(bytes, pos, end) : -1;
  const digits = skipDigits(bytes, pos, Math.min(end, pos + 20)) - pos;
  switch (digits) {
    case 4: return yearFirst(bytes, pos, end);
    case 1: case 2: return bytes[pos + digits] === Byte.COLON ? clockOnly(bytes, pos, end) : dayFirst(bytes, pos, end);
    case 6: case 8: return compact(bytes, pos, digits, end);
    case 10: case 13: case 16: case 19: return epochNumber(bytes, pos, digits, end);
    default: return -1;
  }
}

/** `2026-11-22`, `2026/11/22`, `2026.11.22`, `2026-Nov-22`, and a time. */
function yearFirst(bytes: Uint8Array, pos: number, end: number): number {
  const separator = bytes[pos + 4] as number;
  if (separator !== Byte.DASH && separator !== Byte.SLASH && separator !== Byte.DOT) return -1;
  moment.year = whole(bytes, pos, pos + 4);
  if (moment.year < 1900) return -1;
  let at = pos + 5;
  moment.month = twoDigits(bytes, at);
  if (moment.month > 0) at += 2;
  else if (isLetter(bytes[at])) {
    moment.month = monthAt(bytes, at);
    at += 3;
  } else moment.month = (bytes[at++] as number) - 48;
  if (bytes[at] !== separator || !(moment.month > 0)) return -1;
  at = dayAt(bytes, at + 1);
  if (at < 0) return -1;
  const after = dated(bytes, at, end);
  if (after < 0) return -1;
  moment.asIs = isRfc3339(bytes, pos, after);
  return after;
}

/** `22/Nov/2026:10:00:00 +0100`, `22-Nov-2026 10:00:00`, `22 Nov 2026 10:00:00`, `22.11.2026 10:00:00`, `11/22/26 10:00:00`. */
function dayFirst(bytes: Uint8Array, pos: number, end: number): number {
  const first = dayAt(bytes, pos);
  if (first < 0) return -1;
  const separator = bytes[first] as number;
  if (separator !== Byte.SLASH && separator !== Byte.DASH && separator !== Byte.DOT && separator !== Byte.SPACE) return -1;
  const second = first + 1;
  if (isLetter(bytes[second])) return dayAndName(bytes, second, separator, end);
  if (separator === Byte.SPACE) return -1;
  const secondEnd = skipDigits(bytes, second, Math.min(end, second + 3));
  if (secondEnd === second || secondEnd > second + 2) return -1;
  return threeNumbers(bytes, moment.day, whole(bytes, second, secondEnd), secondEnd, separator, end);
}

/** What follows the day in `22/Nov/2026`, `22 Nov 2026`, `22 Nov`. */
function dayAndName(bytes: Uint8Array, pos: number, separator: number, end: number): number {
  moment.month = monthAt(bytes, pos);
  if (moment.month === 0) return -1;
  const at = monthEnd(bytes, moment.month, pos, end);
  if (bytes[at] !== separator) return -1;
  const digits = skipDigits(bytes, at + 1, Math.min(end, at + 6)) - at - 1;
  if (digits === 4) {
    moment.year = whole(bytes, at + 1, at + 5);
    return dated(bytes, at + 5, end);
  }
  return separator === Byte.SPACE ? dated(bytes, at, end) : -1;
}

/** `11/22/2026`, `22.11.2026`, `26/11/22`: which number is what. */
function threeNumbers(bytes: Uint8Array, first: number, second: number, at: number, separator: number, end: number): number {
  if (bytes[at] !== separator) return monthAndDay(bytes, first, second, at, end);
  const yearEnd = skipDigits(bytes, at + 1, Math.min(end, at + 6));
  const third = whole(bytes, at + 1, yearEnd);
  const short = yearEnd - at - 1 === 2;
  if (!short && yearEnd - at - 1 !== 4) return -1;
  moment.month = 1; // until it is known, so that a time is looked for behind a date
  const after = dated(bytes, yearEnd, end);
  if (after < 0) return -1;
  chooseOrder(first, second, third, short, separator);
  return after;
}

/** `11-22 10:00:00.123` (Android), `22.11 10:00:00`: no year. */
function monthAndDay(bytes: Uint8Array, first: number, second: number, at: number, end: number): number {
  moment.month = first > 12 ? second : first;
  moment.day = first > 12 ? first : second;
  if (bytes[at] === Byte.PIPE && isDigit(bytes[at - 2]) && isDigit(bytes[at + 1])) return readClock(bytes, at + 1, end, moment); // log15, geth: `11-22|10:00:00`
  return bytes[at] === Byte.SPACE && isDigit(bytes[at - 2]) ? dated(bytes, at, end) : -1;
}

/**
 * Day, month and year of numbers that do not say which is which. A log is mostly read while it is written: an order
 * that gives today's date (or its neighbours') wins. Else what can only be a day is one; else dots mean day first and
 * slashes and dashes month first, as with AM and PM.
 */
function chooseOrder(first: number, second: number, third: number, short: boolean, separator: number): void {
  const year = short ? 2000 + third : third;
  if (isNear(year, second, first)) return setDate(year, second, first);
  if (isNear(year, first, second)) return setDate(year, first, second);
  if (short && isNear(2000 + first, second, third)) return setDate(2000 + first, second, third);
  if (short && first > 12 && second <= 12 && separator === Byte.SLASH) return setDate(2000 + first, second, third);
  if (first > 12 || separator === Byte.DOT) return setDate(year, second, first);
  setDate(year, first, second);
}

function isNear(year: number, month: number, day: number): boolean {
  setDate(year, month, day);
  return moment.valid && Math.abs(moment.wallMs - fallbackDateMs()) < 2 * DAY_MS;
}

function setDate(year: number, month: number, day: number): void {
  moment.year = year;
  moment.month = month;
  moment.day = day;
}

/** `Nov 22 10:00:00`, `Sun Nov 22 10:00:00.123456 2026`, `Nov 22, 2026 12:05:11 AM`, `Sun, 22 Nov 2026 10:00:00 GMT`. */
function monthFirst(bytes: Uint8Array, pos: number, end: number): number {
  let at = pos;
  moment.month = monthAt(bytes, at);
  if (moment.month === 0) {
    if (!isWeekday(bytes, at)) return -1;
    at += 3;
    if (bytes[at] === Byte.COMMA) at++;
    if (bytes[at++] !== Byte.SPACE) return -1;
    if (isDigit(bytes[at])) return bytes[at + 4] === Byte.DASH ? yearFirst(bytes, at, end) : dayFirst(bytes, at, end);
    moment.month = monthAt(bytes, at);
    if (moment.month === 0) return -1;
  }
  at = monthEnd(bytes, moment.month, at, end);
  if (bytes[at++] !== Byte.SPACE) return -1;
  at = dayAt(bytes, bytes[at] === Byte.SPACE ? at + 1 : at);
  if (at < 0) return -1;
  const year = yearAt(bytes, bytes[at] === Byte.COMMA ? at + 1 : at, end);
  const after = dated(bytes, year > 0 ? year : at, end);
  return after < 0 || moment.year > 0 ? after : yearBehind(bytes, after, end);
}

/** A year after the time, as in `Sun Nov 22 10:00:00 2026`; where it ends, or `at`. */
function yearBehind(bytes: Uint8Array, at: number, end: number): number {
  const after = yearAt(bytes, at, end);
  return after > 0 ? after : at;
}

/** Reads ` 2026`; where it ends, or -1. */
function yearAt(bytes: Uint8Array, at: number, end: number): number {
  if (bytes[at] !== Byte.SPACE || skipDigits(bytes, at + 1, Math.min(end, at + 6)) !== at + 5) return -1;
  const year = whole(bytes, at + 1, at + 5);
  if (year < 1970 || year > 2100 || bytes[at + 5] === Byte.DASH || bytes[at + 5] === Byte.DOT) return -1;
  moment.year = year;
  return at + 5;
}

/** `20261122 10:00:00`, `20261122T100000Z`, `261122 10:00:00` (MySQL 5.5). */
function compact(bytes: Uint8Array, pos: number, digits: number, end: number): number {
  const day = pos + digits - 2;
  moment.year = digits === 8 ? whole(bytes, pos, pos + 4) : 2000 + whole(bytes, pos, pos + 2);
  if (moment.year < 1970 || moment.year > 2100) return -1;
  moment.month = twoDigits(bytes, day - 2);
  moment.day = twoDigits(bytes, day);
  return moment.month <= 0 ? -1 : dated(bytes, pos + digits, end);
}

/** Seconds, milli-, micro- or nanoseconds since 1970, told by the number of digits: from 2001 on. */
function epochNumber(bytes: Uint8Array, pos: number, digits: number, end: number): number {
  const seconds = decimal(bytes, pos, pos + 10);
  if (seconds < 1_000_000_000 || seconds > 4_102_444_800) return -1;
  moment.setEpoch(seconds);
  epoch = true;
  moment.fractionStart = pos + 10;
  moment.fractionEnd = pos + digits;
  if (digits === 10) return readFraction(bytes, pos + 10, end, moment);
  const after = pos + digits;
  const to = digits < 19 && bytes[after] === Byte.DOT ? skipDigits(bytes, after + 1, Math.min(end, after + 10)) : after;
  if (to <= after + 1) return after;
  moment.fractionEnd = to; // klog's JSON: milliseconds with a fraction
  return to;
}

function clockOnly(bytes: Uint8Array, pos: number, end: number): number {
  const kitchen = readKitchen(bytes, pos, end, moment);
  if (kitchen > 0) return kitchen;
  if (bytes[pos + 2] !== Byte.COLON) return -1;
  const after = readClock(bytes, pos, end, moment);
  // `00:11:22:33` is a hardware address or a count of frames.
  return after < 0 || bytes[after] === Byte.COLON && isDigit(bytes[after + 1]) ? -1 : readOffset(bytes, after, end, moment);
}

/** The time of day behind a date that ends at `at`, with all that can stand between. */
function dated(bytes: Uint8Array, at: number, end: number): number {
  const clock = skipGap(bytes, at);
  if (clock < 0) return -1;
  const after = readClock(bytes, clock, end, moment);
  return after < 0 ? -1 : readOffset(bytes, after, end, moment);
}

/** From a date's end to the first digit of its time: `T`, `_`, `:`, `::`, `-`, `, `, blanks, ` - `, a tab, a comma. -1: no digit there. */
function skipGap(bytes: Uint8Array, at: number): number {
  const first = bytes[at] as number;
  let to = at;
  if (first === 84 || first === 116 || first === Byte.UNDERSCORE || first === Byte.DASH) to++;
  else if (first === Byte.COLON) to += bytes[at + 1] === Byte.COLON ? 2 : 1;
  else if (first === Byte.TAB || first === Byte.COMMA && isDigit(bytes[at + 1])) to++; // two columns
  else {
    if (first === Byte.COMMA) to++;
    if (bytes[to] !== Byte.SPACE) return -1;
    to += bytes[to + 1] === Byte.DASH && bytes[to + 2] === Byte.SPACE ? 3 : bytes[to + 1] === Byte.SPACE ? 2 : 1;
  }
  return isDigit(bytes[to]) ? to : -1;
}

/** Reads one or two digits into `day`; where they end, or -1. */
function dayAt(bytes: Uint8Array, at: number): number {
  if (!isDigit(bytes[at])) return -1;
  const two = isDigit(bytes[at + 1]);
  moment.day = two ? twoDigits(bytes, at) : (bytes[at] as number) - 48;
  return at + (two ? 2 : 1);
}

/** `2026-11-22T10:00:00[.123]` with `Z` or `+01:00`, so it can be copied. */
function isRfc3339(bytes: Uint8Array, pos: number, after: number): boolean {
  if (bytes[pos + 4] !== Byte.DASH || bytes[pos + 10] !== 84 || moment.second === 60 || Number.isNaN(moment.offset)) return false;
  const digits = moment.fractionEnd - moment.fractionStart;
  const zone = digits === 0 ? pos + 19 : pos + 20 + digits;
  if (digits > 9 || (digits > 0 && bytes[pos + 19] !== Byte.DOT) || bytes[pos + 16] !== Byte.COLON) return false;
  return bytes[zone] === 90 ? after === zone + 1 : after === zone + 6 && bytes[zone + 3] === Byte.COLON && bytes[zone] !== Byte.SPACE;
}

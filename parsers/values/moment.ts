import type { Chunk } from '../../agent/chunk.ts';
import type { LogEvent } from '../../agent/event.ts';
import { Field } from '../../agent/fields.ts';
import { Byte, type Float } from './bytes.ts';
import { fallbackDateMs, fallbackYear, isReadTime, localOffset, offsetAt } from './zones.ts';

export const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const MONTH_DAYS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
const LONGEST = 40; // 2026-11-22T10:00:00.123456789+02:00 is 35

/** A time as it was read: what the text leaves out is 0 or NaN, and is made up for in `write`. One is used again and again. */
export class Moment {
  /** 0: the text has no year. */
  year = 0;
  /** 0: the text has no date. */
  month = 0;
  day = 0;
  hour = 0;
  minute = 0;
  second = 0;
  /** Digits of the fraction of a second in the chunk; a dot among them is none of it (`1795392255466.123`). */
  fractionStart = 0;
  fractionEnd = 0;
  /** Minutes from UTC; NaN: the text does not say. */
  offset: Float = NaN;
  /** The zone was written in digits: `+0000` stays `+00:00`. */
  numeric = false;
  /** The text is RFC 3339 as it stands. */
  asIs = false;

  reset(): void {
    this.year = this.month = this.day = this.hour = this.minute = this.second = 0;
    this.fractionStart = this.fractionEnd = 0;
    this.offset = NaN;
    this.asIs = this.numeric = false;
  }

  /** Whether this can be a time at all: no month 13, no February 30. A leap second is kept as the second before it. */
  get valid(): boolean {
    if (this.hour > 23 || this.minute > 59 || this.second > 60) return false;
    if (this.month === 0) return true;
    if (this.month < 0 || this.month > 12 || this.day < 1 || this.day > (MONTH_DAYS[this.month - 1] as number)) return false;
    return this.month !== 2 || this.day < 29 || this.year === 0 || isLeap(this.year);
  }

  /** The clock on the wall in ms, as if it were UTC. */
  get wallMs(): Float {
    const days: Float = daysFromCivil(this.year, this.month, this.day);
    return days * DAY_MS + ((this.hour * 60 + this.minute) * 60 + this.second) * 1000;
  }

  /** Fills in what the text left out: the year, the date, the zone. */
  complete(): void {
    if (this.second === 60) this.second = 59;
    if (this.month === 0) this.#takeDate();
    else if (this.year === 0) this.#inferYear();
    if (Number.isNaN(this.offset)) this.offset = localOffset(this.wallMs);
  }

  /** Sets `timestamp` from what was read at [start, end). */
  write(chunk: Chunk, start: number, end: number, event: LogEvent): void {
    if (this.asIs) return event.span(Field.timestamp, start, end);
    this.complete();
    const address = event.arena.scratchSpace(LONGEST);
    if (address < 0) return;
    const stop = this.#print(event.arena.bytes, address, chunk.bytes);
    event.arena.scratchShrink(stop);
    event.at(Field.timestamp, address, stop - address, start, end);
  }

  /** Takes over seconds since 1970; the fraction is set by the caller. */
  setEpoch(seconds: Float): void {
    this.offset = 0;
    const days = Math.floor(seconds / 86_400) | 0;
    this.#setDays(days);
    const rest = (seconds % 86_400) | 0;
    this.hour = (rest / 3600) | 0;
    this.minute = ((rest / 60) | 0) % 60;
    this.second = rest % 60;
  }

  /** The latest year in which this is not behind the fallback; a day's grace for clocks and zones that differ. */
  #inferYear(): void {
    const latestMs: Float = fallbackDateMs() + DAY_MS;
    const latest = fallbackYear() + 1;
    const leapDay = this.month === 2 && this.day === 29;
    for (this.year = latest; this.year > latest - 10; this.year--) {
      if (leapDay && !isLeap(this.year)) continue;
      if (this.wallMs <= latestMs) return;
    }
  }

  /**
   * The date of the fallback, or that of a neighbour when midnight lies between. An envelope is written with its line, so
   * the nearest day is the right one. Lines may have been read long after they were written, but hardly before: an
   * hour's grace is for a clock or a summer time that differs.
   */
  #takeDate(): void {
    const dateMs = fallbackDateMs();
    const localMs = dateMs + (Number.isNaN(this.offset) ? offsetAt(dateMs) : this.offset) * 60_000;
    const days = Math.floor(localMs / DAY_MS) | 0;
    const ofDay: Float = localMs - Math.floor(localMs / DAY_MS) * DAY_MS;
    const apart: Float = ((this.hour * 60 + this.minute) * 60 + this.second) * 1000 - ofDay;
    const aheadMs: Float = isReadTime() ? HOUR_MS : DAY_MS / 2;
    this.#setDays(apart > aheadMs ? days - 1 : apart <= aheadMs - DAY_MS ? days + 1 : days);
  }

  // Howard Hinnant's civil_from_days, for days after the year 0: no Date per line.
  #setDays(days: number): void {
    const shifted = days + 719_468;
    const era = (shifted / 146_097) | 0;
    const dayOfEra = shifted - era * 146_097;
    const yearOfEra = ((dayOfEra - ((dayOfEra / 1460) | 0) + ((dayOfEra / 36_524) | 0) - ((dayOfEra / 146_096) | 0)) / 365) | 0;
    const dayOfYear = dayOfEra - (365 * yearOfEra + ((yearOfEra / 4) | 0) - ((yearOfEra / 100) | 0));
    const monthFromMarch = ((5 * dayOfYear + 2) / 153) | 0;
    this.day = dayOfYear - (((153 * monthFromMarch + 2) / 5) | 0) + 1;
    this.month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
    this.year = yearOfEra + era * 400 + (this.month <= 2 ? 1 : 0);
  }

  /** Writes RFC 3339 at `to`; where it ends. */
  #print(out: Uint8Array, to: number, source: Uint8Array): number {
    two(out, to, (this.year / 100) | 0);
    two(out, to + 2, this.year % 100);
    out[to + 4] = Byte.DASH;
    out[to + 7] = Byte.DASH;
    two(out, to + 5, this.month);
    two(out, to + 8, this.day);
    out[to + 10] = 84; // T
    two(out, to + 11, this.hour);
    out[to + 13] = Byte.COLON;
    out[to + 16] = Byte.COLON;
    two(out, to + 14, this.minute);
    two(out, to + 17, this.second);
    let at = to + 19;
    if (this.fractionEnd > this.fractionStart) {
      out[at++] = Byte.DOT;
      const stop = at + 9;
      for (let from = this.fractionStart; from < this.fractionEnd && at < stop; from++) {
        const digit = source[from] as number;
        if (digit !== Byte.DOT) out[at++] = digit;
      }
    }
    return printOffset(out, at, this.offset, this.numeric);
  }
}

function printOffset(out: Uint8Array, at: number, offset: Float, numeric: boolean): number {
  if (offset === 0 && !numeric) {
    out[at] = 90; // Z
    return at + 1;
  }
  const minutes = Math.abs(offset) | 0;
  out[at] = offset < 0 ? Byte.DASH : Byte.PLUS;
  two(out, at + 1, (minutes / 60) | 0);
  out[at + 3] = Byte.COLON;
  two(out, at + 4, minutes % 60);
  return at + 6;
}

function two(out: Uint8Array, at: number, value: number): void {
  const tens = (value / 10) | 0;
  out[at] = 48 + tens;
  out[at + 1] = 48 + value - tens * 10;
}

function isLeap(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}

// Howard Hinnant's days_from_civil, for years after 0.
function daysFromCivil(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = (y / 400) | 0;
  const yearOfEra = y - era * 400;
  const dayOfYear = (((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) | 0) + day - 1;
  return era * 146_097 + yearOfEra * 365 + ((yearOfEra / 4) | 0) - ((yearOfEra / 100) | 0) + dayOfYear - 719_468;
}

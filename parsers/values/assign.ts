import type { Chunk } from '../../agent/chunk.ts';
import type { LogEvent } from '../../agent/event.ts';
import { Field } from '../../agent/fields.ts';
import { holds, indexIn, isDigit, isHexDigit, skipMapped, spells, whole } from './bytes.ts';
import { decimal, durationMs } from './durations.ts';
import { numberEnd, stringEnd } from './json-scan.ts';
import { method, requestLine, url, version } from './request-line.ts';
import { traceHeader, traceLines, traceParent } from './trace-header.ts';
import { levelAt, levelOfSeverity } from './levels.ts';
import { readTimestamp } from './timestamps.ts';

/**
 * How the value under an alias becomes the field's. `text`, `number`: as it stands. `id`: text or a whole number, as
 * text. `error`: a text is the message. `level`, `time`: folded. `ms`, `s`, `us`, `ns`: a bare number is in that unit, a
 * text may bring its own. `status`: 100 to 599. `method`: an HTTP method. `parent`: W3C traceparent. `ip`: an address,
 * its port left out; of several the first. `url`: a path, or a URL whose path is taken. `trace`: a stack trace, as text
 * or line by line. `line`: a request line. `version`: HTTP's. `root`, `b3`, `last`: a trace id as AWS, Zipkin and Google
 * write it. `bare`: a duration in a unit that is not said, `watch`: one of a stopwatch. `severity`: a level, of which numbers count as syslog's do.
 */
export const How = {
  text: 0, id: 1, error: 2, trace: 3, number: 4, level: 5, time: 6, ms: 7, s: 8, us: 9, ns: 10, status: 11, method: 12, parent: 13, ip: 14, url: 15, line: 16,
  version: 17, root: 18, b3: 19, last: 20, bare: 21, watch: 22, severity: 23,
} as const;

/** Whether a text is taken as it stands, whatever it says. */
export function isWord(how: number): boolean {
  return how <= How.trace;
}

/** What became of a value that stood under an alias. */
export const Outcome = {
  /** The field has it as it stood: the alias itself can go. */
  RENAMED: 0,
  /** The field has what it was converted to: the original stays. */
  COPIED: 1,
  /** It isn't what its name says. */
  UNUSABLE: 2,
  /** It says that there is nothing: null, `-`. */
  ABSENT: 3,
} as const;

/** A number without a unit is taken for milliseconds as long as they are fewer than a million: beyond that Go's nanoseconds are likelier than a quarter of an hour. And JSON's `0.034` is seconds as often as milliseconds. */
const MOST_BARE_DIGITS = 6;

/** Powers of ten that make milliseconds of a unit, from How.ms on. */
const TO_MS = [0, 3, -3, -6];

/** Sets the alias' field from the text at [start, end). */
export function assignText(chunk: Chunk, start: number, end: number, field: Field, how: number, event: LogEvent): number {
  const bytes = chunk.bytes;
  if (end === start || isNothing(bytes, start, end)) return Outcome.ABSENT;
  if ((field === Field.user_id || field === Field.host) && isNoName(bytes, start, end)) return Outcome.UNUSABLE;
  if (field === Field.logger && holds(bytes, start, end, 0x20)) return Outcome.UNUSABLE; // a person's name, a title
  if (field === Field.service && isDigit(bytes[start]) && bytes[end - 1] === 0x73) return Outcome.UNUSABLE; // `service=18ms`: how long it took to serve (Heroku)
  switch (how) {
    case How.text: case How.id: case How.error: case How.trace:
      event.span(field, start, end);
      return Outcome.RENAMED;
    case How.level: case How.severity: return levelText(chunk, start, end, how, event);
    case How.time: return timeText(chunk, start, end, event);
    case How.url: return url(chunk, start, end, event);
    case How.ip: return address(chunk, start, end, event);
    case How.method: return method(chunk, start, end, event);
    case How.parent: return traceParent(chunk, start, end, event);
    case How.root: case How.b3: case How.last: return traceHeader(chunk, start, end, how, event);
    case How.version: return version(chunk, start, end, event);
    case How.line: return requestLine(chunk, start, end, event);
    default:
      if (numberEnd(bytes, start, end) === end) return (how === How.bare || how === How.watch) && isInSeconds(bytes, start, end, how) ? duration(chunk, start, end, 3, event) : assignNumber(chunk, start, end, field, how, event);
      return how === How.number || how === How.status ? Outcome.UNUSABLE : durationText(chunk, start, end, event);
  }
}

/**
 * Whether a text's number without a unit is seconds: a program printed them to the millisecond, `%.3f`; or it is what a
 * stopwatch gave, which counts seconds in Ruby, Python and Go, rounded or not. .NET's counts milliseconds, to four decimals.
 */
function isInSeconds(bytes: Uint8Array, start: number, end: number, how: number): boolean {
  let point = start;
  while (point < end && bytes[point] !== 0x2e) point++;
  const decimals = end - point - 1;
  if (how === How.watch) return decimals > 0 && decimals !== 4;
  return decimals === 3 && isWhole(bytes, point + 1, end);
}

/** Sets the alias' field from the JSON number at [start, end). */
export function assignNumber(chunk: Chunk, start: number, end: number, field: Field, how: number, event: LogEvent): number {
  switch (how) {
    case How.number:
      if (!isWhole(chunk.bytes, start, end)) return Outcome.UNUSABLE;
      event.json(field, start, end);
      return Outcome.RENAMED;
    case How.id:
      if (!isWhole(chunk.bytes, start, end)) return Outcome.UNUSABLE;
      event.span(field, start, end);
      return Outcome.RENAMED;
    case How.status:
      if (end - start !== 3 || !isWhole(chunk.bytes, start, end) || (chunk.bytes[start] as number) < 0x31 || (chunk.bytes[start] as number) > 0x35) return Outcome.UNUSABLE;
      event.json(field, start, end);
      return Outcome.RENAMED;
    case How.level: case How.severity: return levelNumber(chunk, start, end, how, event);
    case How.time: return readTimestamp(chunk, start, end, event) === end ? Outcome.COPIED : Outcome.UNUSABLE;
    case How.bare: case How.watch:
      if (end - start > MOST_BARE_DIGITS && isWhole(chunk.bytes, start, end) || chunk.bytes[start] === 0x30 && end > start + 1) return Outcome.UNUSABLE;
      return duration(chunk, start, end, 0, event);
    case How.ms: case How.s: case How.us: case How.ns: return duration(chunk, start, end, TO_MS[how - How.ms] as number, event);
    default: return Outcome.UNUSABLE;
  }
}

/** Sets the alias' field from the JSON array at [start, end): of texts the first, or all of a trace's lines. */
export function assignArray(chunk: Chunk, start: number, end: number, field: Field, how: number, event: LogEvent): number {
  const bytes = chunk.bytes;
  if (how === How.trace) return traceLines(chunk, start, end, event);
  let at = start + 1;
  while (at < end && (bytes[at] as number) <= 0x20) at++;
  if (field === Field.message && isDigit(bytes[at])) return byteArray(chunk, start, end, event);
  if (bytes[at] !== 0x22 || !(how === How.text || how === How.id || how === How.ip)) return Outcome.UNUSABLE;
  const to = stringEnd(bytes, at, end);
  for (let from = at; from < to; from++) if (bytes[from] === 0x5c) return Outcome.UNUSABLE;
  const outcome = to < 0 ? Outcome.UNUSABLE : assignText(chunk, at + 1, to - 1, field, how, event);
  return outcome === Outcome.RENAMED ? Outcome.COPIED : outcome;
}

/** journald's spelling of a message that holds control characters or is not UTF-8: its bytes as numbers. */
function byteArray(chunk: Chunk, start: number, end: number, event: LogEvent): number {
  const values = Buffer.from(chunk.bytes.subarray(start + 1, end - 1)).toString('latin1').split(',').map(Number);
  if (!values.every((value) => Number.isInteger(value) && value >= 0 && value <= 255)) return Outcome.UNUSABLE;
  event.value(Field.message, Buffer.from(values).toString(), start, end);
  return Outcome.RENAMED;
}

/** `-`, `null`, `none`, `nil`, `undefined`. */
function isNothing(bytes: Uint8Array, start: number, end: number): boolean {
  const length = end - start;
  if (length === 1) return bytes[start] === 0x2d;
  if (length === 4) return spells(bytes, start, 'null') || spells(bytes, start, 'none');
  return length === 3 ? spells(bytes, start, 'nil') : length === 9 && spells(bytes, start, 'undefined');
}

/** `[local]`, `[unknown]` (PostgreSQL), and what `time` calls user: `0.01`, `0.01s`. */
function isNoName(bytes: Uint8Array, start: number, end: number): boolean {
  if (bytes[start] === 0x5b) return bytes[end - 1] === 0x5d;
  if (!isDigit(bytes[start])) return false;
  const to = bytes[end - 1] === 0x73 ? end - 1 : end;
  return numberEnd(bytes, start, to) === to && holds(bytes, start, to, 0x2e);
}

function levelText(chunk: Chunk, start: number, end: number, how: number, event: LogEvent): number {
  if (isDigit(chunk.bytes[start])) return levelNumber(chunk, start, end, how, event);
  const level = levelAt(chunk.bytes, start, trimmedEnd(chunk.bytes, start, end));
  if (level < 0) return Outcome.UNUSABLE;
  event.level(level, start, end);
  const length = event.lengthOf(Field.level);
  if (length !== end - start) return Outcome.COPIED;
  const canonical = event.addressOf(Field.level);
  for (let i = 0; i < length; i++) if (event.arena.bytes[canonical + i] !== chunk.bytes[start + i]) return Outcome.COPIED;
  return Outcome.RENAMED;
}

/**
 * pino's and bunyan's levels are tens from 10 to 60; `severity` and `priority` count as syslog does. What other
 * numbers mean depends on the library, so they are no level.
 */
function levelNumber(chunk: Chunk, start: number, end: number, how: number, event: LogEvent): number {
  if (end - start > 2 || !isWhole(chunk.bytes, start, end)) return Outcome.UNUSABLE;
  const value = whole(chunk.bytes, start, end);
  if (how === How.severity) {
    if (value > 7) return Outcome.UNUSABLE;
    event.level(levelOfSeverity(value), start, end);
  } else {
    if (value < 10 || value > 60 || value % 10 !== 0) return Outcome.UNUSABLE;
    event.level(((value / 10) | 0) - 1, start, end);
  }
  return Outcome.COPIED;
}

/** Some pad levels to a column. */
function trimmedEnd(bytes: Uint8Array, start: number, end: number): number {
  while (end > start && bytes[end - 1] === 0x20) end--;
  return end;
}

function timeText(chunk: Chunk, start: number, end: number, event: LogEvent): number {
  if (readTimestamp(chunk, start, end, event) !== end) {
    event.unset(Field.timestamp);
    return Outcome.UNUSABLE;
  }
  return event.addressOf(Field.timestamp) === chunk.base + start ? Outcome.RENAMED : Outcome.COPIED;
}

/** A number of units of ten to the `power` ms. */
function duration(chunk: Chunk, start: number, end: number, power: number, event: LogEvent): number {
  if (chunk.bytes[start] === 0x2d) return Outcome.UNUSABLE;
  if (power === 0) {
    event.json(Field.duration_ms, start, end);
    return Outcome.RENAMED;
  }
  event.number(Field.duration_ms, decimal(chunk.bytes, start, end, power), start, end);
  return Outcome.COPIED;
}

function durationText(chunk: Chunk, start: number, end: number, event: LogEvent): number {
  const ms = durationMs(chunk.bytes, start, end);
  if (!(ms >= 0)) return Outcome.UNUSABLE;
  event.number(Field.duration_ms, ms, start, end);
  return Outcome.COPIED;
}

/** An IP address, with or without a port: `10.0.0.1`, `10.0.0.1:80`, `2001:db8::1`, `[2001:db8::1]:80`. */
function address(chunk: Chunk, start: number, end: number, event: LogEvent): number {
  const bytes = chunk.bytes;
  let from = skipMapped(bytes, start, end);
  let to = end;
  let dots = 0;
  let colons = 0;
  if (bytes[from] === 0x5b) {
    from++;
    to = indexIn(bytes, 0x5d, from, end);
    if (to < 0) return Outcome.UNUSABLE;
  }
  for (let at = from; at < to; at++) {
    const byte = bytes[at] as number;
    if (byte === 0x2c && at > from) {
      to = at; // a list of proxies: the first is the client
      break;
    }
    if (byte === 0x2e) dots++;
    else if (byte === 0x3a) {
      if (dots === 3 && colons === 0) {
        to = at;
        break;
      }
      colons++;
    } else if (!isDigit(byte) && !((colons > 0 || dots === 0) && isHexDigit(byte))) return Outcome.UNUSABLE;
  }
  if (!(dots === 3 && colons === 0) && colons < 2) return Outcome.UNUSABLE;
  event.span(Field.client_ip, from, to);
  return from === start && to === end ? Outcome.RENAMED : Outcome.COPIED;
}

function isWhole(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (!isDigit(bytes[at])) return false;
  return end > start && end - start <= 19;
}

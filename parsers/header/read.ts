import type { Chunk } from '../../agent/chunk.ts';
import type { LogEvent } from '../../agent/event.ts';
import { Field } from '../../agent/fields.ts';
import { readGroup } from './groups.ts';
import { findLevel, isLevelNext, readLevelWord } from './levels.ts';
import { readFunctionColumn, readPlaceOfFile } from './places.ts';
import { Header } from './state.ts';
import { readMysql } from './mysql.ts';
import { readPostgres } from './postgres.ts';
import { readBehindPrefix, readCompose, readHostAndLogger, readHostAndTag, readTagged, skipDecoration } from './prefixes.ts';
import { readSpring } from './spring.ts';
import { readJavaUtil, readTrailingLogger } from './trailers.ts';
import { readClosedGroups, readLabels, skipUptime } from './labels.ts';
import { readHexThread, readName, readPairsBeforeLevel, readProcess, readSlashed } from './words.ts';
import { Byte, isBlank, isDigit, isLetter, skipDigits } from '../values/bytes.ts';
import { isUuid } from '../values/names.ts';
import { levelOfSeverity } from '../values/levels.ts';
import { priorityEnd, readPriority } from '../values/priority.ts';
import { readTimestamp, scanTimestamp, wasEpoch } from '../values/timestamps.ts';

const MOST_ITEMS = 12;
const header = new Header();

/** Hot: the general case of a text line. Whether the record at [start, end) has a header. Portable: see extract/prose.ts. */
export function readHeader(chunk: Chunk, start: number, end: number, event: LogEvent): boolean {
  event.rule = 'header';
  header.begin(chunk, start, end, event);
  const priority = readPriority(chunk.bytes, start, end);
  const severity = priority < 0 ? -1 : levelOfSeverity(priority & 7);
  const from = priority < 0 ? start : skipSequence(chunk.bytes, priorityEnd(chunk.bytes, start), end);
  let at = readItems(header, readCompose(header, skipDecoration(header, header.skipSeparators(from))));
  if (header.hasTime) at = readClosedGroups(header, at);
  if (!header.hasTime && !header.hasLevel) at = readBehindPrefix(header, at);
  if (header.hasTime && !header.hasLevel) at = readWithoutLevel(header, at);
  if (!header.hasLevel && severity >= 0) header.level(severity, start, from);
  if (!header.hasLevel && (!header.hasTime || header.epoch) && !event.has(Field.service)) return false;
  if (header.nameStart >= 0 && !event.has(Field.logger)) event.span(Field.logger, header.nameStart, header.nameEnd);
  event.span(Field.message, textStart(chunk.bytes, at, end), header.hasLevel ? readTrailingLogger(header, at, end) : end);
  return true;
}

/** Cisco's number of the message, and its mark for a clock that was never set: `77: *Nov 22 10:00:00: %LINK…`. */
function skipSequence(bytes: Uint8Array, at: number, end: number): number {
  const colon = skipDigits(bytes, at, end);
  if (colon === at || bytes[colon] !== Byte.COLON || bytes[colon + 1] !== Byte.SPACE) return at;
  const time = bytes[colon + 2] === Byte.STAR || bytes[colon + 2] === Byte.DOT ? colon + 3 : colon + 2;
  return scanTimestamp(bytes, time, end) > 0 ? time : at;
}

/** Takes item after item; where the text begins. */
function readItems(state: Header, from: number): number {
  let at = from;
  while (state.items < MOST_ITEMS && at < state.end) {
    const next = readItem(state, at);
    if (next <= at) break;
    state.items++;
    at = state.skipSeparators(next);
    if (state.closed) break;
  }
  return at;
}

/** Takes the item at `at`; the position behind it, or not beyond `at` when the text begins there. */
function readItem(state: Header, at: number): number {
  const byte = state.bytes[at] as number;
  if (state.tab && state.hasTime && isUuid(state.bytes, at) && (state.hasLevel ? state.bytes[at + 36] === Byte.TAB : isLevelNext(state, at + 36))) {
    state.span(Field.request_id, at, at + 36);
    return at + 36;
  }
  if (isLetter(byte) || byte === Byte.UNDERSCORE && state.bar) return readWord(state, at);
  if (isDigit(byte)) return readNumber(state, at);
  if (byte === Byte.OPEN_BRACKET) {
    const after = state.hasLevel ? readSpring(state, at) : -1;
    return after > 0 ? after : readGroup(state, at);
  }
  if (byte === Byte.QUOTE) return readQuotedTime(state, at);
  if (byte === Byte.LESS && state.bar) {
    const column = readFunctionColumn(state, at);
    if (column > 0) return column;
  }
  if (byte === Byte.OPEN_PAREN || byte === Byte.LESS || byte === Byte.OPEN_BRACE) return readGroup(state, at);
  if (byte !== Byte.SLASH) return -1;
  return state.hasLevel && at === state.levelEnd ? readSlashed(state, at) : readPlaceOfFile(state, at);
}

function readWord(state: Header, at: number): number {
  const level = readLevelWord(state, at);
  // PostgreSQL's two blanks: what follows is text, `LOG:  statement: SELECT`.
  if (level > at && state.hasTime && state.bytes[level] === Byte.COLON && state.bytes[level + 1] === Byte.SPACE && state.bytes[level + 2] === Byte.SPACE) state.closed = true;
  if (level >= 0) return level;
  const after = readTime(state, at);
  if (after > 0) return after;
  const tag = readTagged(state, at);
  if (tag > 0) return tag;
  const pairs = state.hasTime && !state.hasLevel ? readPairsBeforeLevel(state, at) : -1;
  return pairs > 0 ? pairs : readName(state, at);
}

function readNumber(state: Header, at: number): number {
  if (state.hasLevel && state.hasTime) return readSpring(state, at);
  const time = readTime(state, at);
  if (time > 0) return time;
  const uptime = state.hasTime ? skipUptime(state, at) : -1;
  if (uptime > 0) return uptime;
  const connection = state.hasTime ? readMysql(state, at) : -1;
  if (connection > 0) return connection;
  const thread = readHexThread(state, at);
  return thread > 0 ? thread : readProcess(state, at);
}

function readTime(state: Header, at: number): number {
  if (state.hasTime) return -1;
  const after = readTimestamp(state.chunk, at, state.end, state.event);
  if (after < 0 || isLetter(state.bytes[after]) || isDigit(state.bytes[after])) return -1;
  state.hasTime = true;
  state.epoch = wasEpoch() && isBlank(state.bytes[after]) && after - at < 12;
  return skipMilliseconds(state.bytes, after, state.end);
}

/** Python's `%(asctime)s,%(msecs)d`: the milliseconds once more. */
function skipMilliseconds(bytes: Uint8Array, at: number, end: number): number {
  if (bytes[at] !== Byte.COMMA || !isDigit(bytes[at + 1])) return at;
  const to = skipDigits(bytes, at + 1, end);
  return to - at <= 4 && bytes[to] === Byte.SPACE ? to : at;
}

/** A time in quotes, the first column of a CSV. */
function readQuotedTime(state: Header, at: number): number {
  if (state.items > 0) return -1;
  const after = readTime(state, at + 1);
  if (after > 0 && state.bytes[after] === Byte.QUOTE) return after + 1;
  state.hasTime = false;
  state.event.unset(Field.timestamp);
  return -1;
}

/** What is left to try for a line with a time and no level: PostgreSQL, rsyslog's files, a level further on. Where the text begins. */
function readWithoutLevel(state: Header, at: number): number {
  const text = readPostgres(state, at);
  if (text > 0) return text;
  if (state.items === 1 || state.items === 2 && state.event.has(Field.thread)) {
    const tagged = readHostAndTag(state, at);
    const hosted = tagged > 0 ? tagged : readHostAndLogger(state, at);
    const named = hosted > 0 ? hosted : readJavaUtil(state, at);
    if (named > 0) return named;
  }
  findLevel(state, at);
  readLabels(state, at);
  return at;
}

/** A header that fills the first line has its text on the next. */
function textStart(bytes: Uint8Array, at: number, end: number): number {
  if (bytes[at] !== Byte.NEWLINE) return at;
  let to = at;
  while (to < end && (bytes[to] === Byte.NEWLINE || bytes[to] === Byte.RETURN || isBlank(bytes[to]))) to++;
  return to < end ? to : at;
}

import type { Chunk } from '../agent/chunk.ts';
import type { LogEvent } from '../agent/event.ts';
import { Field, FIELDS } from '../agent/fields.ts';
import { assign, typeOf } from './json-assign.ts';
import { valueHasDuplicates } from './json-host.ts';
import { descend } from './json-nested.ts';
import { CANONICAL, Kind, meaning, Meaning } from './keys.ts';
import { How, Outcome } from './values/assign.ts';
import { Byte } from './values/bytes.ts';
import { decimal } from './values/durations.ts';
import { levelOfSeverity } from './values/levels.ts';
import { equals, startsWith } from './values/names.ts';
import { DOUBTFUL, Json, MAX_ROWS, ROW } from './values/json-scan.ts';

// What the members of a JSON line mean. Portable: see extract/prose.ts.

/** Sixth column of a row that is left out: this minus its id, so that it can be taken back. Rows whose key is not known have -1. */
export const DROPPED = -2;

/** Rows that are looked at again when the strong spellings are through: containers and weak spellings. */
const later = new Int32Array(MAX_ROWS);
/** By field: the row it was set from. Meaningful while the event has the field. */
const rowOf = new Int32Array(FIELDS.length);
/** Row of a `level` whose number means nothing by itself: another key may say it in words (Monolog's `level_name`). -1: none. */
let numberedLevel = -1;
/** Row of a duration whose number has no unit. -1: none. */
let bareDuration = -1;
/** Rows of the line that is being read. */
let rows = 0;

/** Gives the event what the `count` members in the table say. False: it has no room for them. */
export function readMembers(chunk: Chunk, table: Int32Array, count: number, event: LogEvent): boolean {
  event.rule = 'json';
  rows = count * ROW;
  numberedLevel = -1;
  bareDuration = -1;
  let again = 0;
  for (let row = 0; row < rows; row += ROW) {
    const id = table[row + 5] as number;
    if (id < 0) continue;
    const kind = meaning(id, Meaning.KIND);
    if ((kind & Kind.ALIAS) === 0 ? (kind & Kind.CONTAINER) !== 0 : direct(chunk, table, row, event)) later[again++] = row;
  }
  if (again > 0) indirect(chunk, table, again, event);
  if (numberedLevel >= 0) settleLevel(chunk, table, event);
  if (bareDuration >= 0) settleDuration(chunk, table, again, event);
  return keep(chunk, table, event);
}

/** A key that is an alias by itself. True: it may be needed later. */
function direct(chunk: Chunk, table: Int32Array, row: number, event: LogEvent): boolean {
  const id = table[row + 5] as number;
  const field = meaning(id, Meaning.FIELD);
  const isCanonical = id >= CANONICAL;
  if (!isCanonical && (meaning(id, Meaning.RANK) > 0 || event.has(field))) return true;
  if (isCanonical && (event.present & (1 << field)) !== 0) {
    event.unset(field); // an alias came first; it keeps its own key
    const other = (rowOf[field] as number) + 5;
    if ((table[other] as number) <= DROPPED) table[other] = DROPPED - (table[other] as number);
  }
  const how = meaning(id, Meaning.HOW);
  const outcome = assign(chunk, table, row, field, how, event);
  rowOf[field] = row;
  if (outcome === Outcome.RENAMED || (isCanonical && outcome !== Outcome.UNUSABLE)) table[row + 5] = DROPPED - id;
  else if (isCanonical && how === How.level && typeOf(table, row) === Json.NUMBER) numberedLevel = row;
  else if (isCanonical) event.block(field);
  if ((how === How.bare || how === How.watch) && typeOf(table, row) === Json.NUMBER) bareDuration = row;
  return typeOf(table, row) === Json.OBJECT;
}

function settleLevel(chunk: Chunk, table: Int32Array, event: LogEvent): void {
  if (!event.has(Field.level) && isGelf(table, event)) setSeverity(chunk, table, event);
  if (event.has(Field.level)) table[numberedLevel + 5] = DROPPED - (table[numberedLevel + 5] as number);
  else event.block(Field.level);
}

/** What stands beside a duration without a unit may tell its unit; then it is converted, and the original stays. */
function settleDuration(chunk: Chunk, table: Int32Array, again: number, event: LogEvent): void {
  const id = table[bareDuration + 5] as number;
  if (event.has(Field.duration_ms) !== id <= DROPPED) return; // another key says it better
  const isInWords = takeWords(chunk, table, again, event);
  const power = isInWords ? 0 : bareUnit(chunk, table, event);
  if (!isInWords && power === 0) return;
  if (id <= DROPPED) table[bareDuration + 5] = DROPPED - id;
  if (isInWords) return;
  const start = table[bareDuration + 2] as number;
  const end = table[bareDuration + 3] as number;
  event.number(Field.duration_ms, decimal(chunk.bytes, start, end, power), start, end);
}

/** Echo's `latency_human: 1.2ms` beside its nanoseconds. */
function takeWords(chunk: Chunk, table: Int32Array, again: number, event: LogEvent): boolean {
  for (let index = 0; index < again; index++) {
    const row = later[index] as number;
    const id = table[row + 5] as number;
    if (id < 0 || typeOf(table, row) !== Json.STRING || (meaning(id, Meaning.KIND) & Kind.ALIAS) === 0 || meaning(id, Meaning.FIELD) !== Field.duration_ms) continue;
    if (assign(chunk, table, row, Field.duration_ms, meaning(id, Meaning.HOW), event) === Outcome.COPIED) return true;
  }
  return false;
}

/** Power of ten that makes milliseconds of it: zap and Caddy write seconds where `ts` is seconds with a fraction, Sidekiq beside its `jid`; Traefik's access log nanoseconds. 0: not known. */
function bareUnit(chunk: Chunk, table: Int32Array, event: LogEvent): number {
  const { bytes } = chunk;
  const time = rowOf[Field.timestamp] as number;
  if (hasFraction(bytes, table[bareDuration + 2] as number, table[bareDuration + 3] as number)) {
    if (event.has(Field.timestamp) && time < rows && typeOf(table, time) === Json.NUMBER && bytes[(table[time + 2] as number) + 10] === Byte.DOT) return 3;
    for (let row = 0; row < rows; row += ROW) if (equals(bytes, table[row] as number, table[row + 1] as number, 'jid')) return 3;
  }
  const status = rowOf[Field.http_status] as number;
  return event.has(Field.http_status) && status < rows && startsWith(bytes, table[status] as number, table[status + 1] as number, 'DownstreamStatus') ? -6 : 0;
}

function hasFraction(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (bytes[at] === Byte.DOT) return true;
  return false;
}

/** Graylog's format, whose levels are syslog's: known by its key for the message. */
function isGelf(table: Int32Array, event: LogEvent): boolean {
  const row = rowOf[Field.message] as number;
  if (!event.has(Field.message) || row >= rows) return false;
  const id = table[row + 5] as number;
  return (meaning(id <= DROPPED ? DROPPED - id : id, Meaning.KIND) & Kind.SHORT_MESSAGE) !== 0;
}

function setSeverity(chunk: Chunk, table: Int32Array, event: LogEvent): void {
  const start = table[numberedLevel + 2] as number;
  const end = table[numberedLevel + 3] as number;
  if (end === start + 1) event.level(levelOfSeverity((chunk.bytes[start] as number) - 0x30), start, end);
}

/** What is only looked for where nothing better was found: keys of nested objects, then weak spellings. */
function indirect(chunk: Chunk, table: Int32Array, again: number, event: LogEvent): void {
  for (let index = 0; index < again; index++) {
    const row = later[index] as number;
    const id = table[row + 5] as number;
    if (id >= 0 && typeOf(table, row) === Json.OBJECT && (meaning(id, Meaning.KIND) & Kind.CONTAINER) !== 0) descend(chunk, table, row, id & (CANONICAL - 1), 1, event);
  }
  if (weaklyNamed(chunk, table, again, 1, event)) weaklyNamed(chunk, table, again, 2, event);
}

/** Takes the weak spellings of `rank`. Whether there are weaker ones. */
function weaklyNamed(chunk: Chunk, table: Int32Array, again: number, rank: number, event: LogEvent): boolean {
  let hasMore = false;
  for (let index = 0; index < again; index++) {
    const row = later[index] as number;
    const id = table[row + 5] as number;
    if (id < 0 || (meaning(id, Meaning.KIND) & Kind.ALIAS) === 0) continue;
    const own = meaning(id, Meaning.RANK);
    if (own > rank) hasMore = true;
    const field = meaning(id, Meaning.FIELD);
    if (own !== rank || event.has(field) || !isAccompanied(meaning(id, Meaning.COMPANY), event)) continue;
    if (field === Field.logger && isOfObject(chunk.bytes, table, row)) continue;
    if (assign(chunk, table, row, field, meaning(id, Meaning.HOW), event) === Outcome.RENAMED) table[row + 5] = DROPPED - id;
  }
  return hasMore;
}

/** Whether the row's `name` stands beside a `namespace` or an `email`: it is that of an object or a person, and not of a logger. */
function isOfObject(bytes: Uint8Array, table: Int32Array, name: number): boolean {
  if ((table[name + 1] as number) - (table[name] as number) !== 4) return false;
  for (let row = 0; row < rows; row += ROW) {
    const start = table[row] as number;
    const end = table[row + 1] as number;
    if (end - start === 9 && startsWith(bytes, start, end, 'namespace') || end - start === 5 && startsWith(bytes, start, end, 'email')) return true;
  }
  return false;
}

/** Whether the record has what a weak spelling needs beside it: a `path` is a request's only beside a method or a status. */
export function isAccompanied(company: number, event: LogEvent): boolean {
  return company === 0 || (event.present & company) !== 0;
}

/** What is left of the line, as runs of neighbouring members. */
function keep(chunk: Chunk, table: Int32Array, event: LogEvent): boolean {
  let runStart = -1;
  let runEnd = 0;
  for (let row = 0; row < rows; row += ROW) {
    const keyStart = (table[row] as number) - 1;
    const id = table[row + 5] as number;
    const isReserved = id >= 0 && (meaning(id, Meaning.KIND) & Kind.RESERVED) !== 0;
    const isTwice = ((table[row + 4] as number) > DOUBTFUL || !chunk.valid) && id > DROPPED && valueHasDuplicates(table[row + 2] as number, table[row + 3] as number);
    const isAlone = isReserved || isTwice;
    if (runStart >= 0 && (id <= DROPPED || isAlone || !touch(chunk.bytes, runEnd, keyStart))) {
      if (!event.run(runStart, runEnd, runStart, 0, false)) return false;
      runStart = -1;
    }
    if (id <= DROPPED) continue;
    if (!isAlone) {
      if (runStart < 0) runStart = keyStart;
      runEnd = table[row + 3] as number;
    } else if (!keepAlone(table, row, isTwice, isReserved, event)) return false;
  }
  return runStart < 0 || event.run(runStart, runEnd, runStart, 0, false);
}

/** A member that can't be part of a run. An object with a key twice is kept as its text: no reader takes it. */
function keepAlone(table: Int32Array, row: number, isTwice: boolean, isReserved: boolean, event: LogEvent): boolean {
  const keyStart = table[row] as number;
  const keyEnd = table[row + 1] as number;
  if (!isTwice) return event.run(keyStart - 1, table[row + 3] as number, keyEnd + 1, table[row + 2] as number, isReserved);
  return event.text(keyStart, keyEnd, table[row + 2] as number, table[row + 3] as number, isReserved);
}

/** Whether nothing but a comma lies between two members; a member that was left out lies there otherwise. */
function touch(bytes: Uint8Array, end: number, start: number): boolean {
  for (let at = end; at < start; at++) if (bytes[at] === 0x22) return false;
  return true;
}

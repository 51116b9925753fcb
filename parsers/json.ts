import type { Chunk } from '../agent/chunk.ts';
import type { LogEvent } from '../agent/event.ts';
import { Field, FIELDS } from '../agent/fields.ts';
import { ALIASES, aliasTable, CANONICAL, isInCompany, type Alias } from './aliases.ts';
import type { Parser } from './parser.ts';
import { assignArray, assignNumber, assignText, How, isWord, Outcome } from './values/assign.ts';
import { dropDuplicates, hasDuplicates } from './values/json-duplicates.ts';
import { levelOfSeverity } from './values/levels.ts';
import { startsWith } from './values/names.ts';
import { DOUBTFUL, Json, MAX_ROWS, ROW, TABLES, UNSURE, type MemberScanner } from './values/json-scan.ts';

/** Sixth column of a row that is left out: this minus its id, so that it can be taken back. Rows whose key is not known have -1. */
const DROPPED = -2;
const ID = CANONICAL - 1;
const SLASH = 0x2f;

/** Rows that are looked at again when the strong spellings are through: containers and weak spellings. */
const later = new Int32Array(MAX_ROWS);
/** By field: the row it was set from. Meaningful while the event has the field. */
const rowOf = new Int32Array(FIELDS.length);

/**
 * One JSON object per record (RFC 8259), whoever wrote it: pino, bunyan, winston, zap, zerolog, slog, logrus,
 * structlog, logback, Serilog, ECS. Known spellings become fields, and what is not touched is copied as it stands.
 */
export const json: Parser = {
  name: 'json',
  title: 'JSON objects, one per line: pino, bunyan, winston, zap, zerolog, slog, structlog, logback, Serilog, ECS',
  examples: [
    {
      line: '{"level":30,"time":1795392255466,"pid":7,"hostname":"vm","a":1,"msg":"hello"}',
      event: { timestamp: '2026-11-23T00:04:15.466Z', level: 'info', pid: 7, host: 'vm', message: 'hello', a: 1, time: 1795392255466 },
      reason: 'pino: numeric level, epoch in ms; what had to be converted stays under its own key',
    },
    {
      line: '{"name":"app","hostname":"vm","pid":7,"level":50,"err":{"message":"x","name":"TypeError","stack":"TypeError: x\\n    at f"},"msg":"hi","time":"2026-11-23T00:04:15.503Z","v":0}',
      event: { timestamp: '2026-11-23T00:04:15.503Z', level: 'error', logger: 'app', pid: 7, host: 'vm', message: 'hi', error_type: 'TypeError', error_message: 'x', stack_trace: 'TypeError: x\n    at f', err: { message: 'x', name: 'TypeError', stack: 'TypeError: x\n    at f' }, v: 0 },
      reason: 'bunyan: fields are read from the error object, which stays nested',
    },
    {
      line: '{"@timestamp":"2019-08-06T14:08:40.199Z", "log.level":"DEBUG", "message":"init", "ecs.version":"1.2.0"}',
      event: { timestamp: '2019-08-06T14:08:40.199Z', level: 'debug', message: 'init', 'log.level': 'DEBUG', 'ecs.version': '1.2.0' },
      reason: 'ECS with dotted keys',
    },
    { line: '{"level":"info","user_id":"a","userId":"b","message":"m"}', event: { level: 'info', user_id: 'a', userId: 'b', message: 'm' }, reason: 'both spellings: the canonical one wins, the other keeps its key' },
    { line: '{"level":"info","userId":"b","user_id":"a","message":"m"}', event: { level: 'info', user_id: 'a', userId: 'b', message: 'm' }, reason: 'in whatever order' },
    { line: '{"a":1,"a":2}', event: { a: 2 }, reason: 'of two alike the last one counts, as for every JSON reader' },
    { line: '{"user_id":{"x":1},"user":"bob"}', event: { user_id: { x: 1 }, user: 'bob' }, reason: 'a canonical name with a value that can not be one keeps its place' },
    { line: '{"level":400,"level_name":"ERROR","channel":"app","message":"m"}', event: { level: 'error', logger: 'app', message: 'm', level_name: 'ERROR' }, reason: 'Monolog: a number that means nothing by itself gives way to a word' },
    { line: '{"version":"1.1","host":"vm","short_message":"m","level":3}', event: { level: 'error', host: 'vm', message: 'm', version: '1.1' }, reason: 'GELF: levels are those of syslog' },
    { line: '{"level":"info","data":{"request_info":{"method":"GET","path":"/x"},"user_id":"a"}}', event: { level: 'info', user_id: 'a', http_method: 'GET', http_path: '/x', data: { request_info: { method: 'GET', path: '/x' }, user_id: 'a' } }, reason: 'wrappers: keys inside mean what they mean at the top' },
    { line: '{"data":{"host":"other","name":"x","path":"/var/x"},"path":"/var/y"}', event: { data: { host: 'other', name: 'x', path: '/var/x' }, path: '/var/y' }, reason: 'but not whatever may be that of something else, and a path alone is no request' },
    { line: '{"name":"shop","component":"db","msg":"m"}', event: { logger: 'shop', component: 'db', message: 'm' }, reason: 'the better of two weak spellings' },
    { line: '{"msg":"m","stack":["E: x","  at f"],"headers":{"User-Agent":["curl/8"]}}', event: { message: 'm', user_agent: 'curl/8', stack_trace: 'E: x\n  at f', stack: ['E: x', '  at f'], headers: { 'User-Agent': ['curl/8'] } }, reason: 'arrays: a trace line by line, the first of a header' },
    { line: '{"latency":12345678,"msg":"m"}', event: { latency: 12345678, message: 'm' }, reason: 'a duration in no known unit' },
    { line: '{"a":1}}', event: undefined, reason: 'not valid to its end' },
    { line: '{"a":01}', event: undefined, reason: 'no JSON number' },
    { line: '{not json}', event: undefined },
  ],
  parse,
};

/** Members of the record that was parsed last in the chunk. */
let lastCount = 0;

/**
 * Shows `visit` key and value of each member that was kept of the record that was parsed last, which lies in `chunk`.
 * False: `visit` said so, or one can't be taken over as it stands.
 */
export function keptMembers(chunk: Chunk, visit: (keyStart: number, keyEnd: number, start: number, end: number) => boolean): boolean {
  const table = chunk.scanners.members.tables[0] as Int32Array;
  for (let row = 0; row < lastCount * ROW; row += ROW) {
    if ((table[row + 5] as number) <= DROPPED) continue;
    const [keyStart, keyEnd, start, end] = [table[row] as number, table[row + 1] as number, table[row + 2] as number, table[row + 3] as number];
    if ((table[row + 4] as number) > DOUBTFUL && hasDuplicates(chunk, start, end)) return false;
    if (!visit(keyStart, keyEnd, start, end)) return false;
  }
  return true;
}

/** Hot: every record of a JSON log. */
function parse(chunk: Chunk, start: number, end: number, event: LogEvent): boolean {
  const scanner = chunk.scanners.members;
  const table = scanner.tables[0] as Int32Array;
  let count = scanner.list(start, end, 0, -1);
  if (count < 0) return false;
  if (count >= UNSURE || !chunk.valid) count = dropDuplicates(chunk, table, count & (UNSURE - 1));
  event.keys.later(table, count, ROW);
  lastCount = count;
  let again = 0;
  numberedLevel = -1;
  for (let row = 0; row < count * ROW; row += ROW) {
    const id = table[row + 5] as number;
    if (id < 0) continue;
    const alias = ALIASES[id & ID];
    if (alias === undefined ? aliasTable.isContainer(id) : direct(chunk, table, row, alias, event)) later[again++] = row;
  }
  if (again > 0) indirect(chunk, table, again, event);
  if (numberedLevel >= 0) settleLevel(chunk, table, event);
  return members(chunk, table, count, event);
}

/** A key that is an alias by itself. True: it may be needed later. */
function direct(chunk: Chunk, table: Int32Array, row: number, alias: Alias, event: LogEvent): boolean {
  const canonical = (table[row + 5] as number) >= CANONICAL;
  if (!canonical && (alias.rank > 0 || event.has(alias.field))) return true;
  if (canonical && (event.present & (1 << alias.field)) !== 0) {
    event.unset(alias.field); // an alias came first; it keeps its own key
    const other = (rowOf[alias.field] as number) + 5;
    if ((table[other] as number) <= DROPPED) table[other] = DROPPED - (table[other] as number);
  }
  const outcome = assign(chunk, table, row, alias, event);
  rowOf[alias.field] = row;
  if (outcome === Outcome.RENAMED || (canonical && outcome !== Outcome.UNUSABLE)) table[row + 5] = DROPPED - (table[row + 5] as number);
  else if (canonical && alias.how === How.level && typeOf(table, row) === Json.NUMBER) numberedLevel = row;
  else if (canonical) event.block(alias.field);
  return typeOf(table, row) === Json.OBJECT;
}

/** Row of a `level` whose number means nothing by itself: another key may say it in words (Monolog's `level_name`). -1: none. */
let numberedLevel = -1;

function settleLevel(chunk: Chunk, table: Int32Array, event: LogEvent): void {
  if (!event.has(Field.level) && isGelf(table, event)) setSeverity(chunk, table, event);
  if (event.has(Field.level)) table[numberedLevel + 5] = DROPPED - (table[numberedLevel + 5] as number);
  else event.block(Field.level);
}

function assign(chunk: Chunk, table: Int32Array, row: number, alias: Alias, event: LogEvent): number {
  const start = table[row + 2] as number;
  const end = table[row + 3] as number;
  switch (typeOf(table, row)) {
    case Json.STRING: return assignText(chunk, start + 1, end - 1, alias, event);
    case Json.ESCAPED:
      if (!isWord(alias.how) && !(alias.how === How.url && chunk.bytes[start + 2] === SLASH)) return Outcome.UNUSABLE;
      event.json(alias.how === How.error && !event.has(Field.stack_trace) && isTraceText(chunk.bytes, start + 1, end) ? Field.stack_trace : alias.field, start, end);
      return Outcome.RENAMED;
    case Json.NUMBER: return assignNumber(chunk, start, end, alias, event);
    case Json.NULL: return Outcome.ABSENT;
    case Json.ARRAY: return assignArray(chunk, start, end, alias, event);
    default: return Outcome.UNUSABLE;
  }
}

/** Whether the inside of a JSON string is a whole trace, and not only an error's text: structlog's `exception`, Serilog's. */
function isTraceText(bytes: Uint8Array, start: number, end: number): boolean {
  if (startsWith(bytes, start, end, 'Traceback (most recent call last)')) return true;
  const limit = Math.min(end, start + LONGEST_ERROR);
  for (let at = start; at + 4 < limit; at++) {
    if (bytes[at] !== BACKSLASH || bytes[at + 1] !== LETTER_N) continue;
    let to = at + 2;
    if (bytes[to] === BACKSLASH) to += 2; // a tab
    while (to < limit && bytes[to] === SPACE) to++;
    if (to > at + 2 && startsWith(bytes, to, end, 'at ')) return true;
  }
  return false;
}

const LONGEST_ERROR = 4096;
const [BACKSLASH, LETTER_N, SPACE] = [0x5c, 0x6e, 0x20];

function typeOf(table: Int32Array, row: number): number {
  return (table[row + 4] as number) & (DOUBTFUL - 1);
}

/** Graylog's format, whose levels are syslog's: known by its key for the message. */
function isGelf(table: Int32Array, event: LogEvent): boolean {
  const row = rowOf[Field.message] as number;
  if (!event.has(Field.message) || row >= lastCount * ROW) return false;
  const id = table[row + 5] as number;
  return ALIASES[(id <= DROPPED ? DROPPED - id : id) & ID]?.key === 'short_message';
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
    const id = (table[row + 5] as number) & ID;
    if (typeOf(table, row) === Json.OBJECT && (table[row + 5] as number) >= 0 && aliasTable.isContainer(id)) descend(chunk, chunk.scanners.members, table, row, id, 1, event);
  }
  if (weaklyNamed(chunk, table, again, 1, event)) weaklyNamed(chunk, table, again, 2, event);
}

/** Takes the weak spellings of `rank`. Whether there are weaker ones. */
function weaklyNamed(chunk: Chunk, table: Int32Array, again: number, rank: number, event: LogEvent): boolean {
  let hasMore = false;
  for (let index = 0; index < again; index++) {
    const row = later[index] as number;
    const id = table[row + 5] as number;
    const alias = id < 0 ? undefined : ALIASES[id & ID];
    if (alias === undefined) continue;
    if (alias.rank > rank) hasMore = true;
    if (alias.rank !== rank || event.has(alias.field) || !isInCompany(alias, event)) continue;
    if (assign(chunk, table, row, alias, event) === Outcome.RENAMED) table[row + 5] = DROPPED - id;
  }
  return hasMore;
}

/** Fields from a nested object, which itself stays as it is. */
function descend(chunk: Chunk, scanner: MemberScanner, outer: Int32Array, outerRow: number, container: number, depth: number, event: LogEvent): void {
  if (depth >= TABLES) return;
  const table = scanner.tables[depth] as Int32Array;
  const listed = scanner.list(outer[outerRow + 2] as number, outer[outerRow + 3] as number, depth, container);
  const count = listed < 0 ? 0 : listed & (UNSURE - 1);
  let hasContainers = false;
  let weakest = 0;
  for (let row = 0; row < count * ROW; row += ROW) {
    const id = table[row + 5] as number;
    if (id < 0) continue;
    if (typeOf(table, row) === Json.OBJECT && aliasTable.isContainer(id)) hasContainers = true;
    const rank = ALIASES[id]?.rank ?? 0;
    if (rank > weakest) weakest = rank;
    if (rank === 0) nested(chunk, table, row, id, event);
  }
  for (let row = 0; hasContainers && row < count * ROW; row += ROW) {
    const id = table[row + 5] as number;
    if (typeOf(table, row) === Json.OBJECT && aliasTable.isContainer(id)) descend(chunk, scanner, table, row, id, depth + 1, event);
  }
  for (let rank = 1; rank <= weakest; rank++) {
    for (let row = 0; row < count * ROW; row += ROW) {
      const id = table[row + 5] as number;
      if (id >= 0 && ALIASES[id]?.rank === rank) nested(chunk, table, row, id, event);
    }
  }
}

function nested(chunk: Chunk, table: Int32Array, row: number, id: number, event: LogEvent): void {
  const alias = ALIASES[id];
  if (alias !== undefined && !event.has(alias.field)) assign(chunk, table, row, alias, event);
}

/** What is left of the line, as runs of neighbouring members. */
function members(chunk: Chunk, table: Int32Array, count: number, event: LogEvent): boolean {
  let runStart = -1;
  let runEnd = 0;
  for (let row = 0; row < count * ROW; row += ROW) {
    const keyStart = (table[row] as number) - 1;
    const id = table[row + 5] as number;
    const twice = ((table[row + 4] as number) > DOUBTFUL || !chunk.valid) && id > DROPPED && hasDuplicates(chunk, table[row + 2] as number, table[row + 3] as number);
    const alone = twice || (id >= 0 && aliasTable.isReserved(id & ID));
    if (runStart >= 0 && (id <= DROPPED || alone || !touch(chunk.bytes, runEnd, keyStart))) {
      if (!event.run(runStart, runEnd, runStart, 0, false)) return false;
      runStart = -1;
    }
    if (id <= DROPPED) continue;
    if (!alone) {
      if (runStart < 0) runStart = keyStart;
      runEnd = table[row + 3] as number;
    } else if (!single(table, row, twice, id, event)) return false;
  }
  return runStart < 0 || event.run(runStart, runEnd, runStart, 0, false);
}

/** A member that can't be part of a run. An object with a key twice is kept as its text: no reader takes it. */
function single(table: Int32Array, row: number, twice: boolean, id: number, event: LogEvent): boolean {
  const keyStart = table[row] as number;
  const keyEnd = table[row + 1] as number;
  const reserved = id >= 0 && aliasTable.isReserved(id & ID);
  if (!twice) return event.run(keyStart - 1, table[row + 3] as number, keyEnd + 1, table[row + 2] as number, reserved);
  return event.text(keyStart, keyEnd, table[row + 2] as number, table[row + 3] as number, reserved);
}

/** Whether nothing but a comma lies between two members; a member that was left out lies there otherwise. */
function touch(bytes: Uint8Array, end: number, start: number): boolean {
  for (let at = end; at < start; at++) if (bytes[at] === 0x22) return false;
  return true;
}

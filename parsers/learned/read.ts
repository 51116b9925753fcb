import type { Chunk } from '../../agent/chunk.ts';
import { Value, type LogEvent } from '../../agent/event.ts';
import { Field } from '../../agent/fields.ts';
import { ALIASES, aliasTable } from '../aliases.ts';
import { pair } from '../pair.ts';
import { assignText, Outcome } from '../values/assign.ts';
import { Byte, decimal, isBlank, isWord } from '../values/bytes.ts';
import { levelAt } from '../values/levels.ts';
import { readTimestamp } from '../values/timestamps.ts';
import { cellEnds, cellStarts, matchShape } from './match.ts';
import { columnName, type Role, type Shape } from './shape.ts';

/** The format of records that were read by a learned shape. */
export const LEARNED = 'learned';

/** Fields of a header, as a mask. */
const TIME_AND_LEVEL = (1 << Field.timestamp) | (1 << Field.level);
/** Who wrote the line, as syslog's tag tells it: no shape is worth losing that. */
const WRITERS = (1 << Field.pid) | (1 << Field.host) | (1 << Field.service);
/** Fields that a shape can tell, too. What else a built-in grammar found in a header is worth more. */
const REPLACEABLE = [Field.timestamp, Field.level, Field.logger, Field.thread, Field.pid, Field.caller, Field.host, Field.service, Field.message].reduce((mask, field) => mask | (1 << field), 0);

/**
 * Reads the record at [start, end), which a built-in grammar has read into `event`, anew: if it fits the shape wholly,
 * and if the shape finds the time and the level where that one did, and more besides. True: it is read by the shape.
 */
export function improve(shape: Shape, chunk: Chunk, start: number, end: number, event: LogEvent): boolean {
  if (event.format !== 'header' && event.format !== 'plain') return false;
  if (!tellsMore(shape, chunk.bytes, start, end, event.present, event.memberCount, event.has(Field.message) ? event.fromOf(Field.message) : end)) return false;
  rememberNames(event);
  event.reset();
  event.rule = 'learned shape';
  event.format = LEARNED;
  const to = end > start && chunk.bytes[end - 1] === Byte.RETURN ? end - 1 : end;
  const text = matchShape(shape, chunk.bytes, start, to);
  let column = 0;
  for (const item of shape.items) if (item.kind === 'column') takeCell(item.role, chunk, column++, event);
  event.span(Field.message, text, to);
  return true;
}

/**
 * Whether the shape tells more of the line at [start, end) than a grammar that set the fields `present` and
 * `memberCount` members, and whose text begins at `textStart`.
 */
export function tellsMore(shape: Shape, bytes: Uint8Array, start: number, end: number, present: number, memberCount: number, textStart: number): boolean {
  if (memberCount > 0 || (present & ~REPLACEABLE) !== 0) return false;
  const text = matchShape(shape, bytes, start, end);
  if (text < 0 || text < textStart) return false;
  const mine = maskOf(shape);
  if ((present & TIME_AND_LEVEL & ~mine) !== 0 || countBits(present & WRITERS & ~mine) > unknownColumns(shape)) return false;
  return text > textStart || countBits(mine) > countBits(present & ~(1 << Field.message));
}

function maskOf({ items }: Shape): number {
  let mask = 0;
  for (const item of items) if (item.kind === 'column' && item.role !== 'value' && item.role !== 'column') mask |= 1 << Field[item.role];
  return mask;
}

/** Columns that may turn out to be what the grammar took them for. */
function unknownColumns({ items }: Shape): number {
  return items.filter((item) => item.kind === 'column' && item.role === 'column').length;
}

function countBits(mask: number): number {
  let count = 0;
  for (let rest = mask; rest !== 0; rest &= rest - 1) count++;
  return count;
}

function takeCell(role: Role, chunk: Chunk, column: number, event: LogEvent): void {
  const start = cellStarts[column] as number;
  const end = trimmedEnd(chunk.bytes, start, cellEnds[column] as number);
  switch (role) {
    case 'timestamp': return void readTimestamp(chunk, start, end, event);
    case 'level': return event.level(levelAt(chunk.bytes, start, end), start, end);
    case 'pid': return event.number(Field.pid, decimal(chunk.bytes, start, end), start, end);
    case 'value': return takeLabelled(chunk, start, end, event);
    case 'column': return takeUnknown(columnName(column + 1), chunk, start, end, event);
    default: return event.span(Field[role], start, end);
  }
}

/** `Thread: main`, `L=E`: the word in front says what it is. */
function takeLabelled(chunk: Chunk, start: number, end: number, event: LogEvent): void {
  const { bytes } = chunk;
  let keyEnd = start;
  while (keyEnd > event.start && (isBlank(bytes[keyEnd - 1]) || bytes[keyEnd - 1] === Byte.EQUALS || bytes[keyEnd - 1] === Byte.COLON)) keyEnd--;
  let key = keyEnd;
  while (key > event.start && isWord(bytes[key - 1])) key--;
  const id = aliasTable.find(bytes, key, keyEnd, -1);
  const alias = id < 0 ? undefined : ALIASES[id];
  if (alias !== undefined && alias.rank === 0 && !event.has(alias.field)) {
    const outcome = assignText(chunk, start, end, alias.field, alias.how, event);
    if (outcome === Outcome.RENAMED || outcome === Outcome.COPIED) return;
  }
  pair(chunk, key, keyEnd, start, end, false, event);
}

/** Fields that name who wrote a line, and where a built-in grammar found them. */
const NAMES = [Field.logger, Field.thread, Field.pid, Field.host, Field.service];
const nameStarts = new Int32Array(NAMES.length);
const nameEnds = new Int32Array(NAMES.length);

function rememberNames(event: LogEvent): void {
  NAMES.forEach((field, index) => {
    nameStarts[index] = event.has(field) ? event.fromOf(field) : -1;
    nameEnds[index] = event.has(field) ? event.toOf(field) : -1;
  });
}

/** What the shape does not know is what the built-in grammar took it for; else it is kept under a name of its own. */
function takeUnknown(name: string, chunk: Chunk, start: number, end: number, event: LogEvent): void {
  const field = NAMES.find((field, index) => nameStarts[index] === start && nameEnds[index] === end && !event.has(field));
  if (field === Field.pid) return event.number(field, decimal(chunk.bytes, start, end), start, end);
  if (field !== undefined) return event.span(field, start, end);
  const address = event.arena.scratchSpace(name.length);
  if (address < 0) return;
  for (let index = 0; index < name.length; index++) event.arena.bytes[address + index] = name.charCodeAt(index);
  const key = address - event.base; // members are told by their place from the chunk's begin, wherever they lie
  event.member(key, key + name.length, start, end, Value.TEXT, false);
}

function trimmedEnd(bytes: Uint8Array, start: number, end: number): number {
  let to = end;
  while (to > start && isBlank(bytes[to - 1])) to--;
  return to;
}

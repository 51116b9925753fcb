import type { Chunk } from '../agent/chunk.ts';
import type { Arena } from '../agent/arena.ts';
import { LogEvent, MEMBER_INTS, Shape, Value } from '../agent/event.ts';
import { Field, FIELDS } from '../agent/fields.ts';
import { cef } from './cef.ts';
import { parseRecord, parseWith } from './index.ts';
import { json, keptMembers } from './json.ts';
import { logfmt } from './logfmt.ts';
import { aliasTable } from './aliases.ts';
import { ScratchChunk } from './scratch-chunk.ts';
import { Byte, isDigit, isLower, isUpper, skipDigits } from './values/bytes.ts';
import { scanTimestamp } from './values/timestamps.ts';

/**
 * Records inside of records: a message that is JSON, or a log line with a time of its own. What the application says
 * (time, level, message) beats what its envelope says; everything else the envelope has stays.
 */

interface Workshop {
  readonly chunk: ScratchChunk;
  readonly inner: LogEvent;
}

/** A lane has one arena, and so one of these; the last one asked for is the next one, too. */
const workshops = new WeakMap<Arena, Workshop>();
let last: Workshop | undefined;

/** The chunk and the event that records inside of records are read with. */
export function nestedOf(arena: Arena): Workshop {
  if (last?.chunk.arena === arena) return last;
  last = workshops.get(arena) ?? { chunk: new ScratchChunk(arena), inner: new LogEvent(arena) };
  workshops.set(arena, last);
  return last;
}

/** Hot: whether a text that begins with these bytes may be a record. */
export function mayBeRecord(bytes: Uint8Array, start: number, hasLevel: boolean): boolean {
  const first = bytes[start] as number;
  if (isLower(first)) return !hasLevel && isKey(bytes, start);
  if (first === Byte.OPEN_BRACE) return true;
  const second = bytes[start + 1];
  if (isDigit(first)) return isDigit(second) || second === Byte.DOT; // a time, an address
  if (first === Byte.OPEN_BRACKET) return isDigit(second) || !hasLevel;
  return isUpper(first) && (isDigit(second) || isUpper(second) && (!hasLevel || isCef(bytes, start)));
}

/** `CEF:`, `LEEF:`. */
function isCef(bytes: Uint8Array, start: number): boolean {
  const at = bytes[start] === LETTER_L ? start + 1 : start; // one letter after the other: a shorter text ends before
  return bytes[at] === (at > start ? LETTER_E : LETTER_C) && bytes[at + 1] === LETTER_E && bytes[at + 2] === LETTER_F && bytes[at + 3] === Byte.COLON;
}

const [LETTER_C, LETTER_E, LETTER_F, LETTER_L] = [0x43, 0x45, 0x46, 0x4c];

/** `time=`, `level=`: the first word is a key. */
function isKey(bytes: Uint8Array, start: number): boolean {
  let at = start;
  while (isLower(bytes[at]) && at < start + 12) at++;
  return bytes[at] === Byte.EQUALS;
}

/** Reads the record at [start, end) of the arena, which is the event's message. Whether the event got a message from it. */
export function readNested(event: LogEvent, start: number, end: number): boolean {
  const { chunk, inner } = nestedOf(event.arena);
  let to = end;
  while (to > start && (chunk.bytes[to - 1] as number) <= Byte.SPACE) to--;
  inner.begin(chunk, start, to);
  if (chunk.bytes[start] === Byte.OPEN_BRACE) return chunk.bytes[to - 1] === Byte.CLOSE_BRACE && readJson(event, start, to);
  if (isLower(chunk.bytes[start])) return parseWith(logfmt, chunk, start, to, inner) && inner.has(Field.level) && inner.has(Field.message) && adopt(event, inner, true);
  if (isCef(chunk.bytes, start)) return parseWith(cef, chunk, start, to, inner) && adopt(event, inner, true);
  if (event.has(Field.level) && !isTimed(chunk.bytes, start, to)) return false;
  parseRecord(chunk, start, to, inner);
  if (!inner.has(Field.message) || !inner.has(Field.level) && !inner.complete) return false;
  const isSaid = (event.format === 'json' || event.format === 'logfmt') && event.has(Field.level) && !isJournals(event);
  return adopt(event, inner, !isSaid);
}

/** Whether the level is the journal's, which says the same of every line that a service prints. */
function isJournals(event: LogEvent): boolean {
  const at = event.base + event.fromOf(Field.level) - PRIORITY.length;
  for (let i = 0; i < PRIORITY.length; i++) if (event.arena.bytes[at + i] !== PRIORITY[i]) return false;
  return true;
}

const PRIORITY = Buffer.from('"PRIORITY":"');

/** Whether a text begins with a time, in brackets or behind klog's letter. */
function isTimed(bytes: Uint8Array, start: number, end: number): boolean {
  if (isUpper(bytes[start])) return skipDigits(bytes, start + 1, end) === start + 5;
  const from = bytes[start] === Byte.OPEN_BRACKET ? start + 1 : start;
  return isDigit(bytes[from]) && scanTimestamp(bytes, from, end) > 0;
}

function readJson(event: LogEvent, start: number, end: number): boolean {
  const { chunk, inner } = nestedOf(event.arena);
  if (!parseWith(json, chunk, start, end, inner)) return false;
  const isFree = inner.has(Field.message) && keptMembers(chunk, (keyStart, keyEnd) => canTake(event, keyStart, keyEnd));
  if (isFree) {
    keptMembers(chunk, (keyStart, keyEnd, from, to) => {
      const id = aliasTable.find(chunk.bytes, keyStart, keyEnd, -1);
      const field = FIELD_NAMES.get(nameAt(chunk.bytes, keyStart, keyEnd));
      if (field !== undefined) event.block(field);
      return event.member(keyStart - event.base, keyEnd - event.base, from - event.base, to - event.base, Value.JSON, aliasTable.isReserved(id));
    });
  }
  return adopt(event, inner, isFree);
}

/**
 * Reads the JSON object that is [start, end) of `chunk` and stands beside the event's message: fields the event lacks, and
 * members. True: all of it was taken over; false: not all; undefined: it is no JSON.
 */
export function takeJson(chunk: Chunk, start: number, end: number, event: LogEvent): boolean | undefined {
  const { inner } = nestedOf(event.arena);
  inner.begin(chunk, start, end);
  if (!parseWith(json, chunk, start, end, inner)) return undefined;
  const isFree = keptMembers(chunk, (keyStart, keyEnd) => canTake(event, chunk.base + keyStart, chunk.base + keyEnd));
  const [shift, level] = [chunk.base - event.base, event.present];
  if (isFree) {
    keptMembers(chunk, (keyStart, keyEnd, from, to) => {
      const id = aliasTable.find(chunk.bytes, keyStart, keyEnd, -1);
      const field = FIELD_NAMES.get(nameAt(chunk.bytes, keyStart, keyEnd));
      if (field !== undefined) event.block(field); // a canonical name with a value that can't be one
      return event.member(keyStart + shift, keyEnd + shift, from + shift, to + shift, Value.JSON, aliasTable.isReserved(id));
    });
  }
  for (let rest = inner.present & ~level & ~event.blocked; rest !== 0; rest &= rest - 1) copyField(event, inner, 31 - Math.clz32(rest & -rest), start, end);
  return isFree && (inner.present & level) === 0;
}

/** Whether a key can be a member of the event beside what it has. */
function canTake(event: LogEvent, start: number, end: number): boolean {
  const { bytes } = event.arena;
  for (let at = start; at < end; at++) if (bytes[at] === 0x5c || (bytes[at] as number) >= 0x80) return false;
  const field = FIELD_NAMES.get(nameAt(bytes, start, end));
  return !event.hasMember(start, end - start) && (field === undefined || !event.has(field));
}

function nameAt(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1');
}

const FIELD_NAMES = new Map<string, Field>(FIELDS.map((name, field) => [name, field]));
/** What the application knows better than its envelope. */
const ITS_OWN = (1 << Field.timestamp) | (1 << Field.level) | (1 << Field.message);

/** Takes over what was read. `withMessage`: all of it is taken over, so that the message need not stay whole. */
function adopt(event: LogEvent, inner: LogEvent, withMessage: boolean): boolean {
  const [from, to] = [event.fromOf(Field.message), event.toOf(Field.message)];
  const hasMessage = withMessage && takePairs(event, inner);
  for (let rest = inner.present; rest !== 0; rest &= rest - 1) {
    const field = 31 - Math.clz32(rest & -rest);
    if (field === Field.message ? !hasMessage : event.has(field) && ((ITS_OWN & (1 << field)) === 0 || !hasMessage && inner.format !== 'json')) continue;
    copyField(event, inner, field, from, to);
  }
  if (hasMessage) event.blocked |= inner.blocked & ~event.present; // names that members have now
  event.complete = inner.complete && hasMessage;
  return hasMessage;
}

/** Takes over one field, as read from [from, to) of the event's chunk. */
export function copyField(event: LogEvent, inner: LogEvent, field: Field, from: number, to: number): void {
  event.rule = inner.ruleOf(field);
  if (inner.kindOf(field) === Value.JSON) event.jsonAt(field, inner.addressOf(field), inner.lengthOf(field), from, to);
  else event.at(field, inner.addressOf(field), inner.lengthOf(field), from, to);
  event.numbers[field] = inner.numbers[field] as number;
}

/** Pairs of a text's header; those of JSON are taken over already. False: one has the key of another, or the name of a field that is set. */
function takePairs(event: LogEvent, inner: LogEvent): boolean {
  for (let index = 0; index < inner.memberCount; index++) {
    const at = index * MEMBER_INTS;
    const [key = 0, keyLength = 0, , , shape] = inner.members.subarray(at, at + MEMBER_INTS);
    if ((shape === Shape.TEXT_TEXT || shape === Shape.TEXT_JSON) && !canTake(event, key, key + keyLength)) return false;
  }
  for (let index = 0; index < inner.memberCount; index++) {
    const at = index * MEMBER_INTS;
    const [key = 0, keyLength = 0, address = 0, length = 0, shape = 0, reserved = 0] = inner.members.subarray(at, at + MEMBER_INTS);
    if (shape !== Shape.TEXT_TEXT && shape !== Shape.TEXT_JSON) continue;
    const base = event.base;
    if (!event.member(key - base, key + keyLength - base, address - base, address + length - base, shape === Shape.TEXT_JSON ? Value.JSON : Value.TEXT, reserved !== 0)) return false;
  }
  return true;
}

import type { Chunk } from '../agent/chunk.ts';
import { Value, type LogEvent, type ValueKind } from '../agent/event.ts';
import { Field } from '../agent/fields.ts';
import { idOf, isKind, isNameOf, Kind, meaning, Meaning } from './keys.ts';
import { assignText, isWord, Outcome } from './values/assign.ts';
import { isHexDigit } from './values/bytes.ts';
import { stringEnd } from './values/json-scan.ts';

// Pairs of a key and a value in text. Portable: see extract/prose.ts.

let chunkAtWork: Chunk | undefined;
let eventAtWork: LogEvent | undefined;

/** The record whose header or message is read next: what `addPair` and `addLabel` give to. */
export function attach(chunk: Chunk, event: LogEvent): void {
  chunkAtWork = chunk;
  eventAtWork = event;
}

/** The event of the last `attach`. */
export function attachedEvent(): LogEvent | undefined {
  return eventAtWork;
}

/** Gives the record a pair of its header or message; see `pair`. The fields that the record has then, as a bit mask. */
export function addPair(keyStart: number, keyEnd: number, start: number, end: number, quoted: boolean): number {
  const event = eventAtWork;
  const chunk = chunkAtWork;
  if (chunk === undefined || event === undefined) return 0;
  const rule = event.rule;
  event.rule = 'key=value';
  pair(chunk, keyStart, keyEnd, start, end, quoted, event);
  event.rule = rule;
  return event.present | event.blocked;
}

/** As `addPair`, but the key is no field's here. */
export function addMember(keyStart: number, keyEnd: number, start: number, end: number): void {
  const event = eventAtWork;
  const chunk = chunkAtWork;
  if (chunk === undefined || event === undefined) return;
  keep(chunk, keyStart, keyEnd, start, end, Value.TEXT, idOf(chunk.bytes, keyStart, keyEnd), event);
}

/** Fields that a label in a header may name. */
const LABELLED = [Field.level, Field.pid, Field.thread, Field.host, Field.user_id].reduce((mask, field) => mask | (1 << field), 0);

/** Gives the record the value at [start, end) if the label at [keyStart, keyEnd) names a field it does not have. */
export function addLabel(keyStart: number, keyEnd: number, start: number, end: number): void {
  const event = eventAtWork;
  const chunk = chunkAtWork;
  if (chunk === undefined || event === undefined) return;
  const id = idOf(chunk.bytes, keyStart, keyEnd);
  if (!isKind(id, Kind.ALIAS) || meaning(id, Meaning.RANK) !== 0) return;
  const field = meaning(id, Meaning.FIELD);
  if ((LABELLED & (1 << field)) !== 0 && !event.has(field)) assignText(chunk, start, end, field, meaning(id, Meaning.HOW), event);
}

/**
 * A key=value pair of a text line: a field if its key is known and its value fits, else a member. `quoted`: the value
 * stood in quotes, which are not part of the span. Weak spellings stay members: in a text there is no knowing what
 * they mean. Values are text, as in the source; only fields have other types.
 */
export function pair(chunk: Chunk, keyStart: number, keyEnd: number, start: number, end: number, quoted: boolean, event: LogEvent): void {
  const id = idOf(chunk.bytes, keyStart, keyEnd);
  const escaped = quoted && isEscaped(chunk.bytes, start, end);
  if (isKind(id, Kind.ALIAS) && isField(chunk, keyStart, keyEnd, start, end, escaped, id, event)) return;
  if (escaped) keep(chunk, keyStart, keyEnd, start - 1, end + 1, Value.JSON, id, event);
  else keep(chunk, keyStart, keyEnd, start, end, Value.TEXT, id, event);
}

/** Whether the pair, whose key is an alias, is a field now and no member. */
function isField(chunk: Chunk, keyStart: number, keyEnd: number, start: number, end: number, escaped: boolean, id: number, event: LogEvent): boolean {
  const field = meaning(id, Meaning.FIELD);
  const isCanonical = isNameOf(field, chunk.bytes, keyStart, keyEnd);
  if (event.has(field) || !isCanonical && meaning(id, Meaning.RANK) !== 0 && !isTraced(chunk.bytes, field, start, end)) return false;
  const how = meaning(id, Meaning.HOW);
  if (escaped && isWord(how)) {
    event.json(field, start - 1, end + 1);
    return true;
  }
  const outcome = assignText(chunk, start, end, field, how, event);
  return outcome === Outcome.RENAMED || isCanonical && outcome === Outcome.COPIED;
}

/** `trace=` and `span=` mean many things, but 32 and 16 hexadecimal digits are the ids of W3C's. */
function isTraced(bytes: Uint8Array, field: Field, start: number, end: number): boolean {
  if (field === Field.trace_id ? end - start !== 32 : field !== Field.span_id || end - start !== 16) return false;
  for (let at = start; at < end; at++) if (!isHexDigit(bytes[at] as number)) return false;
  return true;
}

/** Keeps a pair under its own key, whose id is known. If that is the name of a field, the field has its value or none: one name has one value. */
export function keep(chunk: Chunk, keyStart: number, keyEnd: number, start: number, end: number, kind: ValueKind, id: number, event: LogEvent): void {
  if (isKind(id, Kind.ALIAS)) {
    const field = meaning(id, Meaning.FIELD);
    if (isNameOf(field, chunk.bytes, keyStart, keyEnd)) {
      if (event.has(field)) return;
      event.block(field);
    }
  }
  event.member(keyStart, keyEnd, start, end, kind, isKind(id, Kind.RESERVED));
}

/** Whether a quoted value has escapes, and is a valid JSON string as it stands. */
function isEscaped(bytes: Uint8Array, start: number, end: number): boolean {
  if (bytes[start - 1] !== 0x22) return false;
  let at = start;
  while (at < end && bytes[at] !== 0x5c) at++;
  return at < end && stringEnd(bytes, start - 1, end + 1) === end + 1;
}

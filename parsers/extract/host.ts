import type { Chunk } from '../../agent/chunk.ts';
import { Value, type LogEvent } from '../../agent/event.ts';
import { Field } from '../../agent/fields.ts';
import { ALIASES, aliasTable, pair } from '../aliases.ts';
import { assignText } from '../values/assign.ts';
import type { Scan } from './scan.ts';
import { rootCause, takeTrace } from './trace.ts';

// What the reading of prose asks of the record that the prose belongs to. A kernel imports these functions.

let chunk: Chunk | undefined;
let event: LogEvent | undefined;

/** The record whose message is read next. */
export function attach(itsChunk: Chunk, itsEvent: LogEvent): void {
  chunk = itsChunk;
  event = itsEvent;
}

/** Gives the record a pair of its message; see `pair`. The fields that the record has then, as a bit mask. */
export function addPair(keyStart: number, keyEnd: number, start: number, end: number, quoted: boolean): number {
  if (chunk === undefined || event === undefined) return 0;
  pair(chunk, keyStart, keyEnd, start, end, quoted, event);
  return event.present | event.blocked;
}

/** Fields that a label in a header may name. */
const LABELLED = [Field.level, Field.pid, Field.thread, Field.host, Field.user_id].reduce((mask, field) => mask | (1 << field), 0);

/** Gives the record the value at [start, end) if the label at [keyStart, keyEnd) names a field it does not have. */
export function addLabel(keyStart: number, keyEnd: number, start: number, end: number): void {
  if (chunk === undefined || event === undefined) return;
  const id = aliasTable.find(chunk.bytes, keyStart, keyEnd, -1);
  const alias = id < 0 ? undefined : ALIASES[id];
  if (alias !== undefined && alias.rank === 0 && (LABELLED & (1 << alias.field)) !== 0 && !event.has(alias.field)) assignText(chunk, start, end, alias.field, alias.how, event);
}

/** Reads the lines behind the newline at `at`, the first of the message; where its prose ends. */
export function belowFirstLine(scan: Scan, at: number): number {
  if (event === undefined) return scan.end;
  const to = takeTrace(scan, event, at);
  if (rootCause.end > 0) addCause(event);
  scan.taken = event.present | event.blocked;
  return to;
}

/** Adds what caused the exception in the end, as a member: the canonical names have none for it. */
function addCause(itsEvent: LogEvent): void {
  const address = itsEvent.arena.scratchSpace(CAUSE.length);
  if (address < 0) return;
  itsEvent.arena.bytes.set(CAUSE, address);
  itsEvent.arena.scratchShrink(address + CAUSE.length);
  const key = address - itsEvent.base;
  itsEvent.member(key, key + CAUSE.length, rootCause.start, rootCause.end, Value.TEXT, false);
}

const CAUSE = Buffer.from('error_cause');

import type { Chunk } from '../agent/chunk.ts';
import { Value, type LogEvent } from '../agent/event.ts';
import { Field } from '../agent/fields.ts';
import { extract } from './extract/index.ts';
import { mayHaveTail, readTail } from './json-tail.ts';
import { copyField, mayBeRecord, nestedOf, readNested } from './nested.ts';
import { PARSERS, parseRecord, parseWith } from './index.ts';
import { plain } from './plain.ts';
import { unescape, unescaped } from './scratch-chunk.ts';
import { Byte } from './values/bytes.ts';

/** Reads a record: its format first, then what its message says. What ships and what explains both call this. */
export function readRecord(chunk: Chunk, start: number, end: number, event: LogEvent): void {
  parseRecord(chunk, start, end, event);
  readMessage(chunk, event);
  if ((event.present & TRACE_OR_TYPE) === 1 << Field.stack_trace) readTrace(event);
}

const TRACE_OR_TYPE = (1 << Field.stack_trace) | (1 << Field.error_type);

/** A trace that a structured line has in a field of its own names the error. */
function readTrace(event: LogEvent): void {
  const { chunk, inner } = nestedOf(event.arena);
  let [start, end] = [event.addressOf(Field.stack_trace), event.addressOf(Field.stack_trace) + event.lengthOf(Field.stack_trace)];
  if (event.kindOf(Field.stack_trace) === Value.JSON) {
    if (event.arena.bytes[start] !== Byte.QUOTE || !unescape(event.arena, start + 1, end - 1)) return;
    [start, end] = [unescaped.start, unescaped.end];
  }
  inner.begin(chunk, start, end);
  extract(chunk, start, Math.min(end, start + LONGEST_TRACE), inner);
  for (const field of [Field.error_type, Field.error_message]) {
    if (inner.has(field) && !event.has(field)) copyField(event, inner, field, event.fromOf(Field.stack_trace), event.toOf(Field.stack_trace));
  }
}

/** What names the error stands at a trace's begin or its end; longer ones are not read through. */
const LONGEST_TRACE = 65_536;

/** The reader of an input whose `format` is configured: records that aren't of that format are plain text. */
export function readerOf(format: string): typeof readRecord {
  const parser = PARSERS.find(({ name }) => name === format);
  if (parser === undefined) return readRecord;
  return (chunk, start, end, event) => {
    if (!parseWith(parser, chunk, start, end, event)) parseWith(plain, chunk, start, end, event);
    readMessage(chunk, event);
    if ((event.present & TRACE_OR_TYPE) === 1 << Field.stack_trace) readTrace(event);
  };
}

function readMessage(chunk: Chunk, event: LogEvent): void {
  if (event.complete || (event.present & (1 << Field.message)) === 0) return;
  if (event.kindOf(Field.message) !== Value.TEXT) return readEscaped(chunk, event);
  const address = event.addressOf(Field.message);
  if (mayBeRecord(event.arena.bytes, address, event.has(Field.level))) {
    nestedOf(event.arena).chunk.valid = chunk.valid;
    if (readNested(event, address, address + event.lengthOf(Field.message))) return readInside(event);
  }
  const [start, end] = [event.fromOf(Field.message), event.toOf(Field.message)];
  if (address !== event.base + start && event.format === 'json') return readScratch(event, address, address + event.lengthOf(Field.message)); // put together from journald's numbers
  if (mayHaveTail(chunk.bytes, start, end)) readTail(chunk, start, end, event);
  extract(chunk, event.fromOf(Field.message), event.toOf(Field.message), event);
}

/** The message is a JSON string with escapes: what it stands for is read. Of its places in the line only the whole is known. */
function readEscaped(chunk: Chunk, event: LogEvent): void {
  const start = event.addressOf(Field.message) + 1;
  const end = start + event.lengthOf(Field.message) - 2;
  if (event.arena.bytes[start - 1] !== Byte.QUOTE || !unescape(event.arena, start, end)) return;
  const [from, to] = [unescaped.start, unescaped.end];
  nestedOf(event.arena).chunk.valid = chunk.valid;
  if (mayBeRecord(event.arena.bytes, from, event.has(Field.level)) && readNested(event, from, to)) return readInside(event);
  readScratch(event, from, to);
}

/** A message that was taken out of another. */
function readInside(event: LogEvent): void {
  if (event.complete) return;
  const start = event.addressOf(Field.message);
  const end = start + event.lengthOf(Field.message);
  if (event.kindOf(Field.message) === Value.TEXT) readScratch(event, start, end);
  else if (event.arena.bytes[start] === Byte.QUOTE && unescape(event.arena, start + 1, end - 1)) readScratch(event, unescaped.start, unescaped.end);
}

function readScratch(event: LogEvent, start: number, end: number): void {
  const [from, to, before] = [event.fromOf(Field.message), event.toOf(Field.message), event.present];
  const base = event.rebase(0);
  extract(nestedOf(event.arena).chunk, start, end, event);
  event.rebase(base);
  event.setPlace(Field.message, from, to);
  for (let rest = event.present & ~before; rest !== 0; rest &= rest - 1) event.setPlace(31 - Math.clz32(rest & -rest), from, to);
}

import type { Chunk } from '../agent/chunk.ts';
import { Value, type LogEvent } from '../agent/event.ts';
import { Field } from '../agent/fields.ts';
import { extract } from './extract/index.ts';
import { improve } from './learned/read.ts';
import type { Shape } from './learned/shape.ts';
import { mayHaveTail, readTail } from './json-tail.ts';
import { copyField, mayBeRecord, nestedOf, readNested } from './nested.ts';
import { PARSERS, parseRecord, parseWith } from './index.ts';
import type { Parser } from './parser.ts';
import { OwnFormat } from './patterns/own-format.ts';
import type { OwnRules } from './patterns/own-rules.ts';
import { plain } from './plain.ts';
import { uncolour, unescape, unescaped } from './scratch-chunk.ts';
import { Byte } from './values/bytes.ts';

/**
 * Reads a record: its format first, then what its message says. `shape`: what headers of its stream were found to look
 * like. What ships and what explains both call this.
 */
export function readRecord(chunk: Chunk, start: number, end: number, event: LogEvent, shape?: Shape): void {
  parseRecord(chunk, start, end, event);
  if (shape !== undefined) improve(shape, chunk, start, end, event);
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

/** What an input's records are read with where its configuration says so. */
export interface Reading {
  /** Tried in this order: names of built-in formats, and formats of the user's own. None: every format there is. */
  readonly formats: readonly (string | OwnFormat)[];
  readonly rules: OwnRules | undefined;
  /** Called for each record that none of the user's own formats matches. */
  readonly onMiss?: () => void;
}

/** The reader of an input. Records that no own format matches are read as if there were none; those that aren't of a built-in one that is named are plain text. */
export function readerOf({ formats, rules, onMiss }: Reading): typeof readRecord {
  const parse = formats.length === 0 ? parseRecord : chosenFormats(formats, onMiss);
  if (parse === parseRecord && rules === undefined) return readRecord;
  return (chunk, start, end, event, shape) => {
    ownRules = rules;
    parse(chunk, start, end, event);
    if (shape !== undefined) improve(shape, chunk, start, end, event);
    readMessage(chunk, event);
    if ((event.present & TRACE_OR_TYPE) === 1 << Field.stack_trace) readTrace(event);
    ownRules = undefined;
  };
}

function chosenFormats(formats: readonly (string | OwnFormat)[], onMiss: (() => void) | undefined): typeof parseRecord {
  const tried = formats.flatMap((format): readonly (Parser | OwnFormat)[] => (typeof format === 'string' ? PARSERS.filter(({ name }) => name === format) : [format]));
  const hasOwn = formats.some((format) => typeof format !== 'string');
  const detects = hasOwn || formats.includes('auto');
  return (chunk, start, end, event) => {
    for (let index = 0; index < tried.length; index++) {
      const format = tried[index] as Parser | OwnFormat;
      if (format instanceof OwnFormat ? format.parse(chunk, start, end, event) : parseWith(format, chunk, start, end, event)) return;
    }
    if (hasOwn) onMiss?.();
    if (detects) parseRecord(chunk, start, end, event);
    else parseWith(plain, chunk, start, end, event);
  };
}

/** Extraction rules of the input whose record is being read: before prose, since whoever writes a rule means it. */
let ownRules: OwnRules | undefined;

function extractFrom(chunk: Chunk, start: number, end: number, event: LogEvent): void {
  if (chunk.coloured === true && chunk.bytes.subarray(start, end).includes(Byte.ESCAPE) && uncolour(event.arena, event.base + start, event.base + end)) return readScratch(event, unescaped.start, unescaped.end);
  ownRules?.run(chunk, start, end, event);
  if (!event.complete) extract(chunk, start, end, event);
}

function readMessage(chunk: Chunk, event: LogEvent): void {
  if ((event.present & (1 << Field.message)) === 0) return;
  if (event.complete) return ownRules === undefined ? undefined : readInside(event);
  if (event.kindOf(Field.message) !== Value.TEXT) return readEscaped(chunk, event);
  const address = event.addressOf(Field.message);
  if (mayBeRecord(event.arena.bytes, address, event.has(Field.level))) {
    nestedOf(event.arena).chunk.valid = chunk.valid;
    if (readNested(event, address, address + event.lengthOf(Field.message))) return readInside(event);
  }
  const [start, end] = [event.fromOf(Field.message), event.toOf(Field.message)];
  if (address !== event.base + start && event.format === 'json') return readScratch(event, address, address + event.lengthOf(Field.message)); // put together from journald's numbers
  if (mayHaveTail(chunk.bytes, start, end)) readTail(chunk, start, end, event);
  else if (chunk.bytes[start - 1] === Byte.TAB && readAboveStack(chunk, start, end, event)) return;
  extractFrom(chunk, event.fromOf(Field.message), event.toOf(Field.message), event);
}

/** zap's text, a tab, an object of JSON, and a stack in the lines below: each is read for itself. False: the message is nothing like it. */
function readAboveStack(chunk: Chunk, start: number, end: number, event: LogEvent): boolean {
  const { bytes } = chunk;
  const line = bytes.subarray(start, end).indexOf(Byte.NEWLINE) + start;
  if (line < start || !mayHaveTail(bytes, start, line)) return false;
  event.rule = event.format;
  event.span(Field.message, start, line);
  readTail(chunk, start, line, event);
  const to = event.toOf(Field.message);
  extractFrom(chunk, start, to, event);
  extractFrom(chunk, line, end, event);
  event.rule = event.format;
  event.span(Field.message, start, event.has(Field.stack_trace) ? to : end);
  return true;
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
  if (event.complete && ownRules === undefined) return;
  const start = event.addressOf(Field.message);
  const end = start + event.lengthOf(Field.message);
  if (event.kindOf(Field.message) === Value.TEXT) readScratch(event, start, end);
  else if (event.arena.bytes[start] === Byte.QUOTE && unescape(event.arena, start + 1, end - 1)) readScratch(event, unescaped.start, unescaped.end);
}

function readScratch(event: LogEvent, start: number, end: number): void {
  const [from, to, before] = [event.fromOf(Field.message), event.toOf(Field.message), event.present];
  const base = event.rebase(0);
  extractFrom(nestedOf(event.arena).chunk, start, end, event);
  event.rebase(base);
  event.setPlace(Field.message, from, to);
  for (let rest = event.present & ~before; rest !== 0; rest &= rest - 1) event.setPlace(31 - Math.clz32(rest & -rest), from, to);
}

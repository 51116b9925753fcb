import type { Chunk } from '../agent/chunk.ts';
import { Value, type LogEvent } from '../agent/event.ts';
import { Field } from '../agent/fields.ts';
import { extract } from './extract/index.ts';
import { PARSERS, parseRecord, parseWith } from './index.ts';
import { plain } from './plain.ts';

/** Reads a record: its format first, then what its message says. What ships and what explains both call this. */
export function readRecord(chunk: Chunk, start: number, end: number, event: LogEvent): void {
  parseRecord(chunk, start, end, event);
  readMessage(chunk, event);
}

/** The reader of an input whose `format` is configured: records that aren't of that format are plain text. */
export function readerOf(format: string): typeof readRecord {
  const parser = PARSERS.find(({ name }) => name === format);
  if (parser === undefined) return readRecord;
  return (chunk, start, end, event) => {
    if (!parseWith(parser, chunk, start, end, event)) parseWith(plain, chunk, start, end, event);
    readMessage(chunk, event);
  };
}

function readMessage(chunk: Chunk, event: LogEvent): void {
  if (event.complete || (event.present & (1 << Field.message)) === 0 || event.kindOf(Field.message) !== Value.TEXT) return;
  extract(chunk, event.fromOf(Field.message), event.toOf(Field.message), event);
}

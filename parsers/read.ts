import type { Chunk } from '../agent/chunk.ts';
import { Value, type LogEvent } from '../agent/event.ts';
import { Field } from '../agent/fields.ts';
import { extract } from './extract/index.ts';
import { parseRecord } from './index.ts';

/** Reads a record: its format first, then what its message says. What ships and what explains both call this. */
export function readRecord(chunk: Chunk, start: number, end: number, event: LogEvent): void {
  parseRecord(chunk, start, end, event);
  if (event.complete || (event.present & (1 << Field.message)) === 0 || event.kind[Field.message] !== Value.TEXT) return;
  extract(chunk, event.from[Field.message] as number, event.to[Field.message] as number, event);
}

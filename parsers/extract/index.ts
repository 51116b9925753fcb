import type { Chunk } from '../../agent/chunk.ts';
import type { LogEvent } from '../../agent/event.ts';
import { readColumns } from '../columns/request.ts';
import { attach } from '../pair.ts';

/**
 * Entities in free text: who, how long, which error, which request. Reads the message at [start, end) of the chunk and
 * sets the fields the event does not have yet. Where it is unsure it leaves a field out.
 */
export function extract(chunk: Chunk, start: number, end: number, event: LogEvent): void {
  attach(chunk, event);
  const { reader } = chunk.scanners;
  const mayBeColumns = reader.readProse(chunk, start, end, event);
  if (mayBeColumns && !readColumns(chunk, start, end, event)) reader.settleProse(event);
}

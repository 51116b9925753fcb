import type { Chunk } from './chunk.ts';
import type { LogEvent } from './event.ts';
import type { Source } from './inputs/source.ts';
import type { Head } from './records/head.ts';
import type { Defaults } from './stored.ts';
import type { Shape as HeaderShape } from '../parsers/learned/shape.ts';

/** Reads the record at [start, end) of the chunk into the event. `shape`: what its stream's headers were found to look like. */
export type ReadRecord = (chunk: Chunk, start: number, end: number, event: LogEvent, shape?: HeaderShape) => void;

/** A source, what its records carry where they have nothing of their own (by sink), and how they are read. */
export interface LaneSource {
  readonly source: Source;
  readonly defaults: readonly Defaults[];
  readonly read: ReadRecord;
  /** That is how records are read where nothing is configured, by their own looks alone. */
  readonly isBuiltIn?: boolean;
  /** Called before each chunk: what its records carry of this source alone is put where the defaults expect it. */
  readonly begin?: () => void;
  /** What is learned from the source's first bytes; absent: nothing is. */
  readonly head?: Head;
}

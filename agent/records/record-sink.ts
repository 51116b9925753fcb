import type { Defaults } from '../stored.ts';
import type { LogEvent } from '../event.ts';

/** Which source a record is from: its position in the table of sources, and where its id lies in the arena. */
export interface Origin {
  readonly source: number;
  readonly idAddress: number;
  /** The record was put together from lines in envelopes. */
  readonly unwrapped?: Unwrapped;
}

/** Where in its source an unwrapped record lies. Offsets are the source's. */
export interface Unwrapped {
  /** Its text is what was put at `start` of this. */
  readonly start: number;
  /** Lines of the source. */
  readonly lineCount: number;
  parts(): readonly { readonly offset: number; readonly end: number }[];
  /** Of a position in the text; `isEnd`: as the end of a span. */
  placeOf(position: number, isEnd: boolean): number;
  /** Where the time and the stream stand that the envelope says. */
  readonly first: { readonly timeOffset: number; readonly timeLength: number; readonly streamOffset: number };
}

/** What takes records from a lane. A record is first prepared by all sinks, then committed, or else rolled back: it goes to all or to none. */
export interface RecordSink {
  /** Takes up the event. `offset` and `length` are its record's place in the source. False: there is no room. */
  prepare(event: LogEvent, defaults: Defaults, valid: boolean, origin: Origin, offset: number, length: number): boolean;
  commit(origin: Origin, offset: number, length: number, nowMs: number): void;
  rollback(): void;
  /** Lets a kernel prepare and commit records of a source by itself, between here and `takeBack`. False, or absent: it can't. */
  lend?(run: Int32Array, defaults: Defaults, origin: Origin): boolean;
  takeBack?(run: Int32Array, origin: Origin, nowMs: number): void;
  /** What was committed up to here, and what will be, are of two streams of one source. */
  endStream(): void;
  /** The chunk and the scratch space are about to be used again. */
  endChunk(): void;
}

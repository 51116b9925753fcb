import type { Defaults } from '../stored.ts';
import type { LogEvent } from '../event.ts';

/** Which source a record is from: its position in the table of sources, and where its id lies in the arena. */
export interface Origin {
  readonly source: number;
  readonly idAddress: number;
}

/** What takes records from a lane. A record is first prepared by all sinks, then committed, or else rolled back: it goes to all or to none. */
export interface RecordSink {
  /** Takes up the event. `offset` and `length` are its record's place in the source. False: there is no room. */
  prepare(event: LogEvent, defaults: Defaults, valid: boolean, origin: Origin, offset: number, length: number): boolean;
  commit(origin: Origin, offset: number, length: number, nowMs: number): void;
  rollback(): void;
  /** The chunk and the scratch space are about to be used again. */
  endChunk(): void;
}

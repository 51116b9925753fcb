import type { Chunk } from '../chunk.ts';
import type { LogEvent } from '../event.ts';

/** Streams of a container. Lines without an envelope, which should not be there, are a stream of their own. */
export const STREAMS = ['', 'stdout', 'stderr'] as const;

/** A line as its envelope says. Positions are in the bytes it was read from. One is used again and again. */
export class EnvelopeLine {
  /** A position in STREAMS. */
  stream = 0;
  /** The application's line goes on in the stream's next piece. */
  partial = false;
  textStart = 0;
  textEnd = 0;
  /** The text is the inside of a JSON string with escapes. */
  escaped = false;
  timeStart = 0;
  timeEnd = 0;
  streamStart = 0;
  /** A member of a JSON object, key and value: what else the envelope says. Empty: nothing. */
  extraStart = 0;
  extraEnd = 0;

  /** A line that has no envelope. */
  bare(start: number, end: number): void {
    this.stream = this.timeStart = this.timeEnd = this.streamStart = this.extraStart = this.extraEnd = 0;
    this.partial = this.escaped = false;
    this.textStart = start;
    this.textEnd = end;
  }
}

/** What container runtimes put around each line of an application. The grammars are in parsers/envelopes. */
export interface Envelopes {
  /** Reads the line at [start, end). False: it has no envelope. */
  read(bytes: Uint8Array, start: number, end: number, line: EnvelopeLine): boolean;
  /** Writes the text of an escaped line to `target` from `to` on, where there is room for as many bytes; where it ends. */
  unescape(bytes: Uint8Array, start: number, end: number, target: Uint8Array, to: number): number;
  /** Tells where in time the records to come lie, for those that have a time of day only. */
  near(bytes: Uint8Array, start: number, end: number): void;
  /** Fills in what the envelope says and the record does not. */
  complete(chunk: Chunk, head: EnvelopeHead, event: LogEvent): void;
}

/** Where the chunk has what the envelope of a record says. */
export class EnvelopeHead {
  timeStart = 0;
  timeEnd = 0;
  streamStart = 0;
  streamEnd = 0;
  extraStart = 0;
  extraEnd = 0;
}

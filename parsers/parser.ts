import type { Chunk } from '../agent/chunk.ts';
import type { LogEvent } from '../agent/event.ts';

/** A line and what must be read from it: documentation and test in one. */
export interface Example {
  readonly line: string;
  /** Canonical and other fields, as `shipper explain --json` shows them; undefined: this parser must not claim the line. */
  readonly event: Readonly<Record<string, unknown>> | undefined;
  /** Why the row is there, when the line itself does not say it. */
  readonly reason?: string;
  /** Parsers that may claim the line as well. */
  readonly also?: readonly string[];
}

/** What reads one format. */
export interface Parser {
  /** Name in configuration, metrics and `explain`. */
  readonly name: string;
  /** One sentence: what writes such lines. */
  readonly title: string;
  readonly examples: readonly Example[];
  /**
   * Reads the record at [start, end) of `chunk` into `event`, which is empty. False: not mine, and whatever was set is
   * thrown away. Sets at least `message` where the format has one; entities inside it are found afterwards.
   */
  parse(chunk: Chunk, start: number, end: number, event: LogEvent): boolean;
}

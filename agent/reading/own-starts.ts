import type { Continuations } from '../records/record-cutter.ts';

/** Whether the line at [start, end) begins a record by the formats of an input. */
export type Starts = (bytes: Uint8Array, start: number, end: number) => boolean;

/**
 * The built-in knowledge of which lines belong together, and what an input's own formats add to it: a line that one of them
 * matches is never joined to the record before. They are asked only about lines that would be.
 */
export class OwnStarts implements Continuations {
  /** Of the input whose source is at work; undefined: it has no formats of its own. */
  current: Starts | undefined;
  readonly #builtIn: Continuations;

  constructor(builtIn: Continuations) {
    this.#builtIn = builtIn;
  }

  begin(bytes: Uint8Array, start: number, end: number): number {
    return this.#builtIn.begin(bytes, start, end);
  }

  join(state: number, bytes: Uint8Array, first: number, start: number, end: number, blanks: number): number {
    const next = this.#builtIn.join(state, bytes, first, start, end, blanks);
    if (next < 0 || this.current?.(bytes, start, end) !== true) return next;
    return ~this.#builtIn.begin(bytes, start, end);
  }
}

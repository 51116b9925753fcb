import type { Shape } from '../../parsers/learned/shape.ts';
import type { Chunk } from '../chunk.ts';
import type { LogEvent } from '../event.ts';
import type { Source } from '../inputs/source.ts';

/** How much of a source is looked at to learn how its headers look, in bytes. */
export const HEAD_BYTES = 65_536;

/** A shape, and from which offset on records of a stream are read by it. */
export interface LearnedShape {
  /** The stream of a container's runtime; empty: there is but one. */
  readonly stream: string;
  readonly from: number;
  readonly shape: string;
}

/** What the head of one source has taught: which shape its records are read by, at each offset. */
export interface Head {
  /** Something was looked at. */
  readonly began: boolean;
  /** There is nothing more to learn: what `shapeAt` says is final. */
  readonly done: boolean;
  /** Some records are read by a shape. */
  readonly isShaped: boolean;
  /** Lines came that no built-in grammar reads well, and a few more of them would tell how they are to be read. */
  readonly wants: boolean;
  /** What is worth remembering with the source's checkpoint; undefined: nothing was learned. */
  readonly learned: readonly LearnedShape[] | undefined;
  /**
   * Looks at the first `length` bytes of the chunk, which lie at a place in the source and which nothing was read of
   * yet; those that were seen before are passed over. `final`: a line without an end is whole. Uses event and scratch space.
   */
  look(chunk: Chunk, length: number, from: Pick<Source, 'offset' | 'places'>, final: boolean, event: LogEvent): void;
  /** Lines that were waited for do not come; nothing was read from `offset` on. What is there may be enough. Uses event and scratch space. */
  settle(offset: number, event: LogEvent): void;
  /** The shape that records of the stream at `offset` are read by, if any. */
  shapeAt(stream: string, offset: number): Shape | undefined;
}

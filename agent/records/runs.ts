import type { Arena } from '../arena.ts';
import type { Chunk } from '../chunk.ts';
import type { LogEvent } from '../event.ts';
import { Run, RunState } from '../kernel/run-state.ts';
import type { Defaults } from '../stored.ts';
import type { Reader } from '../../parsers/reader.ts';
import type { RecordCutter } from './record-cutter.ts';
import type { Origin, RecordSink } from './record-sink.ts';
import type { Source } from '../inputs/source.ts';
import type { Tally } from './tally.ts';

/** Who does a kernel's work where it can't, and takes over where it ends. */
export interface RunParts {
  readonly reader: Reader;
  readonly event: LogEvent;
  readonly cutter: RecordCutter;
  readonly sinks: readonly RecordSink[];
}

/** A run of fewer records was hardly worth its begin, */
const FEW = 8;
/** and after several of these as many records at most are left to TypeScript before the next try. */
const MOST_PATIENCE = 128;

/**
 * Lets a kernel take neighbouring records by itself: cut, read and made into pieces in one call, in the way that a lane
 * does it. What is unusual ends the run, and is left to the lane.
 */
export class Runs {
  /** Of the last run: records, their bytes, and whether the run ended only because lists and pages are full. */
  records = 0;
  bytes = 0;
  isFull = false;
  #json = 0;
  #access = 0;
  readonly #parts: RunParts;
  readonly #state: RunState;
  /** Records to be left to the lane now, and after the next bad run. */
  #left = 0;
  #patience = 0;

  constructor(arena: Arena, parts: RunParts) {
    this.#parts = parts;
    this.#state = new RunState(arena);
  }

  /** Whether records for these outputs can be taken so at all. */
  static canTake({ reader, sinks: [sink, ...others] }: Pick<RunParts, 'reader' | 'sinks'>): boolean {
    return reader.readRun !== undefined && sink?.lend !== undefined && others.length === 0;
  }

  /** Takes records of the source's chunk as long as it can. Lists and pages have room for one at least. */
  take(source: Source, chunk: Chunk, defaults: readonly Defaults[], origin: Origin, nowMs: number): void {
    this.records = this.bytes = this.#json = this.#access = 0;
    this.isFull = false;
    if (this.#left-- > 0) return;
    const { reader, event, cutter, sinks: [sink] } = this.#parts;
    const { ints } = this.#state;
    if (!cutter.lend(ints) || sink?.lend?.(ints, defaults[0] as Defaults, origin) !== true) return;
    event.lendPages(ints);
    this.#state.offset = source.offset;
    ints[Run.BYTES] = ints[Run.JSON] = ints[Run.ACCESS] = ints[Run.GAVE_UP] = ints[Run.IS_FULL] = 0;
    this.records = reader.readRun?.(this.#state, chunk, event) ?? 0;
    this.bytes = ints[Run.BYTES] as number;
    this.#json = ints[Run.JSON] as number;
    this.#access = ints[Run.ACCESS] as number;
    this.isFull = ints[Run.IS_FULL] !== 0;
    cutter.takeBack(ints);
    sink.takeBack?.(ints, origin, nowMs);
    if (!this.isFull) this.#judge();
  }

  /** Adds the last run to what was read. */
  count(tally: Tally): void {
    tally.read(this.records, this.bytes);
    tally.count('json', this.#json);
    tally.count('access', this.#access);
    tally.count('header', this.records - this.#json - this.#access);
  }

  /** Where runs are short time and again, they are tried less often. */
  #judge(): void {
    this.#patience = this.records < FEW ? Math.min(MOST_PATIENCE, this.#patience * 2 + 1) : 0;
    this.#left = this.#patience;
  }
}

import { Arena } from '../agent/arena.ts';
import { LogEvent } from '../agent/event.ts';
import { kernelScanners, SCANNER_BYTES } from '../agent/kernel/kernel-scanners.ts';
import { LANE_BYTES } from '../agent/lane.ts';
import type { ReadRecord } from '../agent/lane-source.ts';
import { InputChunk } from '../agent/records/input-chunk.ts';
import type { Redactor } from '../agent/redaction/redactor.ts';
import { identify } from '../parsers/aliases.ts';
import { referenceMbps } from './reference.ts';

const CHUNK_BYTES = 262_144;
const SCRATCH_PER_RECORD = 65_536;

/** Reads one chunk of records again and again, as a lane does, but without encoding. */
export class Passes {
  readonly arena: Arena;
  readonly #event: LogEvent;
  readonly #chunk: InputChunk;
  #ends: readonly number[] = [];

  /** `scratch`: space beside records, in bytes. */
  constructor(scratch = 1_048_576) {
    this.arena = new Arena({ input: CHUNK_BYTES, scratch, constants: 262_144 }, SCANNER_BYTES + LANE_BYTES);
    this.#event = new LogEvent(this.arena);
    this.#chunk = new InputChunk(this.arena, kernelScanners(this.arena, identify));
  }

  get records(): number {
    return this.#ends.length;
  }

  /** Bytes of the chunk that hold records. */
  get length(): number {
    return this.#ends.at(-1) ?? 0;
  }

  /** MB/s of the fixed loop over the same bytes. */
  get referenceMbps(): number {
    return referenceMbps(this.#chunk.bytes.subarray(0, this.length));
  }

  /** Fills the chunk with the records, over and over. */
  fill(records: readonly Buffer[]): void {
    const ends: number[] = [];
    this.#ends = ends;
    for (let at = 0, n = 0; ; n++) {
      const record = records[n % records.length];
      if (record === undefined || at + record.length + 1 > CHUNK_BYTES) return;
      this.#chunk.bytes.set(record, at);
      at += record.length;
      this.#chunk.bytes[at++] = 0x0a;
      ends.push(at);
    }
  }

  /** What a lane does with a chunk, but for encoding. */
  pass(read: ReadRecord, redactor?: Redactor): void {
    const { arena } = this;
    const [event, chunk] = [this.#event, this.#chunk];
    chunk.set(this.length);
    arena.resetScratch();
    let start = 0;
    for (const end of this.#ends) {
      if (arena.scratchLeft < SCRATCH_PER_RECORD + (redactor?.scratchFor(end - start) ?? 0)) arena.resetScratch();
      event.begin(chunk, start, end - 1);
      read(chunk, start, end - 1, event);
      redactor?.apply(event);
      start = end;
    }
  }
}

import type { Batch } from './batch.ts';

/** What is known of a part's failures. */
export interface History {
  /** Failures in a row: what the back-off grows with. */
  failures: number;
  /** Failures in a row that the records themselves may be the reason of. */
  suspicions: number;
  /** Another record has just been delivered, and these are sent at once. */
  isCompared: boolean;
  /** How often in a row they have failed then. */
  trials: number;
}

/** Some records of a batch, to be sent as one request. `positions` are theirs in the batch, rising. */
export class Part {
  readonly batch: Batch;
  readonly positions: Int32Array;
  readonly history: History;

  constructor(batch: Batch, positions: Int32Array, history: History = { failures: 0, suspicions: 0, isCompared: false, trials: 0 }) {
    this.batch = batch;
    this.positions = positions;
    this.history = history;
  }

  static whole(batch: Batch): Part {
    const positions = new Int32Array(batch.count);
    for (let position = 0; position < batch.count; position++) positions[position] = position;
    return new Part(batch, positions);
  }

  get count(): number {
    return this.positions.length;
  }

  get bytes(): number {
    if (this.#contiguous) return this.#end - this.#start;
    return this.positions.reduce((sum, position) => sum + this.batch.record(position).length, 0);
  }

  /** What is sent: a view where the records lie side by side, else a copy. */
  body(): Uint8Array<ArrayBuffer> {
    if (this.#contiguous) return this.batch.body.subarray(this.#start, this.#end);
    const body = new Uint8Array(this.bytes);
    let at = 0;
    for (const position of this.positions) {
      const record = this.batch.record(position);
      body.set(record, at);
      at += record.length;
    }
    return body;
  }

  /** Two parts of about the same number of bytes; only for parts of two records and more. */
  halves(): [Part, Part] {
    const half = this.bytes / 2;
    let bytes = 0;
    let cut = 0;
    while (cut < this.count - 1 && (cut === 0 || bytes + this.#recordBytes(cut) <= half)) bytes += this.#recordBytes(cut++);
    return [this.pick(this.positions.subarray(0, cut)), this.pick(this.positions.subarray(cut))];
  }

  /** Parts of at most `limitBytes`, or of one record that is larger. */
  slices(limitBytes: number): Part[] {
    if (this.count < 2 || this.bytes <= limitBytes) return [this];
    const slices: Part[] = [];
    let from = 0;
    let bytes = 0;
    for (let at = 0; at < this.count; at++) {
      const more = this.#recordBytes(at);
      if (at > from && bytes + more > limitBytes) {
        slices.push(this.pick(this.positions.subarray(from, at)));
        [from, bytes] = [at, 0];
      }
      bytes += more;
    }
    slices.push(this.pick(this.positions.subarray(from)));
    return slices;
  }

  /** Some of its records, as a part of its own. */
  pick(positions: Int32Array, history?: History): Part {
    return new Part(this.batch, positions, history);
  }

  /** The records at whose place in the part `wanted` holds. */
  where(wanted: (at: number) => boolean): Part {
    return this.pick(this.positions.filter((_, at) => wanted(at)));
  }

  /** What is left without the record at `position` of the batch. */
  without(position: number): Part {
    return this.pick(this.positions.filter((other) => other !== position), this.history);
  }

  #recordBytes(at: number): number {
    const position = this.positions[at] ?? 0;
    return (this.batch.ends[position] ?? 0) - this.batch.startOf(position);
  }

  get #contiguous(): boolean {
    return (this.positions.at(-1) ?? -1) - (this.positions[0] ?? 0) === this.count - 1;
  }

  get #start(): number {
    return this.batch.startOf(this.positions[0] ?? 0);
  }

  get #end(): number {
    return this.batch.ends[this.positions.at(-1) ?? 0] ?? 0;
  }
}

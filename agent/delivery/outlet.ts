import type { Arena } from '../arena.ts';
import { Encoder } from '../encoder.ts';
import type { Defaults } from '../stored.ts';
import type { LogEvent } from '../event.ts';
import type { Encode } from '../kernel/kernel.ts';
import { QUOTE_GROWTH } from '../kernel/pieces.ts';
import { Run } from '../kernel/run-state.ts';
import type { Origin, RecordSink } from '../records/record-sink.ts';
import type { Output } from '../../outputs/output.ts';
import type { Batch } from './batch.ts';
import type { Shipping } from './shipping.ts';
import type { SlotPool } from './slot-pool.ts';

/**
 * One output's way from events to batches: encodes into the open batch, seals it when it is full or old, hands it to
 * delivery.
 */
export class Outlet implements RecordSink {
  readonly output: Output;
  readonly delivery: Shipping;
  readonly pool: SlotPool;
  readonly #encoder: Encoder;
  #batch: Batch | undefined;
  #alone = false;
  /** What of the current source and chunk is in the open batch, and was not reported yet. */
  #from = -1;
  #records = 0;
  #bytes = 0;
  #source = 0;

  constructor(arena: Arena, encode: Encode, output: Output, delivery: Shipping, pool: SlotPool) {
    this.output = output;
    this.delivery = delivery;
    this.pool = pool;
    this.#encoder = new Encoder(arena, encode, output.dialect, output.framing);
  }

  /** Writes the event behind the open batch. False: there is no room, and there will be when the pool has a slot again. */
  prepare(event: LogEvent, defaults: Defaults, valid: boolean, origin: Origin, offset: number, length: number): boolean {
    const encoder = this.#encoder;
    this.#batch ??= this.pool.take();
    if (this.#batch === undefined) return false;
    if (!encoder.hasRoom(event, defaults)) encoder.flush(this.#batch);
    encoder.prepare(event, defaults, valid, origin.idAddress, offset, length);
    return this.#fits(this.#batch) || this.#makeRoom(this.#batch);
  }

  /** The prepared record is in the batch. */
  commit(origin: Origin, offset: number, length: number, nowMs: number): void {
    const batch = this.#batch;
    if (batch === undefined) return;
    const index = batch.count++;
    if (index === 0) batch.openedAtMs = nowMs;
    batch.offsets[index] = offset;
    batch.lengths[index] = length;
    batch.sources[index] = origin.source;
    if (this.#from < 0 || offset < this.#from) this.#from = offset; // a container's streams go each at its pace
    this.#source = origin.source;
    this.#records++;
    this.#bytes += length;
    if (this.#alone) this.#seal(batch);
    else this.#encoder.commit(batch, index);
  }

  lend(run: Int32Array, defaults: Defaults, origin: Origin): boolean {
    this.#batch ??= this.pool.take();
    const batch = this.#batch;
    if (batch === undefined || !this.#encoder.lend(run, defaults, origin.idAddress, batch.memory.length - batch.length)) return false;
    batch.lend(run);
    run[Run.SOURCE] = origin.source;
    return true;
  }

  takeBack(run: Int32Array, origin: Origin, nowMs: number): void {
    const batch = this.#batch;
    if (batch === undefined) return;
    const before = batch.count;
    this.#encoder.takeBack(run);
    batch.takeBack(run);
    if (batch.count === before) return;
    if (before === 0) batch.openedAtMs = nowMs;
    if (this.#from < 0) this.#from = batch.offsets[before] as number;
    this.#source = origin.source;
    this.#records += batch.count - before;
    this.#bytes += run[Run.BYTES] as number;
  }

  rollback(): void {
    if (this.#alone) this.#batch?.clear();
    this.#alone = false;
    this.#encoder.rollback();
  }

  endStream(): void {
    if (this.#batch !== undefined) this.#report(this.#batch);
  }

  /** Writes what points into the chunk, which is about to be used again. */
  endChunk(): void {
    if (this.#batch === undefined) return;
    this.#encoder.flush(this.#batch);
    this.#report(this.#batch);
  }

  /** Whether a record could be prepared. */
  get hasRoom(): boolean {
    return this.#batch !== undefined || this.pool.isFree;
  }

  /** Monotonic time in ms at which the open batch is old enough to be sent; Infinity while it is empty. */
  get dueMs(): number {
    return this.#batch === undefined || this.#batch.count === 0 ? Infinity : this.#batch.openedAtMs + this.output.ageMs;
  }

  /** Sends the open batch, whatever its age. Between chunks only. */
  sealOpen(): void {
    if (this.#batch !== undefined && this.#batch.count > 0) this.#seal(this.#batch);
  }

  #fits(batch: Batch): boolean {
    return batch.count < batch.ends.length && batch.length + this.#encoder.pendingBytes <= batch.memory.length;
  }

  /** The pieces may be too much: see what they really come to, then what a new batch can hold. */
  #makeRoom(batch: Batch): boolean {
    this.#encoder.flush(batch);
    if (this.#fits(batch)) return true;
    if (batch.length + this.#encoder.pendingBytes / (2 * QUOTE_GROWTH) < batch.memory.length) this.#encoder.measure();
    if (this.#fits(batch)) return true;
    if (batch.count > 0) {
      this.#seal(batch);
      this.#batch = this.pool.take();
      if (this.#batch === undefined) {
        this.#encoder.rollback();
        return false;
      }
      if (this.#fits(this.#batch)) return true;
    }
    this.#alone = true;
    this.#encoder.writeAlone(this.#batch ?? batch);
    return true;
  }

  #seal(batch: Batch): void {
    this.#encoder.flush(batch);
    this.#report(batch);
    this.#alone = false;
    this.#batch = undefined;
    this.delivery.submit(batch);
  }

  #report(batch: Batch): void {
    if (this.#records > 0) this.delivery.opened(batch, this.#source, this.#from, this.#records, this.#bytes);
    this.#from = -1;
    this.#records = this.#bytes = 0;
  }
}

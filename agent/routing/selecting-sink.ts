import type { Ledger } from '../delivery/ledger.ts';
import type { LogEvent } from '../event.ts';
import type { Origin, RecordSink } from '../records/record-sink.ts';
import type { Defaults } from '../stored.ts';
import type { Selector } from './selector.ts';

/** Stands before an output that does not take all records. What it leaves out is filtered: settled, and counted as such. */
export class SelectingSink implements RecordSink {
  readonly #sink: RecordSink;
  readonly #selector: Selector;
  readonly #ledger: Ledger;
  readonly #output: number;
  #isTaken = false;
  /** What of the current source and chunk was left out, and was not reported yet. */
  #source = 0;
  #records = 0;
  #bytes = 0;

  /** `output`: its position among the ledger's outputs. */
  constructor(sink: RecordSink, selector: Selector, ledger: Ledger, output: number) {
    this.#sink = sink;
    this.#selector = selector;
    this.#ledger = ledger;
    this.#output = output;
  }

  prepare(event: LogEvent, defaults: Defaults, valid: boolean, origin: Origin, offset: number, length: number): boolean {
    this.#isTaken = this.#selector.takes(event, defaults, origin, offset, length);
    return !this.#isTaken || this.#sink.prepare(event, defaults, valid, origin, offset, length);
  }

  commit(origin: Origin, offset: number, length: number, nowMs: number): void {
    if (this.#isTaken) return this.#sink.commit(origin, offset, length, nowMs);
    this.#source = origin.source;
    this.#records++;
    this.#bytes += length;
  }

  rollback(): void {
    if (this.#isTaken) this.#sink.rollback();
  }

  endStream(): void {
    this.#sink.endStream();
  }

  endChunk(): void {
    if (this.#records > 0) this.#ledger.filtered(this.#source, this.#output, this.#records, this.#bytes);
    this.#records = this.#bytes = 0;
    this.#sink.endChunk();
  }
}

import type { Batch } from './batch.ts';
import type { DeadLetter, DeadLetters } from './dead-letters.ts';
import type { Ledger } from './ledger.ts';
import type { Part } from './part.ts';
import type { SlotPool } from './slot-pool.ts';
import type { Tracker } from './tracker.ts';

/** Where it is written down what became of records. */
export interface Books {
  /** The output's position among the ledger's outputs. */
  readonly index: number;
  readonly pool: Pick<SlotPool, 'release'>;
  readonly ledger: Ledger;
  /** Absent: the output does not count for the sources' positions. */
  readonly tracker?: Tracker;
  readonly deadLetters: Pick<DeadLetters, 'append' | 'path'>;
  /** Name and id of a source by its index, for dead letters. */
  readonly sourceOf: (index: number) => { readonly name: string; readonly id: string };
}

/** A batch on its way. Its parts are sent one after the other, the last of the list first. */
export interface Shipment {
  readonly batch: Batch;
  readonly parts: Part[];
  unsettled: number;
}

/** Settles records: in the ledger, and when all of a batch are settled, in the tracker; then the slot is free again. */
export function settle(books: Books, shipment: Shipment, part: Part, fate: 'delivered' | 'dead_lettered'): void {
  countBySource(part, (source, records, bytes) => books.ledger.settled(source, books.index, fate, records, bytes));
  shipment.unsettled -= part.count;
  if (shipment.unsettled > 0 || part.count === 0) return;
  books.tracker?.settled(shipment.batch);
  books.pool.release(shipment.batch);
}

/** What is written about the refused records of a part. `reasonOf` takes a place in the part. */
export function lettersOf(books: Books, part: Part, reasonOf: (at: number) => string): DeadLetter[] {
  const { batch } = part;
  return [...part.positions].map((position, at) => ({
    reason: reasonOf(at),
    source: books.sourceOf(batch.sources[position] ?? 0),
    offset: batch.offsets[position] ?? 0,
    length: batch.lengths[position] ?? 0,
    record: batch.record(position),
  }));
}

/** Sums up the records of a part per source; those of one source mostly lie side by side. */
function countBySource(part: Part, count: (source: number, records: number, bytes: number) => void): void {
  const { sources, lengths } = part.batch;
  let [source, records, bytes] = [-1, 0, 0];
  for (const position of part.positions) {
    const next = sources[position] ?? 0;
    if (next !== source && records > 0) {
      count(source, records, bytes);
      [records, bytes] = [0, 0];
    }
    source = next;
    records++;
    bytes += lengths[position] ?? 0;
  }
  if (records > 0) count(source, records, bytes);
}

import { createHash } from 'node:crypto';
import type { Stamp } from './record-batch.ts';
import type { PartitionRecords } from './records.ts';

const SEQUENCES = 2 ** 31; // then they begin again at 0

/**
 * The account that makes a producer idempotent. A broker takes a batch for stored when it has one of that number and
 * count, whatever is in it: so a number whose fate is not known may be used again for exactly the same records, or not
 * at all. Other records get a new producer, and then a repeat is possible.
 */
export class Sequences {
  #producer: { readonly id: bigint; readonly epoch: number } | undefined;
  readonly #next = new Map<number, number>();
  /** By partition: the hash of the records that may or may not have been stored under the next number. */
  readonly #unsure = new Map<number, string>();

  /** Whether these batches can be sent by the present producer. */
  admits(batches: readonly PartitionRecords[]): boolean {
    if (this.#producer === undefined) return false;
    return batches.every((batch) => {
      const unsure = this.#unsure.get(batch.partition);
      return unsure === undefined || unsure === hashOf(batch);
    });
  }

  /** Whether records may have been stored that nobody has confirmed. */
  get isUnsure(): boolean {
    return this.#unsure.size > 0;
  }

  /** All that follows is sent by another producer. True: what was sent and not confirmed may be stored twice. */
  begin(id: bigint, epoch: number): boolean {
    const mayRepeat = this.isUnsure;
    this.#producer = { id, epoch };
    this.#next.clear();
    this.#unsure.clear();
    return mayRepeat;
  }

  /** The broker does not know the producer any more. */
  forget(): void {
    this.#producer = undefined;
  }

  stamp(partition: number): Stamp {
    return { producerId: this.#producer?.id ?? -1n, epoch: this.#producer?.epoch ?? -1, sequence: this.#next.get(partition) ?? 0 };
  }

  stored({ partition, positions }: PartitionRecords): void {
    this.#next.set(partition, ((this.#next.get(partition) ?? 0) + positions.length) % SEQUENCES);
    this.#unsure.delete(partition);
  }

  /** No answer, or one that leaves it open. A refusal that comes later does not undo it: the first try may have been stored. */
  unsure(batch: PartitionRecords): void {
    this.#unsure.set(batch.partition, hashOf(batch));
  }
}

function hashOf({ bytes }: PartitionRecords): string {
  return createHash('sha256').update(bytes).digest('base64');
}

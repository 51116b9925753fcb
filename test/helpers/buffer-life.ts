import { JournalReader } from '../../agent/delivery/buffer/journal-reader.ts';
import { batchOf, openJournal } from './buffer-rig.ts';

/** What a buffer goes through, and how far it came. */
export class Life {
  /** Records that were said to be on the disk; delivered, and dropped, as noted. */
  readonly safe: number[] = [];
  readonly delivered: number[] = [];
  readonly dropped: number[] = [];
  /** What was under way: either is right. */
  #unclear: number[] = [];

  isGone(n: number): boolean {
    return [this.delivered, this.dropped, this.#unclear].some((numbers) => numbers.includes(n));
  }

  async live(dir: string, segmentBytes: number): Promise<void> {
    const { journal } = await openJournal(dir, segmentBytes);
    const append = async (from: number): Promise<void> => {
      const batch = batchOf(from, 3);
      const { segment, spans: [span] } = await journal.append([batch]);
      if (span !== undefined) journal.leave(batch, segment, span);
      this.safe.push(...range(from, from + 3));
    };
    const settle = async (numbers: readonly number[], into: number[], work: () => Promise<unknown>): Promise<void> => {
      this.#unclear = [...numbers];
      await work();
      into.push(...this.#unclear.splice(0));
    };
    const deliver = async (from: number, to: number, all: boolean): Promise<void> => {
      const batch = batchOf(0, 0);
      const reader = new JournalReader(journal, { indexOf: () => 0, lost: () => undefined });
      for (let read = 0; read < to - from; batch.clear()) {
        await reader.fill(batch);
        read += batch.count;
      }
      await reader.close();
      journal.reading = undefined;
      await settle(range(from, to), this.delivered, () => journal.prune({ record: to, byte: to * 10 }, all));
    };
    for (const from of [0, 3, 6]) await append(from);
    if (segmentBytes === 1) await settle(range(0, 3), this.dropped, () => journal.dropOldest());
    await deliver(segmentBytes === 1 ? 3 : 0, 9, false);
    for (const from of [9, 12]) await append(from);
    await deliver(9, 15, true);
    await append(15);
    await deliver(15, 18, true);
    await journal.close();
  }
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i);
}

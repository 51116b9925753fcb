import type { ItemVerdict, Verdict } from './output.ts';

/** What came of a batch that goes in several requests, record by record. */
export class BatchVerdicts {
  readonly items: (ItemVerdict | undefined)[];
  #failure: Verdict | undefined;

  constructor(count: number) {
    this.items = new Array<undefined>(count).fill(undefined);
  }

  /** Notes what came of the records at `positions`. False: their request failed as a whole. */
  settle(positions: ArrayLike<number>, verdict: Verdict): boolean {
    if (verdict.kind !== 'delivered' && verdict.kind !== 'partial') {
      this.#failure ??= verdict;
      return false;
    }
    for (let at = 0; at < positions.length; at++) this.items[positions[at] as number] = verdict.kind === 'partial' ? verdict.items[at] : verdict;
    return true;
  }

  get hasFailed(): boolean {
    return this.#failure !== undefined;
  }

  /** One verdict from all. A failure stands for the batch if nothing of it was settled, else for the records that are left. */
  summary(): Verdict {
    const { items } = this;
    if (this.#failure === undefined && items.every((item) => item?.kind === 'delivered')) return { kind: 'delivered' };
    if (this.#failure !== undefined && items.every((item) => item === undefined)) return this.#failure;
    const left = leftover(this.#failure);
    return { kind: 'partial', items: Array.from(items, (item) => item ?? left) };
  }
}

/** A request that is bad as a whole is judged anew when its records come without the others. */
function leftover(failure: Verdict | undefined): ItemVerdict {
  if (failure === undefined || !('reason' in failure)) return { kind: 'retry', reason: 'not sent yet' };
  if (failure.kind === 'blocked') return { kind: 'blocked', reason: failure.reason };
  return { kind: 'retry', reason: failure.reason, stubborn: failure.kind !== 'retry' || failure.stubborn === true };
}

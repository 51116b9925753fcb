import type { Arena } from '../arena.ts';
import { Batch, type BatchLimits } from './batch.ts';

/**
 * The batches one output has, claimed from the arena once. When all are filled or under way, there is no room for more
 * records and reading stops: this is the byte budget.
 */
export class SlotPool {
  readonly size: number;
  readonly #free: Batch[];
  #waiters: (() => void)[] = [];

  constructor(arena: Arena, limits: BatchLimits, count: number) {
    this.size = count;
    this.#free = Array.from({ length: count }, () => new Batch(arena, limits));
  }

  /** Whether `take` has something to give. */
  get isFree(): boolean {
    return this.#free.length > 0;
  }

  /** An empty batch; undefined when all are in use. */
  take(): Batch | undefined {
    const batch = this.#free.pop();
    batch?.clear();
    return batch;
  }

  /** Gives a batch back. Nobody may look at its memory after that. */
  release(batch: Batch): void {
    if (this.#free.includes(batch)) throw new Error('a batch was released twice');
    this.#free.push(batch);
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const resolve of waiters) resolve();
  }

  /** Settles when `take` has something to give. Of several that wait, only the first may find it: ask again. */
  whenFree(): Promise<void> {
    if (this.#free.length > 0) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.push(resolve));
  }
}

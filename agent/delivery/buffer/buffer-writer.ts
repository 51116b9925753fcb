import { Pauses } from '../backoff.ts';
import { errorText } from '../../state/error-code.ts';
import { formatSize } from '../../config/units.ts';
import type { Amounts } from './amounts.ts';
import type { Item } from './item.ts';
import type { Journal } from './journal.ts';

export type WhenFull = 'block' | 'drop_oldest' | 'drop_newest';

export interface WriterOptions {
  readonly name: string;
  readonly journal: Journal;
  readonly maxBytes: number;
  readonly whenFull: WhenFull;
  readonly report: (message: string) => void;
  /** An item is on the disk; or it was settled in the meantime, and its slot is not needed any more. */
  readonly done: (item: Item) => void;
  /** Deletes segments that are done with. */
  readonly prune: () => Promise<void>;
  /** Throws an item away. False: it is on its way to the destination and stays. */
  readonly dropItem: (item: Item) => boolean;
  /** Books what was dropped from the disk. */
  readonly dropAmounts: (amounts: Amounts) => void;
}

const RETRY_MS = 1_000;
const MOST_AT_ONCE = 16;
const POLICY = {
  block: 'reading waits until there is room again',
  drop_oldest: 'the oldest records are dropped',
  drop_newest: 'new records are dropped',
} as const;

/** Writes batches to a journal, one group after the other with one sync for each, and obeys the policy when there is no room. */
export class BufferWriter {
  readonly #options: WriterOptions;
  readonly #pauses = new Pauses();
  readonly #reported = new Set<string>();
  #queue: Item[] = [];
  #running: Promise<void> | undefined;
  #isLifted = false;
  #isStopping = false;
  #isStuck = false;

  constructor(options: WriterOptions) {
    this.#options = options;
  }

  /** Whether what it gets is written at once. */
  get isKeepingUp(): boolean {
    return !this.#isStuck;
  }

  write(item: Item): void {
    this.#queue.push(item);
    this.#run();
  }

  /** There may be room now. */
  wake(): void {
    this.#pauses.endAll();
  }

  /** The limit does not count any more. */
  lift(): void {
    this.#isLifted = true;
    this.#isStuck = false; // it is tried again now
    this.wake();
  }

  /** Writes what is left. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    this.lift();
    await this.#running;
    this.#run();
    await this.#running;
  }

  #run(): void {
    this.#running ??= this.#loop().finally(() => (this.#running = undefined));
  }

  async #loop(): Promise<void> {
    for (;;) {
      this.#queue = this.#queue.filter(({ isSettled }) => !isSettled);
      if (this.#queue.length === 0) return;
      this.#isStuck = !(await this.#writeSome());
      if (!this.#isStuck) continue;
      if (this.#isStopping) return;
      await this.#pauses.wait(RETRY_MS);
    }
  }

  /** False: there is no room, and nothing may be dropped. */
  async #writeSome(): Promise<boolean> {
    const { journal, maxBytes, whenFull } = this.#options;
    const group = this.#group();
    if (group.length > 0) return this.#append(group);
    if (journal.canPrune(true)) {
      await this.#options.prune();
      return true;
    }
    this.#reportOnce('full', `the disk buffer is full (max_bytes: ${formatSize(maxBytes)}); ${POLICY[whenFull]}`);
    return this.#giveWay();
  }

  /** The items that can be written next. */
  #group(): Item[] {
    const { journal, maxBytes } = this.#options;
    const group: Item[] = [];
    for (const item of this.#queue.slice(0, MOST_AT_ONCE)) {
      const batches = [...group, item].map(({ batch }) => batch);
      if (!this.#isLifted && !journal.fits(batches, maxBytes)) break;
      group.push(item);
    }
    return group;
  }

  async #append(group: readonly Item[]): Promise<boolean> {
    const { journal, whenFull } = this.#options;
    for (const item of group) item.state = 'writing';
    try {
      const { segment, spans } = await journal.append(group.map(({ batch }) => batch));
      group.forEach((item, i) => this.#finish(item, () => {
        item.span = spans[i];
        item.segments = [segment];
      }, spans[i] !== undefined));
      return true;
    } catch (error) {
      for (const item of group) this.#finish(item, () => undefined, false);
      this.#reportOnce('failed', `can't write the disk buffer in ${journal.options.folder}: ${errorText(error)}; ${POLICY[whenFull]}`);
      return this.#giveWay();
    }
  }

  #finish(item: Item, note: () => void, isWritten: boolean): void {
    note();
    item.state = isWritten ? 'written' : 'new';
    if (isWritten) this.#queue.splice(this.#queue.indexOf(item), 1);
    if (isWritten || item.isSettled) this.#options.done(item);
  }

  /** What the policy says when there is no room. False: wait. */
  async #giveWay(): Promise<boolean> {
    const { journal, whenFull, dropAmounts, dropItem } = this.#options;
    if (whenFull === 'block' || this.#isLifted) return false;
    const amounts = whenFull === 'drop_oldest' ? await journal.dropOldest().catch(() => undefined) : undefined;
    if (amounts !== undefined) dropAmounts(amounts);
    else if (!this.#queue.some(dropItem)) return false;
    return true;
  }

  #reportOnce(what: string, message: string): void {
    if (!this.#reported.has(what)) this.#options.report(`${this.#options.name}: ${message}`);
    this.#reported.add(what);
  }
}

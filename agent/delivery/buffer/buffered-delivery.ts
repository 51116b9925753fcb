import type { Batch } from '../batch.ts';
import { Pauses } from '../backoff.ts';
import { Delivery, type DeliveryOptions } from '../delivery.ts';
import type { HealthState } from '../health.ts';
import type { DrainLimits, Shipping, Traffic } from '../shipping.ts';
import type { SlotPool } from '../slot-pool.ts';
import { amountsOf, type Amounts } from './amounts.ts';
import { BufferWriter, type WhenFull } from './buffer-writer.ts';
import { DiskBacklog } from './disk-backlog.ts';
import type { Item } from './item.ts';
import type { Journal } from './journal.ts';
import type { SourceNames } from './source-names.ts';
import { Tidying } from './tidying.ts';

export interface BufferOptions {
  /** Where new batches are written; without it they are kept in memory. */
  readonly journal: Journal | undefined;
  /** What earlier runs left, oldest first: sent before anything new. */
  readonly older: readonly Journal[];
  /** The batches that are read back, beside those that are filled. */
  readonly readSlots: SlotPool;
  readonly maxBytes: number;
  readonly whenFull: WhenFull;
  readonly names: SourceNames;
  /** An older journal is delivered whole. */
  readonly finished: (journal: Journal) => Promise<void>;
}

const RETRY_MS = 1_000;

/**
 * Delivery with a disk buffer. A batch is on its way at once and written at the same time; it is safe when either is
 * done. When more come than are delivered, those that are written leave the memory, and are read back when it is their
 * turn. The order is always: sent and not settled (`#sent`), on the disk alone (`#disk`), in memory behind it (`#back`).
 */
export class BufferedDelivery implements Shipping {
  readonly #options: DeliveryOptions & { readonly pool: SlotPool };
  readonly #buffer: BufferOptions;
  readonly #inner: Delivery;
  readonly #writer: BufferWriter | undefined;
  readonly #disk: DiskBacklog;
  readonly #tidying: Tidying;
  readonly #sent: Item[] = [];
  readonly #back: Item[] = [];
  readonly #items = new Map<Batch, Item>();
  readonly #mostSent: number;
  readonly #now: () => number;
  readonly #drains = new Pauses();
  #loading = false;
  #stopped = false;
  #progressAtMs = 0;

  constructor(options: DeliveryOptions & { readonly pool: SlotPool }, buffer: BufferOptions) {
    this.#options = options;
    this.#buffer = buffer;
    this.#now = options.now ?? (() => performance.now());
    const { note, ...rest } = options;
    this.#inner = new Delivery({ ...rest, ...(note && { note: () => this.#noteAll(note) }), pool: { release: (batch) => this.#settled(batch) } });
    // One is left to be filled and written: a dead destination keeps what is being sent for ever.
    this.#mostSent = Math.min(options.pool.size - 1, Math.max(options.connections + 1, Math.floor(options.pool.size / 2)));
    const { journal } = buffer;
    const report = (message: string): void => options.report(`${options.name}: ${message}`);
    this.#disk = new DiskBacklog([...buffer.older, ...(journal === undefined ? [] : [journal])], {
      names: buffer.names, report,
      lost: (amounts) => this.#drop(amounts, DAMAGED),
      pause: () => this.#drains.wait(RETRY_MS),
      now: this.#now,
    });
    this.#tidying = new Tidying({ disk: this.#disk, own: journal, items: () => [...this.#items.values()], finished: buffer.finished, report, now: this.#now });
    if (journal !== undefined) {
      this.#writer = new BufferWriter({
        name: options.name, journal, maxBytes: buffer.maxBytes, whenFull: buffer.whenFull, report: options.report,
        done: (item) => this.#written(item),
        prune: () => this.#tidying.note(journal, true),
        dropItem: (item) => this.#dropItem(item),
        dropAmounts: (amounts) => this.#drop(amounts, FULL),
      });
    }
    void this.#load();
    this.#tidying.begin();
  }

  get health(): HealthState {
    return this.#disk.health ?? this.#inner.health;
  }

  get traffic(): Traffic {
    return this.#inner.traffic;
  }

  get diskBytes(): number {
    return this.#disk.bytes;
  }

  get idle(): boolean {
    return this.makesRoom || this.#inner.idle;
  }

  get makesRoom(): boolean {
    return this.#writer?.isKeepingUp === true && !this.#stopped;
  }

  async whenIdle(): Promise<void> {
    if (!this.idle) await Promise.race([this.#inner.whenIdle(), this.#drains.wait(RETRY_MS)]);
  }

  opened(batch: Batch, source: number, from: number, records: number, bytes: number): void {
    this.#inner.opened(batch, source, from, records, bytes);
  }

  submit(batch: Batch): void {
    if (batch.count === 0) return this.#options.pool.release(batch);
    const item: Item = { batch, journal: this.#buffer.journal, span: undefined, segments: [], state: 'new', isSettled: false, isRead: false };
    this.#items.set(batch, item);
    this.#back.push(item);
    this.#forward();
    this.#writer?.write(item);
  }

  async drain({ quietMs, totalMs }: DrainLimits): Promise<boolean> {
    const startMs = this.#now();
    this.#progressAtMs = startMs;
    this.#inner.hurry();
    while (!this.#isEmpty) {
      const leftMs = Math.min(this.#progressAtMs + quietMs, startMs + totalMs) - this.#now();
      if (leftMs <= 0 || this.#stopped || this.#options.closed?.aborted) return false;
      await this.#drains.wait(leftMs);
    }
    return true;
  }

  hurry(): void {
    this.#inner.hurry();
  }

  lift(): void {
    this.#writer?.lift();
  }

  async stop(): Promise<void> {
    await this.#inner.stop();
    this.#stopped = true;
    this.#tidying.stop();
    this.#drains.endAll();
    await this.#writer?.stop();
    while (this.#loading) await this.#drains.wait(RETRY_MS);
    await this.#tidying.ended();
    for (const journal of this.#disk.journals) {
      await this.#disk.closeReader(journal);
      if (journal.segments.length > 0) await this.#tidying.note(journal, true);
      if (journal === this.#buffer.journal || journal.segments.length > 0) await journal.close();
      else await this.#buffer.finished(journal);
    }
  }

  get keptIn(): string | undefined {
    return this.#disk.journals.find(({ segments }) => segments.length > 0)?.options.folder;
  }

  get unkept(): number {
    return [...this.#items.values()].reduce((sum, { batch, span, isSettled }) => (span !== undefined || isSettled ? sum : sum + batch.count), 0);
  }

  get #isEmpty(): boolean {
    return this.#sent.length === 0 && this.#back.length === 0 && this.#disk.isDrained;
  }

  /** Moves batches on: to delivery when it is their turn, else out of the memory when they are written. */
  #forward(): void {
    if (this.#stopped) return;
    for (let item = this.#back[0]; item !== undefined; item = this.#back[0]) {
      if (this.#disk.isDrained && !this.#loading && this.#sent.length < this.#mostSent) this.#send(item);
      else if (item.state === 'written') this.#leave(item);
      else break;
      this.#back.shift();
    }
    void this.#load();
  }

  #send(item: Item): void {
    this.#sent.push(item);
    this.#inner.submit(item.batch);
  }

  #leave({ batch, journal, span, segments }: Item): void {
    const [segment] = segments;
    if (journal === undefined || segment === undefined || span === undefined) return;
    journal.leave(batch, segment, span);
    segment.held--;
    this.#items.delete(batch);
    this.#options.pool.release(batch);
  }

  /** Reads on where it was left off, as long as there are batches to read into. */
  async #load(): Promise<void> {
    if (this.#loading || this.#stopped || this.#disk.isDrained) return;
    this.#loading = true;
    for (let read = await this.#readOne(); read; read = await this.#readOne()) continue;
    this.#loading = false;
    this.#drains.endAll();
    if (this.#disk.isDrained) this.#forward();
  }

  async #readOne(): Promise<boolean> {
    const batch = this.#disk.isDrained || this.#stopped ? undefined : this.#buffer.readSlots.take();
    if (batch === undefined) return false;
    const filled = await this.#disk.fill(batch);
    if (filled === undefined) {
      this.#buffer.readSlots.release(batch);
      return true;
    }
    const { journal, span, segments } = filled;
    const item: Item = { batch, journal, span, segments: [...segments], state: 'written', isSettled: false, isRead: true };
    for (const segment of segments) segment.held++;
    this.#items.set(batch, item);
    if (!this.#stopped) this.#send(item);
    return true;
  }

  /** A batch is on the disk. */
  #written(item: Item): void {
    if (item.isSettled) {
      this.#free(item);
      this.#tidying.begin();
      return this.#drains.endAll();
    }
    this.#options.tracker?.settled(item.batch);
    for (const segment of item.segments) segment.held++;
    this.#forward();
  }

  /** All records of a batch are delivered or dead-lettered. Its memory may still be read from by the writer. */
  #settled(batch: Batch): void {
    const item = this.#items.get(batch);
    if (item === undefined) return;
    item.isSettled = true;
    this.#sent.splice(this.#sent.indexOf(item), 1);
    for (const segment of item.segments) segment.held--;
    if (item.state !== 'writing') this.#free(item);
    this.#progressAtMs = this.#now();
    this.#forward();
    this.#tidying.begin();
    this.#writer?.wake();
    this.#drains.endAll();
  }

  #free({ batch, isRead }: Item): void {
    this.#items.delete(batch);
    if (isRead) this.#buffer.readSlots.release(batch);
    else this.#options.pool.release(batch);
  }

  /** Throws a batch away that is not on its way. False: it is. */
  #dropItem(item: Item): boolean {
    const at = this.#back.indexOf(item);
    if (at < 0) return false;
    this.#back.splice(at, 1);
    item.isSettled = true;
    this.#drop(amountsOf(item.batch), FULL);
    this.#options.tracker?.settled(item.batch);
    this.#free(item);
    return true;
  }

  #drop(amounts: Amounts, reason: string): void {
    for (const [source, { records, bytes }] of amounts) this.#options.ledger.dropped(source, this.#options.index, reason, records, bytes, true);
    this.#progressAtMs = this.#now();
    this.#drains.endAll();
  }

  /** What is being written although it is delivered has to be on the disk first, to be known as delivered. */
  async #noteAll(notePositions: () => Promise<void>): Promise<void> {
    while ([...this.#items.values()].some(({ state, isSettled }) => isSettled && state === 'writing')) await this.#drains.wait(RETRY_MS);
    await this.#tidying.noteNow();
    await notePositions();
  }
}

const FULL = 'buffer full';
const DAMAGED = 'damaged on disk';

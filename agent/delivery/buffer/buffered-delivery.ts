import type { Batch } from '../batch.ts';
import { Pauses } from '../backoff.ts';
import { Delivery, type DeliveryOptions } from '../delivery.ts';
import type { HealthState } from '../health.ts';
import type { DrainLimits, Shipping, Traffic } from '../shipping.ts';
import type { SlotPool } from '../slot-pool.ts';
import { errorCode, errorText } from '../../state/error-code.ts';
import { amountsOf, sumOf, type Amounts } from './amounts.ts';
import { BufferWriter, type WhenFull } from './buffer-writer.ts';
import type { Item } from './item.ts';
import { type Filled, JournalReader } from './journal-reader.ts';
import type { Journal } from './journal.ts';
import type { SourceNames } from './source-names.ts';

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

/** How long what was delivered may stay unknown to the disk, in ms: after a crash that much is sent again. */
const NOTE_AFTER_MS = 1_000;
const RETRY_MS = 1_000;
/** A place on the disk that fails (EIO) as often as this, with a pause of RETRY_MS each time, is damaged for good. */
const MOST_FAILED_READS = 60;

/**
 * Delivery with a disk buffer. A batch is on its way at once and written at the same time; it is safe when either is
 * done. When more come than are delivered, those that are written leave the memory, and are read back when it is their
 * turn. The order is always: sent and not settled (`#sent`), on the disk alone (journals), in memory behind it (`#back`).
 */
export class BufferedDelivery implements Shipping {
  readonly #options: DeliveryOptions & { readonly pool: SlotPool };
  readonly #buffer: BufferOptions;
  readonly #inner: Delivery;
  readonly #writer: BufferWriter | undefined;
  /** With their readers, in the order in which they are sent. */
  #journals: { readonly journal: Journal; readonly reader: JournalReader }[];
  readonly #sent: Item[] = [];
  readonly #back: Item[] = [];
  readonly #items = new Map<Batch, Item>();
  readonly #mostSent: number;
  readonly #now: () => number;
  readonly #drains = new Pauses();
  #loading = false;
  #tidying: Promise<void> | undefined;
  /** There is more to tidy up than those who are at it have seen. */
  #isUntidy = false;
  #stopped = false;
  #progressAtMs = 0;
  /** Why nothing can be read of the disk, and how often it was tried. */
  #unreadable: { readonly health: HealthState; readonly tries: number } | undefined;
  #notedAtMs = -Infinity;
  /** When nothing more comes, who is to note how far delivery is. */
  #noteLater: NodeJS.Timeout | undefined;

  constructor(options: DeliveryOptions & { readonly pool: SlotPool }, buffer: BufferOptions) {
    this.#options = options;
    this.#buffer = buffer;
    this.#now = options.now ?? (() => performance.now());
    const { note, ...rest } = options;
    this.#inner = new Delivery({ ...rest, ...(note && { note: () => this.#noteAll(note) }), pool: { release: (batch) => this.#settled(batch) } });
    // One is left to be filled and written: a dead destination keeps what is being sent for ever.
    this.#mostSent = Math.min(options.pool.size - 1, Math.max(options.connections + 1, Math.floor(options.pool.size / 2)));
    const { journal } = buffer;
    this.#journals = [...buffer.older, ...(journal === undefined ? [] : [journal])].map((one) => ({ journal: one, reader: this.#readerOf(one) }));
    if (journal !== undefined) {
      this.#writer = new BufferWriter({
        name: options.name, journal, maxBytes: buffer.maxBytes, whenFull: buffer.whenFull, report: options.report,
        done: (item) => this.#written(item),
        prune: () => this.#note(journal, true),
        dropItem: (item) => this.#dropItem(item),
        dropAmounts: (amounts) => this.#drop(amounts, FULL),
      });
    }
    void this.#load();
    this.#tidy();
  }

  get health(): HealthState {
    return this.#unreadable?.health ?? this.#inner.health;
  }

  get traffic(): Traffic {
    return this.#inner.traffic;
  }

  get diskBytes(): number {
    return this.#journals.reduce((sum, { journal }) => sum + journal.bytes, 0);
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
    clearTimeout(this.#noteLater);
    this.#drains.endAll();
    await this.#writer?.stop();
    while (this.#loading) await this.#drains.wait(RETRY_MS);
    while (this.#tidying !== undefined) await this.#tidying;
    for (const { journal, reader } of this.#journals) {
      await reader.close();
      if (journal.segments.length > 0) await this.#note(journal, true);
      if (journal === this.#buffer.journal || journal.segments.length > 0) await journal.close();
      else await this.#buffer.finished(journal);
    }
  }

  get keptIn(): string | undefined {
    return this.#journals.find(({ journal }) => journal.segments.length > 0)?.journal.options.folder;
  }

  get unkept(): number {
    return [...this.#items.values()].reduce((sum, { batch, span, isSettled }) => (span !== undefined || isSettled ? sum : sum + batch.count), 0);
  }

  get #isEmpty(): boolean {
    return this.#sent.length === 0 && this.#back.length === 0 && this.#isDrained;
  }

  get #isDrained(): boolean {
    return this.#journals.every(({ journal }) => journal.isDrained);
  }

  /** Moves batches on: to delivery when it is their turn, else out of the memory when they are written. */
  #forward(): void {
    if (this.#stopped) return;
    for (let item = this.#back[0]; item !== undefined; item = this.#back[0]) {
      if (this.#isDrained && !this.#loading && this.#sent.length < this.#mostSent) this.#send(item);
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
    if (this.#loading || this.#stopped || this.#isDrained) return;
    this.#loading = true;
    for (let read = await this.#readOne(); read; read = await this.#readOne()) continue;
    this.#loading = false;
    this.#drains.endAll();
    if (this.#isDrained) this.#forward();
  }

  async #readOne(): Promise<boolean> {
    const next = this.#journals.find(({ journal }) => !journal.isDrained);
    const batch = next === undefined || this.#stopped ? undefined : this.#buffer.readSlots.take();
    if (next === undefined || batch === undefined) return false;
    const filled = await next.reader.fill(batch).then((filled) => this.#readAgain(filled), (error: unknown) => this.#cantRead(next.reader, error));
    if (filled === undefined) {
      this.#buffer.readSlots.release(batch);
      return true;
    }
    const item: Item = { batch, journal: next.journal, span: filled.span, segments: [...filled.segments], state: 'written', isSettled: false, isRead: true };
    for (const segment of filled.segments) segment.held++;
    this.#items.set(batch, item);
    if (!this.#stopped) this.#send(item);
    return true;
  }

  /** The disk fails: it is tried again for as long as that may pass. */
  async #cantRead(reader: JournalReader, error: unknown): Promise<undefined> {
    const reason = `the disk buffer can't be read: ${errorText(error)}`;
    if (this.#unreadable === undefined) this.#options.report(`${this.#options.name}: ${reason}; trying again`);
    const tries = (this.#unreadable?.tries ?? 0) + 1;
    this.#unreadable = { health: this.#unreadable?.health ?? { kind: 'failing', reason, sinceMs: this.#now() }, tries };
    if (tries >= MOST_FAILED_READS && errorCode(error) === 'EIO') reader.readAround();
    await this.#drains.wait(RETRY_MS);
    return undefined;
  }

  #readAgain(filled: Filled | undefined): Filled | undefined {
    if (this.#unreadable !== undefined) this.#options.report(`${this.#options.name}: the disk buffer is read again`);
    this.#unreadable = undefined;
    return filled;
  }

  #readerOf(journal: Journal): JournalReader {
    return new JournalReader(journal, {
      indexOf: (source, earlier) => this.#buffer.names.indexOf(source, earlier ? journal.options.earlierSource : undefined),
      lost: (amounts, path) => {
        this.#options.report(`${this.#options.name}: ${sumOf(amounts).records} records of the disk buffer are damaged or missing and were skipped: ${path}`);
        this.#drop(amounts, DAMAGED);
      },
    });
  }

  /** A batch is on the disk. */
  #written(item: Item): void {
    if (item.isSettled) {
      this.#free(item);
      this.#tidy();
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
    this.#tidy();
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

  /** Deletes what is done with, and notes from time to time how far delivery is. */
  #tidy(isDue = this.#now() - this.#notedAtMs >= NOTE_AFTER_MS): void {
    if (!isDue && !this.#stopped) this.#noteLater ??= setTimeout(() => this.#noteNow(), NOTE_AFTER_MS).unref();
    this.#isUntidy = this.#tidying !== undefined;
    this.#tidying ??= this.#tidyAll(isDue).finally(() => {
      this.#tidying = undefined;
      if (this.#isUntidy) this.#tidy();
    });
  }

  #noteNow(): void {
    this.#noteLater = undefined;
    this.#tidy(true);
  }

  async #tidyAll(isDue: boolean): Promise<void> {
    if (isDue) this.#notedAtMs = this.#now();
    for (const { journal, reader } of this.#journals) {
      const isOwn = journal === this.#buffer.journal;
      if (journal.segments.length > 0 && (isDue || journal.canPrune(!isOwn))) await this.#note(journal, !isOwn);
      if (isOwn || journal.segments.length > 0) continue;
      this.#journals = this.#journals.filter((one) => one.journal !== journal);
      await reader.close();
      await this.#buffer.finished(journal);
    }
  }

  /** What is being written although it is delivered has to be on the disk first, to be known as delivered. */
  async #noteAll(notePositions: () => Promise<void>): Promise<void> {
    while ([...this.#items.values()].some(({ state, isSettled }) => isSettled && state === 'writing')) await this.#drains.wait(RETRY_MS);
    while (this.#tidying !== undefined) await this.#tidying; // it may have looked before that
    this.#tidy(true);
    await this.#tidying;
    await notePositions();
  }

  async #note(journal: Journal, all: boolean): Promise<void> {
    const places = [...this.#items.values()].flatMap(({ journal: of, span, isSettled }) => (of === journal && span !== undefined && !isSettled ? [span.from] : []));
    if (!journal.isDrained) places.push(journal.readFrom);
    const next = places.reduce((lowest, place) => (place.record < lowest.record ? place : lowest), journal.end);
    await journal.prune(next, all).catch((error: unknown) => this.#options.report(`${this.#options.name}: the disk buffer can't be tidied up: ${errorText(error)}`));
  }
}

const FULL = 'buffer full';
const DAMAGED = 'damaged on disk';

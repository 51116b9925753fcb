import type { Destination, ItemVerdict, Verdict } from '../../outputs/output.ts';
import { backoffMs, Pauses, RETRY_LIMITS, type RetryLimits } from './backoff.ts';
import type { Batch } from './batch.ts';
import { Comparison, isConvicted, noteFailure } from './comparison.ts';
import { Health, type HealthState } from './health.ts';
import { Part } from './part.ts';
import { newTraffic, type DrainLimits, type Shipping, type Traffic } from './shipping.ts';
import { lettersOf, settle, type Books, type Shipment } from './settlement.ts';

/** What a delivery needs. */
export interface DeliveryOptions extends Books {
  readonly name: string;
  readonly destination: Destination;
  /** Requests under way at once; 1 keeps order. */
  readonly connections: number;
  /**
   * Resolves when it is noted durably what has been settled so far. A destination that keeps no ids gets again after a
   * crash what is not noted, so nothing new is sent before: then that is never more than the requests under way.
   */
  readonly note?: () => Promise<void>;
  /** Takes messages for a person. */
  readonly report: (message: string) => void;
  /** Output.closed: what is not delivered by then stays pending. */
  readonly closed?: AbortSignal;
  readonly limits?: RetryLimits;
  /** Monotonic, in ms. */
  readonly now?: () => number;
  readonly random?: () => number;
}

/**
 * When nothing was delivered for as long as this, in ms, and then something is, all that waits to be tried again is tried at
 * once: it is mostly older. After a shorter time it waits, as what is refused now and then is not to be sent in a hurry.
 */
const OUTAGE_MS = 5_000;

/**
 * Sends the batches of one output, oldest first, until every record is delivered or in the dead-letter file. It never
 * gives up and never drops: while a destination fails, its batches stay in their slots, and reading stops when all
 * slots are taken.
 */
export class Delivery implements Shipping {
  readonly #options: DeliveryOptions;
  readonly #limits: RetryLimits;
  readonly #now: () => number;
  readonly #random: () => number;
  readonly #health: Health;
  readonly #queue: Shipment[] = [];
  readonly #active = new Set<Promise<void>>();
  readonly #stop = new AbortController();
  readonly #pauses = new Pauses();
  readonly #drains = new Pauses();
  #idleWaiters: (() => void)[] = [];
  /** The shipment that was begun last. */
  #last: Promise<void> = Promise.resolve();
  #notBeforeMs = 0;
  #limitBytes = Infinity;
  readonly #comparison: Comparison;
  #progressAtMs = 0;
  #refusalReported = false;
  readonly #traffic = newTraffic();

  constructor(options: DeliveryOptions) {
    this.#options = options;
    this.#limits = options.limits ?? RETRY_LIMITS;
    this.#now = options.now ?? (() => performance.now());
    this.#random = options.random ?? Math.random;
    this.#health = new Health(options.name, options.report, this.#now);
    this.#comparison = new Comparison({
      send: (body, count) => this.#send(body, count),
      delivered: (shipment, part) => this.#delivered(shipment, part),
      queue: this.#queue,
      keepsIds: () => options.destination.keepsIds === true,
      random: this.#random,
    });
    options.closed?.addEventListener('abort', () => this.#end(), { once: true });
  }

  get health(): HealthState {
    return this.#health.state;
  }

  get traffic(): Traffic {
    return this.#traffic;
  }

  /** What it holds is in memory only. */
  readonly diskBytes = 0;

  /** Whether a connection is free: an aged batch may be sealed. While there is none, small batches had better grow. */
  get idle(): boolean {
    return this.#queue.length === 0 && (this.#active.size < this.#options.connections || this.#comparison.isLonely) && !this.#stop.signal.aborted;
  }

  /** Settles when `idle` is true, or when it has ended and never will be again. */
  whenIdle(): Promise<void> {
    if (this.idle || this.#stop.signal.aborted) return Promise.resolve();
    return new Promise((resolve) => this.#idleWaiters.push(resolve));
  }

  /**
   * Notes that `records` of a source, none of them below `from`, were written into a batch that is still open. Once per
   * chunk, source and batch; before the tracker's `advance` goes beyond `from`.
   */
  opened(batch: Batch, source: number, from: number, records: number, bytes: number): void {
    this.#options.tracker?.opened(batch, source, from);
    this.#options.ledger.opened(source, this.#options.index, records, bytes);
  }

  /** Takes a sealed batch; its slot goes back to the pool when all records are settled. Never waits: the slots are the bound. */
  submit(batch: Batch): void {
    if (batch.count === 0) return this.#options.pool.release(batch);
    this.#queue.push({ batch, parts: [Part.whole(batch)], unsettled: batch.count });
    this.#comparison.isLonely = false;
    this.#pump();
  }

  /**
   * Waits until all that was submitted is settled: at most `quietMs` without progress, at most `totalMs` altogether.
   * False: something is left. Back-off waits end at once.
   */
  async drain(limits: DrainLimits): Promise<boolean> {
    const startMs = this.#now();
    this.#progressAtMs = startMs;
    this.hurry();
    while (this.#active.size > 0) {
      const leftMs = Math.min(this.#progressAtMs + limits.quietMs, startMs + limits.totalMs) - this.#now();
      if (leftMs <= 0 || this.#stop.signal.aborted) return false;
      await Promise.race([this.#drains.wait(leftMs), ...this.#active]);
    }
    this.#drains.endAll();
    return this.#queue.length === 0 && !this.#stop.signal.aborted;
  }

  hurry(): void {
    this.#pauses.endAll();
  }

  /** What it holds is in memory only. */
  readonly keptIn = undefined;
  readonly unkept = 0;

  readonly makesRoom = false;

  lift(): void {}

  /** Ends the requests under way. What is not settled stays pending: its sources are not acknowledged. */
  async stop(): Promise<void> {
    this.#end();
    await Promise.all(this.#active);
  }

  #end(): void {
    this.#stop.abort();
    this.#pauses.endAll();
    this.#drains.endAll();
    this.#wakeIdle();
  }

  #wakeIdle(): void {
    const waiters = this.#idleWaiters;
    this.#idleWaiters = [];
    for (const resolve of waiters) resolve();
  }

  #pump(): void {
    while (this.#active.size < this.#options.connections && !this.#stop.signal.aborted) {
      const shipment = this.#queue.shift();
      if (shipment === undefined) break;
      const shipping = this.#shipAndNote(shipment, this.#last).finally(() => {
        this.#active.delete(shipping);
        this.#pump();
      });
      this.#active.add(shipping);
      this.#last = shipping;
    }
    if (this.idle) this.#wakeIdle();
  }

  /** Positions go no further than the oldest batch that is not delivered, so each one waits for those before it. */
  async #shipAndNote(shipment: Shipment, before: Promise<void>): Promise<void> {
    await this.#ship(shipment);
    if (this.#options.note === undefined) return;
    await before;
    if (!this.#stop.signal.aborted) await this.#options.note();
  }

  async #ship(shipment: Shipment): Promise<void> {
    for (let part = shipment.parts.pop(); part !== undefined; part = shipment.parts.pop()) {
      const [first = part, ...later] = part.slices(this.#limitBytes);
      shipment.parts.push(...later.reverse());
      const verdict = await this.#send(first.body(), first.count);
      if (this.#stop.signal.aborted && verdict.kind !== 'delivered') return;
      await this.#judge(shipment, first, verdict);
      if (this.#stop.signal.aborted) return;
    }
  }

  async #send(body: Uint8Array<ArrayBuffer>, count: number): Promise<Verdict> {
    for (let waitMs = this.#leftToWait(); waitMs > 0; waitMs = this.#leftToWait()) await this.#pauses.wait(waitMs);
    const verdict = await this.#request(body, count);
    this.#traffic[verdict.kind]++;
    return verdict;
  }

  async #request(body: Uint8Array<ArrayBuffer>, count: number): Promise<Verdict> {
    try {
      return await this.#options.destination.send(body, count, this.#stop.signal);
    } catch (error) {
      // A destination answers with values; this is a bug in it. The records must not pay for it.
      return { kind: 'retry', reason: `internal error: ${String(error)}`, stubborn: true };
    }
  }

  #leftToWait(): number {
    return this.#stop.signal.aborted ? 0 : this.#notBeforeMs - this.#now();
  }

  async #judge(shipment: Shipment, part: Part, verdict: Verdict): Promise<void> {
    switch (verdict.kind) {
      case 'delivered':
        return this.#delivered(shipment, part);
      case 'retry':
        return this.#retry(shipment, part, verdict);
      case 'blocked':
        return this.#blocked(shipment, part, verdict.reason);
      case 'split':
        return this.#split(shipment, part, verdict.reason);
      case 'invalid':
        return this.#bisect(shipment, part, verdict.reason);
      case 'partial':
        return this.#partial(shipment, part, verdict.items);
    }
  }

  #delivered(shipment: Shipment, part: Part): void {
    const { state } = this.#health;
    this.#health.works();
    if (state.kind !== 'working' && this.#now() - state.sinceMs >= OUTAGE_MS) this.#pauses.endAll();
    this.#settle(shipment, part, 'delivered');
  }

  async #retry(shipment: Shipment, part: Part, { reason, stubborn, afterMs = 0 }: Verdict & { kind: 'retry' }): Promise<void> {
    const { history } = part;
    const isSuspect = noteFailure(history, stubborn === true, this.#limits);
    this.#traffic.again++;
    this.#health.fails(reason, history.trials > 0 ? 1 : history.failures); // of one record's troubles nobody is told each time
    this.#obey(afterMs);
    if (isConvicted(part, this.#limits)) return this.#bisect(shipment, part, reason);
    shipment.parts.push(part);
    if (isSuspect && !this.#stop.signal.aborted) await this.#compare(shipment, part);
    if (!history.isCompared) await this.#pauses.wait(backoffMs(history.failures, this.#limits, this.#random));
  }

  async #compare(shipment: Shipment, part: Part): Promise<void> {
    await this.#comparison.compare(shipment, part);
    this.#pump(); // a shipment may be back in the queue, or an aged batch be wanted
  }

  /** What a destination asks for holds for every request to it. */
  #obey(afterMs: number): void {
    if (afterMs > 0) this.#notBeforeMs = Math.max(this.#notBeforeMs, this.#now() + Math.min(afterMs, this.#limits.retryAfterCapMs));
  }

  async #blocked(shipment: Shipment, part: Part, reason: string): Promise<void> {
    shipment.parts.push(part);
    part.history.isCompared = false;
    this.#traffic.again++;
    this.#health.blocked(reason);
    await this.#waitForPerson();
  }

  #waitForPerson(): Promise<void> {
    return this.#pauses.wait((this.#limits.blockedMs * (1 + this.#random())) / 2);
  }

  async #split(shipment: Shipment, part: Part, reason: string): Promise<void> {
    if (part.count < 2) return this.#refuse(shipment, part, () => reason);
    const halves = part.halves();
    this.#limitBytes = Math.min(this.#limitBytes, Math.max(...halves.map((half) => half.bytes)));
    shipment.parts.push(...halves.reverse());
  }

  /** Halves a part until the record that is to blame stands alone; that one is refused. */
  async #bisect(shipment: Shipment, part: Part, reason: string): Promise<void> {
    if (part.count < 2) return this.#refuse(shipment, part, () => reason);
    const [first, second] = part.halves();
    // One more failure puts a half to the test again. A record that stands alone gets all its trials: it may be lost to people for that.
    if (part.history.suspicions > 0) for (const half of [first, second]) half.history.suspicions = this.#limits.suspicions - 1;
    shipment.parts.push(second, first);
  }

  async #partial(shipment: Shipment, part: Part, items: readonly ItemVerdict[]): Promise<void> {
    if (items.length !== part.count) return this.#retry(shipment, part, { kind: 'retry', reason: `internal error: ${items.length} verdicts for ${part.count} records`, stubborn: true });
    const delivered = part.where((at) => items[at]?.kind === 'delivered');
    const rejected = part.where((at) => items[at]?.kind === 'rejected');
    if (delivered.count > 0) this.#delivered(shipment, delivered);
    const refusals = items.flatMap((item) => (item.kind === 'rejected' ? [item.reason] : []));
    if (rejected.count > 0) await this.#refuse(shipment, rejected, (at) => refusals[at] ?? '');
    const moved = delivered.count + rejected.count > 0;
    const again = part.where((at) => items[at]?.kind === 'retry' || items[at]?.kind === 'blocked');
    const isSuspect = items.some((item) => item.kind === 'retry' && item.stubborn === true);
    if (isSuspect && delivered.count > 0) this.#comparison.remember(delivered);
    if (again.count > 0 && !this.#stop.signal.aborted) await this.#again(shipment, moved ? again : part, items);
  }

  /** Items that the destination has not taken go again, without the others. */
  async #again(shipment: Shipment, part: Part, items: readonly ItemVerdict[]): Promise<void> {
    const blocked = items.find((item) => item.kind === 'blocked');
    if (blocked !== undefined) return this.#blocked(shipment, part, blocked.reason);
    const retries = items.filter((item) => item.kind === 'retry');
    const stubborn = retries.every((item) => item.stubborn === true);
    return this.#retry(shipment, part, { kind: 'retry', reason: retries[0]?.reason ?? '', stubborn });
  }

  /** Writes records to the dead-letter file, however often it takes, and settles them. */
  async #refuse(shipment: Shipment, part: Part, reasonOf: (at: number) => string): Promise<void> {
    const { deadLetters } = this.#options;
    const letters = lettersOf(this.#options, part, reasonOf);
    for (let error = await deadLetters.append(letters); error !== undefined; error = await deadLetters.append(letters)) {
      this.#health.blocked(`can't write refused records to ${deadLetters.path}: ${error.message}`);
      if (!this.#stop.signal.aborted) await this.#waitForPerson();
      if (this.#stop.signal.aborted) return;
    }
    if (!this.#refusalReported) this.#options.report(`${this.#options.name}: refused records go to ${deadLetters.path}; the first: ${reasonOf(0)}`);
    this.#refusalReported = true;
    this.#health.works(); // nothing of the output's is in the way any more
    this.#settle(shipment, part, 'dead_lettered');
  }

  #settle(shipment: Shipment, part: Part, fate: 'delivered' | 'dead_lettered'): void {
    settle(this.#options, shipment, part, fate);
    this.#comparison.isLonely = false;
    this.#progressAtMs = this.#now();
    this.#drains.endAll();
  }
}

import type { Destination, ItemVerdict, Verdict } from '../../outputs/output.ts';
import { backoffMs, Pauses, RETRY_LIMITS, type RetryLimits } from './backoff.ts';
import type { Batch } from './batch.ts';
import { Comparison, isConvicted, noteFailure } from './comparison.ts';
import { Health, type HealthState } from './health.ts';
import { sortItems } from './item-verdicts.ts';
import { Part } from './part.ts';
import { Refusals } from './refusals.ts';
import { Requests } from './requests.ts';
import { settle, type Books, type Shipment } from './settlement.ts';
import type { DrainLimits, Shipping, Traffic } from './shipping.ts';

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
  #limitBytes = Infinity;
  readonly #comparison: Comparison;
  #progressAtMs = 0;
  readonly #requests: Requests;
  readonly #refusals: Refusals;

  constructor(options: DeliveryOptions) {
    this.#options = options;
    this.#limits = options.limits ?? RETRY_LIMITS;
    this.#now = options.now ?? (() => performance.now());
    this.#random = options.random ?? Math.random;
    this.#health = new Health(options.name, options.report, this.#now);
    this.#requests = new Requests({ destination: options.destination, stop: this.#stop.signal, pauses: this.#pauses, retryAfterCapMs: this.#limits.retryAfterCapMs, now: this.#now });
    this.#refusals = new Refusals({ books: options, name: options.name, report: options.report, stuck: (reason) => this.#waitForLetters(reason) });
    this.#comparison = new Comparison({
      send: (body, count) => this.#requests.send(body, count),
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
    return this.#requests.traffic;
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
      const verdict = await this.#requests.send(first.body(), first.count);
      if (this.#stop.signal.aborted && verdict.kind !== 'delivered') return;
      await this.#judge(shipment, first, verdict);
      if (this.#stop.signal.aborted) return;
    }
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
    this.#requests.traffic.again++;
    this.#health.fails(reason, history.trials > 0 ? 1 : history.failures); // of one record's troubles nobody is told each time
    this.#requests.obey(afterMs);
    if (isConvicted(part, this.#limits)) return this.#bisect(shipment, part, reason);
    shipment.parts.push(part);
    if (isSuspect && !this.#stop.signal.aborted) await this.#compare(shipment, part);
    if (!history.isCompared) await this.#pauses.wait(backoffMs(history.failures, this.#limits, this.#random));
  }

  async #compare(shipment: Shipment, part: Part): Promise<void> {
    await this.#comparison.compare(shipment, part);
    this.#pump(); // a shipment may be back in the queue, or an aged batch be wanted
  }

  async #blocked(shipment: Shipment, part: Part, reason: string): Promise<void> {
    shipment.parts.push(part);
    part.history.isCompared = false;
    this.#requests.traffic.again++;
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
    const { delivered, rejected, reasonOf, again, because, hasSuspects } = sortItems(part, items);
    if (delivered.count > 0) this.#delivered(shipment, delivered);
    if (rejected.count > 0) await this.#refuse(shipment, rejected, reasonOf);
    if (hasSuspects && delivered.count > 0) this.#comparison.remember(delivered);
    if (again.count > 0 && !this.#stop.signal.aborted) await this.#judge(shipment, again, because);
  }

  async #refuse(shipment: Shipment, part: Part, reasonOf: (at: number) => string): Promise<void> {
    if (!(await this.#refusals.write(part, reasonOf))) return;
    this.#health.works(); // nothing of the output's is in the way any more
    this.#settle(shipment, part, 'dead_lettered');
  }

  async #waitForLetters(reason: string): Promise<boolean> {
    this.#health.blocked(reason);
    if (!this.#stop.signal.aborted) await this.#waitForPerson();
    return !this.#stop.signal.aborted;
  }

  #settle(shipment: Shipment, part: Part, fate: 'delivered' | 'dead_lettered'): void {
    settle(this.#options, shipment, part, fate);
    this.#comparison.isLonely = false;
    this.#progressAtMs = this.#now();
    this.#drains.endAll();
  }
}

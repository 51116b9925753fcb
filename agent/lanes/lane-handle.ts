import { Worker } from 'node:worker_threads';
import type { Order } from '../ending.ts';
import type { LaneStatus } from '../health/status.ts';
import { compiledKernels } from '../kernel/modules.ts';
import { log } from '../log.ts';
import type { Outcome } from '../outcome.ts';
import type { LaneApi, LaneData, MainApi } from './protocol.ts';
import { Wire, type Handlers } from './wire.ts';

/** A lane in a thread of its own, as the main thread sees it. */
export class LaneHandle {
  readonly #number: number;
  readonly #worker: Worker;
  readonly #wire: Wire<LaneApi>;
  #status: LaneStatus | undefined;
  #failed = false;

  constructor(data: LaneData, ours: Handlers<MainApi>) {
    this.#number = data.number;
    // Descriptors of deleted files are handed on: they must outlive the thread. `.js` where it is built, `.ts` in tests.
    this.#worker = new Worker(new URL(`./lane-thread${import.meta.url.slice(import.meta.url.lastIndexOf('.'))}`, import.meta.url), { workerData: data, trackUnmanagedFds: false });
    this.#wire = new Wire(this.#worker, ours);
    this.#worker.on('error', (error) => this.#wire.break(error));
    this.#worker.on('exit', (code) => this.#wire.break(new Error(`its thread has ended with code ${code}`)));
  }

  /** It has come to an end of its own, which no lane should: what it had not delivered is not acknowledged. */
  get hasFailed(): boolean {
    return this.#failed;
  }

  assemble(): Promise<void> {
    return this.#wire.call('assemble', compiledKernels());
  }

  start(): Promise<void> {
    return this.#wire.call('start', undefined);
  }

  /** Settles when it has read and delivered what it should; `failed` is called if it can't go on. */
  async ship(failed: () => void): Promise<void> {
    try {
      await this.#wire.call('ship', undefined);
    } catch (error) {
      this.#fail(error);
      failed();
    }
  }

  order(order: Order): void {
    this.#wire.call('order', order).catch(() => undefined); // whoever waits for its end learns of it
  }

  /** How it fares; once it has died, how it last fared. */
  async status(): Promise<LaneStatus[]> {
    this.#status = await this.#wire.call('status', undefined).catch(() => this.#status);
    return this.#status === undefined ? [] : [this.#status];
  }

  /** Undefined: it has died. */
  async end(): Promise<Outcome | undefined> {
    const outcome = this.#failed ? undefined : await this.#wire.call('end', undefined).catch((error: unknown) => this.#fail(error));
    await this.terminate();
    return outcome;
  }

  /** Undefined: it has died. */
  async handOver(): Promise<ReturnType<LaneApi['handOver']> | undefined> {
    const left = await this.#wire.call('handOver', undefined).catch(() => undefined);
    await this.terminate();
    return left;
  }

  async terminate(): Promise<void> {
    await this.#worker.terminate();
  }

  #fail(error: unknown): undefined {
    this.#failed = true;
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    log.error(`lane ${this.#number} has died; this is a bug of shipper, please report it: ${text}. The others are brought to their end. What it had not delivered is read again by the next run`);
  }
}

import type { Destination, Verdict } from '../../outputs/output.ts';
import type { Pauses } from './backoff.ts';
import { newTraffic, type Traffic } from './shipping.ts';

export interface RequestsOptions {
  readonly destination: Destination;
  /** Ends requests under way, and waits for none. */
  readonly stop: AbortSignal;
  /** Can be cut short, which does not shorten what a destination asked for. */
  readonly pauses: Pauses;
  /** Longest wait that a destination can ask for, in ms. */
  readonly retryAfterCapMs: number;
  /** Monotonic, in ms. */
  readonly now: () => number;
}

/** The requests to one destination: none before the time that it has asked for, and each ends with a verdict. */
export class Requests {
  readonly traffic: Traffic = newTraffic();
  readonly #options: RequestsOptions;
  #notBeforeMs = 0;

  constructor(options: RequestsOptions) {
    this.#options = options;
  }

  async send(body: Uint8Array<ArrayBuffer>, count: number): Promise<Verdict> {
    for (let waitMs = this.#leftToWait(); waitMs > 0; waitMs = this.#leftToWait()) await this.#options.pauses.wait(waitMs);
    const verdict = await this.#request(body, count);
    this.traffic[verdict.kind]++;
    return verdict;
  }

  /** What a destination asks for holds for every request to it. */
  obey(afterMs: number): void {
    const { now, retryAfterCapMs } = this.#options;
    if (afterMs > 0) this.#notBeforeMs = Math.max(this.#notBeforeMs, now() + Math.min(afterMs, retryAfterCapMs));
  }

  async #request(body: Uint8Array<ArrayBuffer>, count: number): Promise<Verdict> {
    try {
      return await this.#options.destination.send(body, count, this.#options.stop);
    } catch (error) {
      // A destination answers with values; this is a bug in it. The records must not pay for it.
      return { kind: 'retry', reason: `internal error: ${String(error)}`, stubborn: true };
    }
  }

  #leftToWait(): number {
    return this.#options.stop.aborted ? 0 : this.#notBeforeMs - this.#options.now();
  }
}

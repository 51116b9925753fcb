/** From this on a difference is worth correcting, in ms: AWS refuses signatures that are 5 minutes off. As the SDK has it. */
const SKEW_MS = 240_000;
/** An answer that took longer says nothing about now. */
const STALE_MS = 900_000;

/** The time as the destination sees it: a machine's clock may be wrong, and then every signature is refused. */
export class Clock {
  readonly #now: () => number;
  #offsetMs = 0;

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /** Epoch ms. */
  now(): number {
    return this.#now() + this.#offsetMs;
  }

  /** Learns from an answer's `Date`; one from a cache is no use. True: the clock was wrong, and is right now. */
  learn(headers: Record<string, string | string[] | undefined>, sentAtMs: number): boolean {
    const { date } = headers;
    if (typeof date !== 'string' || headers['age'] !== undefined || this.now() - sentAtMs > STALE_MS) return false;
    const serverMs = Date.parse(date);
    if (Number.isNaN(serverMs) || Math.abs(serverMs - this.now()) < SKEW_MS) return false;
    this.#offsetMs = serverMs - this.#now();
    return true;
  }
}
